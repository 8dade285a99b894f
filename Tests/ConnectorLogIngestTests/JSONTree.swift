import Foundation

@testable import ConnectorLogIngest

/// A document as the scanner reads it, made comparable with what Foundation reads.
indirect enum JSONTree: Equatable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSONTree])
    case object([String: JSONTree])

    /// Reads a whole document through `LineFields`' rules: UTF-8 first, then RFC 8259.
    static func scanned(_ bytes: [UInt8]) throws -> JSONTree {
        try bytes.withUnsafeBytes { text in
            _ = try UTF8Span(validating: text.bindMemory(to: UInt8.self).span)
            // One pass over the whole first, as a line is read; then value by value.
            var whole = JSONScanner(text)
            _ = try whole.value(depth: 0)
            try whole.end()
            var scanner = JSONScanner(text)
            return try read(&scanner)
        }
    }

    private static func read(_ scanner: inout JSONScanner) throws -> JSONTree {
        switch try scanner.peek() {
        case UInt8(ascii: "{"):
            scanner.advance()
            var members: [String: JSONTree] = [:]
            if try scanner.peek() == UInt8(ascii: "}") {
                scanner.advance()
                return .object([:])
            }
            repeat {
                let name = meaning(try scanner.name(), scanner)
                members[name] = try read(&scanner)
            } while try scanner.continues(before: UInt8(ascii: "}"))
            return .object(members)
        case UInt8(ascii: "["):
            scanner.advance()
            var elements: [JSONTree] = []
            if try scanner.peek() == UInt8(ascii: "]") {
                scanner.advance()
                return .array([])
            }
            repeat { elements.append(try read(&scanner)) } while try scanner.continues(before: UInt8(ascii: "]"))
            return .array(elements)
        default:
            let slice = try scanner.value(depth: 0)
            switch slice.kind {
            case .yes: return .bool(true)
            case .no: return .bool(false)
            case .null: return .null
            case .number:
                return .number(Double(String(decoding: slice.bytes(in: scanner.text), as: UTF8.self)) ?? .nan)
            default: return .string(meaning(slice, scanner))
            }
        }
    }

    private static func meaning(_ slice: JSONSlice, _ scanner: JSONScanner) -> String {
        let raw = slice.bytes(in: scanner.text)
        guard slice.kind == .escapedString else { return String(decoding: raw, as: UTF8.self) }
        return String(unsafeUninitializedCapacity: raw.count) { room in
            room.baseAddress.map { JSONText.unescape(raw, to: UnsafeMutableRawPointer($0)) } ?? 0
        }
    }

    /// What Foundation read.
    init(_ value: Any) {
        switch value {
        case let value as [String: Any]: self = .object(value.mapValues(JSONTree.init))
        case let value as [Any]: self = .array(value.map(JSONTree.init))
        case let value as String: self = .string(value)
        case let value as NSNumber:
            // Truth values are the only numbers of one signed byte.
            self = String(cString: value.objCType) == "c" ? .bool(value.boolValue) : .number(value.doubleValue)
        default: self = .null
        }
    }

    /// Whether a number in it is too large for `Double`.
    var isInfinite: Bool {
        switch self {
        case .number(let number): number.isInfinite
        case .array(let elements): elements.contains(where: \.isInfinite)
        case .object(let members): members.values.contains(where: \.isInfinite)
        default: false
        }
    }
}
