import ConnectorLogCore
import GRDB

/// A flow state's id as table `flow_state` has it: 16 bytes when it is a UUID in lower case, as most are, and else the text
/// itself. So each id has one form, and the two never meet.
enum StoredStateID: Equatable, Sendable {
    case uuid(high: UInt64, low: UInt64)
    case text(String)

    init(_ id: String) {
        let packed = unsafe id.utf8.withContiguousStorageIfAvailable { unsafe Self.packed($0.span) }
        guard let (high, low) = packed ?? Self.packed(Array(id.utf8).span) else {
            self = .text(id)
            return
        }
        self = .uuid(high: high, low: low)
    }

    private static func packed(_ text: Span<UInt8>) -> (high: UInt64, low: UInt64)? {
        guard text.count == 36 else { return nil }
        var words: (high: UInt64, low: UInt64) = (0, 0)
        for index in 0..<36 {
            let byte = text[index]
            if index == 8 || index == 13 || index == 18 || index == 23 {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            default: return nil
            }
            if index < 18 {
                words.high = words.high << 4 | UInt64(digit)
            } else {
                words.low = words.low << 4 | UInt64(digit)
            }
        }
        return words
    }

    /// SQL that gives the text of such an id again.
    static func textSQL(_ column: String) -> String {
        let groups = [(1, 4), (5, 2), (7, 2), (9, 2), (11, 6)].map { "hex(substr(\(column), \($0.0), \($0.1)))" }
        return
            "CASE typeof(\(column)) WHEN 'blob' THEN lower(\(groups.joined(separator: " || '-' || "))) ELSE \(column) END"
    }
}

extension StoredStateID: DatabaseValueConvertible {
    var databaseValue: DatabaseValue {
        switch self {
        case .uuid(let high, let low): EntryID(high: high, low: low).databaseBytes.databaseValue
        case .text(let text): text.databaseValue
        }
    }

    static func fromDatabaseValue(_ value: DatabaseValue) -> StoredStateID? {
        switch value.storage {
        case .blob(let bytes): EntryID(databaseBytes: [UInt8](bytes)).map { .uuid(high: $0.high, low: $0.low) }
        case .string(let text): .text(text)
        default: nil
        }
    }
}
