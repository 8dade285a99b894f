import ConnectorLogAPI
import ConnectorLogCore

/// The cookies of headers, as HAR 1.2 gives them beside the headers. Values are as they are stored: redacted.
enum HARCookies {
    /// Of `Cookie` fields (RFC 6265, section 4.2).
    static func write(requested headers: [HeaderField], to json: inout JSONWriter) {
        json.array { json in
            for header in headers where header.name.lowercased() == "cookie" {
                for pair in header.value.split(separator: ";") {
                    json.object { write(pair, to: &$0) }
                }
            }
        }
    }

    /// Of `Set-Cookie` fields (RFC 6265, section 4.1). When they expire is left to the headers: HAR wants it in another
    /// form.
    static func write(set headers: [HeaderField], to json: inout JSONWriter) {
        json.array { json in
            for header in headers where header.name.lowercased() == "set-cookie" {
                let parts = header.value.split(separator: ";")
                json.object { json in
                    write(parts.first ?? "", to: &json)
                    for part in parts.dropFirst() { write(attribute: part, to: &json) }
                }
            }
        }
    }

    private static func write(_ pair: Substring, to json: inout JSONWriter) {
        let name = pair.prefix { $0 != "=" }
        json.member("name", trimmed(name))
        json.member("value", trimmed(pair.dropFirst(name.count + 1)))
    }

    private static func write(attribute: Substring, to json: inout JSONWriter) {
        let name = attribute.prefix { $0 != "=" }
        let value = trimmed(attribute.dropFirst(name.count + 1))
        switch trimmed(name).lowercased() {
        case "path": json.member("path", value)
        case "domain": json.member("domain", value)
        case "httponly": json.member("httpOnly", true)
        case "secure": json.member("secure", true)
        default: break
        }
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text.drop { $0 == " " }
        while text.last == " " { text = text.dropLast() }
        return String(text)
    }
}
