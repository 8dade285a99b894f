import ConnectorLogAPI
package import ConnectorLogCore

/// A call as a command of a POSIX shell that makes it again with curl. What redaction removed stands in it as variables of
/// the shell.
///
/// A log holds hostile text. It stands in single quotes (POSIX.1-2024, XCU 2.2.2), within which a shell expands nothing;
/// options are such that curl takes nothing for a name of a file; and control characters, by which a terminal might take a
/// pasted text for typing, are left out of it.
package struct CurlCommand: Hashable, Sendable {
    package enum Part: Hashable, Sendable {
        case text(String)
        /// The name of a variable.
        case variable(String)
    }

    package struct Variable: Hashable, Sendable {
        package let name: String
        /// What stands in the log in its place; nil for what the log does not know.
        package let placeholder: String?
    }

    /// A larger argument does not fit: Linux takes 128 KiB (`MAX_ARG_STRLEN`).
    private static let argumentBytes = 100_000
    /// Header fields that curl makes itself.
    private static let ownFields: Set<String> = [
        "connection", "content-length", "transfer-encoding", "expect", "accept-encoding",
    ]

    package struct Option: Hashable, Sendable {
        package let name: String
        package let value: [Part]?
    }

    package private(set) var options: [Option] = []
    package private(set) var variables: [Variable] = []
    /// What the command leaves out, and why.
    package private(set) var notes: [String] = []
    /// The whole command, with comments before it.
    package private(set) var text = ""

    /// Nil when there is no URL, or one of another scheme than `http` and `https`; and when the details were removed.
    package init?(_ entry: LogEntry) {
        guard let uri = entry.summary.uri, entry.detailsRemovedAt == nil, let url = Self.url(uri) else { return nil }
        addMethod(entry)
        option("--globoff")
        var address: [Part] = []
        if url.isRelative {
            variables.append(Variable(name: "BASE_URL", placeholder: nil))
            address.append(.variable("BASE_URL"))
        }
        option("--url", address + parts(url.text))
        addHeaders(entry)
        if let body = entry.requestBody { addBody(body) }
        text = lines().joined(separator: "\n")
    }

    // MARK: - Options

    private mutating func option(_ name: String, _ value: [Part]? = nil) {
        options.append(Option(name: name, value: value.map(Self.joined)))
    }

    /// With texts that follow each other as one.
    private static func joined(_ parts: [Part]) -> [Part] {
        parts.reduce(into: []) { joined, part in
            if case .text(let text) = part, case .text(let before)? = joined.last {
                joined[joined.count - 1] = .text(before + text)
            } else {
                joined.append(part)
            }
        }
    }

    private mutating func addMethod(_ entry: LogEntry) {
        let hasBody = entry.requestBody.map { !$0.bytes.isEmpty } ?? false
        switch entry.summary.method {
        case nil: break
        case "GET"? where !hasBody: break
        // curl waits for a body otherwise.
        case "HEAD"? where !hasBody: option("--head")
        case let method? where Self.isToken(method): option("--request", [.text(method)])
        default: notes.append("The method is left out: it is none of HTTP.")
        }
    }

    private mutating func addHeaders(_ entry: LogEntry) {
        var isCompressed = false
        var hasType = false
        for field in entry.requestHeaders {
            let name = field.name.lowercased()
            if name == "accept-encoding" { isCompressed = true }
            if Self.ownFields.contains(name) || name.hasPrefix(":") || isHost(field, of: entry) { continue }
            guard Self.isToken(field.name) else {
                notes.append("A header field is left out: its name is none of HTTP.")
                continue
            }
            guard !field.value.unicodeScalars.contains(where: { $0 != "\t" && Self.isControl($0) }) else {
                notes.append("The header field \(field.name) is left out: its value holds control characters.")
                continue
            }
            if name == "content-type" { hasType = true }
            // "Name:" would take a field away, "Name;" sends it empty.
            let isEmpty = field.value.trimmed.isEmpty
            option("--header", isEmpty ? [.text(field.name + ";")] : [.text(field.name + ": ")] + parts(field.value))
        }
        if isCompressed { option("--compressed") }
        if !hasType, entry.requestBody.map({ !$0.bytes.isEmpty }) ?? false {
            // curl would call it a form.
            option("--header", [.text("Content-Type:")])
        }
    }

    /// Whether a `Host` is the one that curl sends by itself.
    private func isHost(_ field: HeaderField, of entry: LogEntry) -> Bool {
        guard field.name.lowercased() == "host" else { return false }
        let origin = DisplayURI(entry.summary.uri ?? "").origin
        return origin.isEmpty || origin.lowercased().hasSuffix("//" + field.value.lowercased())
    }

    private mutating func addBody(_ body: Body) {
        guard !body.bytes.isEmpty || body.isTruncated else { return }
        let reason: String? =
            if body.isTruncated {
                "Of the body only the beginning was kept"
            } else if body.isBinary {
                "The body is binary"
            } else if body.bytes.count > Self.argumentBytes {
                "The body is too large for a command"
            } else if !Self.isPrintable(body.bytes) {
                "The body holds control characters"
            } else {
                nil
            }
        if let reason {
            notes.append("\(reason): save what you want to send as body.bin.")
            option("--data-binary", [.text("@body.bin")])
        } else {
            option("--data-raw", parts(body.text))
        }
    }

    /// A text with a variable in each place where a secret was.
    private mutating func parts(_ text: String) -> [Part] {
        MarkedText(text).pieces.map { piece in
            guard piece.isRedaction else { return .text(piece.text) }
            if let known = variables.first(where: { $0.placeholder == piece.text }) { return .variable(known.name) }
            let number = variables.count { $0.placeholder != nil } + 1
            let variable = Variable(name: "SECRET_\(number)", placeholder: piece.text)
            variables.append(variable)
            return .variable(variable.name)
        }
    }

    // MARK: - Checks

    /// Blanks and control characters, which no URL holds (RFC 3986, section 2), become escapes.
    private static func url(_ uri: String) -> (text: String, isRelative: Bool)? {
        var text = ""
        for scalar in uri.unicodeScalars {
            if scalar == " " || isControl(scalar) {
                text += PercentEncoding.encode(String(scalar))
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        let lower = text.prefix(8).lowercased()
        if lower.hasPrefix("http://") || lower.hasPrefix("https://") { return (text, false) }
        return text.hasPrefix("/") && !text.hasPrefix("//") ? (text, true) : nil
    }

    /// RFC 9110, section 5.6.2.
    private static func isToken(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { $0.isIdentifierByte || "!#$%&'*+.^`|~".utf8.contains($0) }
    }

    /// C0, DEL and C1.
    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
    }

    private static func isPrintable(_ bytes: [UInt8]) -> Bool {
        guard let text = String(validating: bytes, as: UTF8.self) else { return false }
        return !text.unicodeScalars.contains { $0 != "\n" && $0 != "\t" && isControl($0) }
    }

    // MARK: - Text

    private func lines() -> [String] {
        var lines = notes.map { "# " + $0 }
        for variable in variables {
            lines.append(
                variable.placeholder.map { "# \(variable.name) is what was removed as \($0)" }
                    ?? "# \(variable.name) is the scheme and host, such as https://api.example.com")
        }
        let words = options.map { option in option.name + (option.value.map { " " + Self.quoted($0) } ?? "") }
        return lines + [(["curl"] + words).joined(separator: " \\\n  ")]
    }

    /// One word of a shell.
    private static func quoted(_ parts: [Part]) -> String {
        let word = parts.map { part in
            switch part {
            case .text(let text): quoted(text)
            case .variable(let name): "\"$\(name)\""
            }
        }.joined()
        return word.isEmpty ? "''" : word
    }

    /// By bytes: a quote with a combining mark behind it is another character to Swift, and a quote to a shell.
    private static func quoted(_ text: String) -> String {
        var bytes: [UInt8] = [UInt8(ascii: "'")]
        for byte in text.utf8 {
            // Out of the quotes, a quote, and in again: the last of the four is the byte itself.
            if byte == UInt8(ascii: "'") { bytes += #"'\'"#.utf8 }
            bytes.append(byte)
        }
        bytes.append(UInt8(ascii: "'"))
        return String(decoding: bytes, as: UTF8.self)
    }
}
