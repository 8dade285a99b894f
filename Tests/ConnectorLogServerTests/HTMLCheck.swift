/// Holds a page against what HTML asks for, as far as it can be told without a browser (WHATWG HTML, section 13.1): tags and
/// attributes that are ours, each closed, nothing that a parser would move, ids that are there once, and references to ids
/// that are there.
struct HTMLCheck {
    private(set) var problems: [String] = []
    private var open: [String] = []
    private var ids: Set<String> = []
    private var references: [(attribute: String, id: String)] = []

    private static let void: Set<String> = [
        "meta", "link", "input", "img", "br", "hr", "rect", "line", "path", "circle",
    ]
    private static let elements: Set<String> = [
        "html", "head", "meta", "title", "link", "script", "body", "a", "header", "footer", "main", "nav", "section",
        "article", "div", "span", "p", "h1", "h2", "h3", "h4", "ol", "ul", "li", "dl", "dt", "dd", "table", "caption",
        "thead", "tbody", "tr", "th", "td", "form", "label", "input", "button", "select", "option", "datalist",
        "textarea",
        "fieldset", "legend", "details", "summary", "figure", "figcaption", "pre", "code", "mark", "time", "b", "abbr",
        "img", "svg", "defs", "pattern", "rect", "line", "path", "text", "g", "circle", "del", "ins", "s", "br",
        "template", "noscript",
    ]
    /// What stands in a paragraph would end it.
    private static let blocks: Set<String> = [
        "div", "p", "ul", "ol", "dl", "table", "form", "section", "article", "header", "footer", "nav", "h1", "h2",
        "h3",
        "h4", "pre", "details", "figure", "fieldset", "main",
    ]
    private static let referring: Set<String> = [
        "for", "aria-labelledby", "aria-describedby", "aria-errormessage", "aria-controls", "list",
    ]
    /// `data-` and `aria-` beside these.
    private static let attributes: Set<String> = [
        "lang", "charset", "name", "content", "rel", "type", "href", "src", "defer", "class", "id", "title", "role",
        "alt",
        "width", "height", "method", "action", "value", "scope", "colspan", "for", "placeholder", "maxlength",
        "required",
        "autocomplete", "autocapitalize", "spellcheck", "inputmode", "step", "list", "selected", "checked", "open",
        "hidden", "tabindex", "target", "download", "datetime", "loading", "rows", "viewBox", "preserveAspectRatio",
        "x",
        "y", "x1", "x2", "y1", "y2", "dx", "dy", "d", "fill", "patternUnits", "rx", "ry", "cx", "cy", "r", "points",
        "overflow", "text-anchor",
        "focusable", "enterkeyhint", "http-equiv", "disabled", "readonly", "min", "max", "pattern", "translate", "dir",
        "headers", "abbr", "transform", "formaction", "cols", "wrap", "start",
    ]

    static func problems(in html: String) -> [String] {
        var check = HTMLCheck()
        // A parser goes by code points: a quote under a combining mark is a quote to it.
        check.read(Substring(String(decoding: html.utf8.map { $0 < 0x80 ? $0 : UInt8(ascii: "?") }, as: UTF8.self)))
        return check.problems
    }

    private mutating func read(_ html: Substring) {
        guard html.hasPrefix("<!doctype html>") else { return problems.append("no doctype") }
        var rest = html.dropFirst("<!doctype html>".count)
        while let start = rest.utf8.firstIndex(of: UInt8(ascii: "<")) {
            checkText(rest[..<start])
            guard let end = rest[start...].utf8.firstIndex(of: UInt8(ascii: ">")) else {
                return problems.append("a tag that does not end: \(rest[start...].prefix(60))")
            }
            read(tag: rest[rest.utf8.index(after: start)..<end])
            rest = rest[rest.utf8.index(after: end)...]
        }
        checkText(rest)
        if !open.isEmpty { problems.append("not closed: \(open)") }
        for (attribute, id) in references where !ids.contains(id) {
            problems.append("\(attribute) names \(id), which is not there")
        }
    }

    private mutating func read(tag: Substring) {
        if tag.hasPrefix("/") {
            let name = String(tag.dropFirst())
            if open.last == name { open.removeLast() } else { problems.append("</\(name)> within \(open.suffix(3))") }
            return
        }
        let name = String(tag.prefix { $0.isLetter || $0.isNumber })
        guard Self.elements.contains(name) else { return problems.append("no element of ours: <\(tag.prefix(60))>") }
        if Self.blocks.contains(name), open.contains("p") { problems.append("<\(name)> within a <p>") }
        if name == "a" || name == "button", open.contains("a") || open.contains("button") {
            problems.append("<\(name)> within a link or a button")
        }
        read(attributes: tag.dropFirst(name.count), of: name)
        if !Self.void.contains(name), !tag.hasSuffix("/") { open.append(name) }
    }

    private mutating func read(attributes text: Substring, of element: String) {
        var rest = text
        var seen: Set<String> = []
        while true {
            rest = rest.drop { $0 == " " || $0 == "\n" }
            if rest.isEmpty || rest == "/" { return }
            let name = String(rest.prefix { $0.isLetter || $0.isNumber || $0 == "-" })
            guard !name.isEmpty, name.hasPrefix("data-") || name.hasPrefix("aria-") || Self.attributes.contains(name)
            else {
                return problems.append("<\(element)> with \(rest.prefix(40))")
            }
            if !seen.insert(name).inserted { problems.append("<\(element)> with two \(name)") }
            rest = rest.dropFirst(name.count)
            guard rest.first == "=" else { continue }
            rest = rest.dropFirst()
            guard rest.utf8.first == UInt8(ascii: "\"") else {
                return problems.append("<\(element) \(name)> without quotes")
            }
            let value = rest.dropFirst().prefix { $0.unicodeScalars.first != "\"" }
            rest = rest.dropFirst(value.count + 2)
            checkText(value)
            note(String(value), of: name)
        }
    }

    private mutating func note(_ value: String, of attribute: String) {
        if attribute == "id", !ids.insert(value).inserted { problems.append("two elements with id \(value)") }
        if Self.referring.contains(attribute) {
            references += value.split(separator: " ").map { (attribute, String($0)) }
        }
    }

    /// Every `&` begins an escape that we write.
    private mutating func checkText(_ text: Substring) {
        for part in text.split(separator: "&", omittingEmptySubsequences: false).dropFirst()
        where !["amp;", "lt;", "gt;", "quot;", "#39;", "#13;"].contains(where: part.hasPrefix) {
            problems.append("a bare & before \(part.prefix(20))")
        }
    }
}
