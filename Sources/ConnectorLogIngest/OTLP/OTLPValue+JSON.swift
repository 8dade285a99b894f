import ConnectorLogCore
import Foundation

/// Lists and maps of OTLP as JSON, by the rules of OTLP/JSON for the values in them: bytes in base64, null for no value.
extension OTLPValue {
    /// - Parameter depth: of lists and maps around it. Throws also when there are too many.
    static func append(
        _ value: OTLPValue?, to json: inout ByteScratch, depth: Int = 0
    ) throws(WireReader.Malformed) {
        guard depth <= Limits.depth else { throw WireReader.Malformed() }
        switch value {
        case .text(let text): append(text, to: &json)
        case .flag(let value): json.append(value ? "true" : "false")
        case .whole(let value): append(digits: String(value), to: &json)
        case .real(let value) where value.isFinite: append(digits: value.description, to: &json)
        case .real(let value):
            json.append(UInt8(ascii: "\""))
            append(digits: value.description, to: &json)
            json.append(UInt8(ascii: "\""))
        case .bytes(let bytes):
            json.append(UInt8(ascii: "\""))
            append(digits: Data(bytes).base64EncodedString(), to: &json)
            json.append(UInt8(ascii: "\""))
        case .list(let message): try append(list: message, to: &json, depth: depth)
        case .map(let message): try append(map: message, to: &json, depth: depth)
        case nil: json.append("null")
        }
    }

    private static func append(
        list message: Text, to json: inout ByteScratch, depth: Int
    ) throws(WireReader.Malformed) {
        json.append(UInt8(ascii: "["))
        var reader = WireReader(message)
        var isFirst = true
        while let field = try reader.next() {
            guard field.number == 1, case .bytes(let element) = field.value else { continue }
            if !isFirst { json.append(UInt8(ascii: ",")) }
            isFirst = false
            try append(try OTLPValue(element), to: &json, depth: depth + 1)
        }
        json.append(UInt8(ascii: "]"))
    }

    private static func append(
        map message: Text, to json: inout ByteScratch, depth: Int
    ) throws(WireReader.Malformed) {
        json.append(UInt8(ascii: "{"))
        var reader = WireReader(message)
        var isFirst = true
        while let field = try reader.next() {
            guard field.number == 1, case .bytes(let element) = field.value else { continue }
            let member = try OTLPAttribute(element)
            if !isFirst { json.append(UInt8(ascii: ",")) }
            isFirst = false
            append(member.name, to: &json)
            json.append(UInt8(ascii: ":"))
            try append(member.value, to: &json, depth: depth + 1)
        }
        json.append(UInt8(ascii: "}"))
    }

    private static func append(_ text: Text, to json: inout ByteScratch) {
        json.append(UInt8(ascii: "\""))
        JSONText.appendEscaped(text, to: &json)
        json.append(UInt8(ascii: "\""))
    }

    private static func append(digits: String, to json: inout ByteScratch) {
        var digits = digits
        digits.withUTF8 { json.append(UnsafeRawBufferPointer($0)) }
    }
}

extension EntryAssembler {
    /// The value as a text of the entry, in the request itself where it is one: lists and maps as JSON. Nil when there is none,
    /// and when it is malformed.
    mutating func text(_ value: OTLPValue?) -> Text? {
        switch value {
        case nil: return nil
        case .text(let text): return text
        case .list, .map:
            var json = ByteScratch()
            do throws(WireReader.Malformed) {
                try OTLPValue.append(value, to: &json)
            } catch {
                return nil
            }
            return arena.copy(json.bytes)
        case .bytes(let bytes): return arena.copy(Data(bytes).base64EncodedString())
        case let value?: return value.string.map { arena.copy($0) }
        }
    }

    mutating func addAttribute(_ name: Text, _ value: OTLPValue?) {
        guard !name.isEmpty, let value else { return }
        guard let text = text(value) else { return leaveOut("attributes") }
        let isLiteral =
            switch value {
            case .whole, .flag: true
            case .real(let number): number.isFinite
            default: false
            }
        addAttribute(name, isLiteral ? .literal(text) : .text(text))
    }

    mutating func addAttribute(_ known: KnownAttribute, _ value: OTLPValue?) {
        addAttribute(Text(start: known.name.utf8Start, count: known.name.utf8CodeUnitCount), value)
    }
}
