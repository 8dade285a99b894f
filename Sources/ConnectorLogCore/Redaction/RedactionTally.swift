/// Counts the redactions of one entry or fault while it is made; becomes its receipt.
package struct RedactionTally: Sendable {
    private struct Item {
        var rule: RedactionRule
        var field: StaticString
        /// Place in `names` of the header, parameter or JSON member that was redacted.
        var name: Range<Int>
        var count: Int
    }

    private var items: [Item] = []
    private var names: [UInt8] = []
    /// Bytes that the search for secrets looked at, beside its one pass over the text. It only counts, for tests.
    package var work = 0

    /// Redactions that are told apart in one receipt; what comes beyond is counted under its field alone.
    package static let mostItems = 128

    package init() {}

    package var isEmpty: Bool { items.isEmpty }

    package mutating func removeAll() {
        items.removeAll(keepingCapacity: true)
        names.removeAll(keepingCapacity: true)
    }

    /// Says of each field only that something was removed: a name may be a secret itself.
    mutating func forgetNames() {
        let all = items
        removeAll()
        for item in all {
            for _ in 0..<item.count {
                add(item.rule, field: item.field, name: UnsafeRawBufferPointer(start: nil, count: 0))
            }
        }
    }

    mutating func add(_ rule: RedactionRule, field: StaticString, name: UnsafeRawBufferPointer) {
        for i in items.indices where items[i].rule == rule && items[i].field.isSame(as: field) {
            if names[items[i].name].elementsEqual(name) {
                items[i].count += 1
                return
            }
        }
        if items.count >= Self.mostItems, !name.isEmpty {
            add(rule, field: field, name: UnsafeRawBufferPointer(start: nil, count: 0))
            return
        }
        let start = names.count
        names.append(contentsOf: name)
        items.append(Item(rule: rule, field: field, name: start..<names.count, count: 1))
    }

    package var redactions: [Redaction] {
        items.map { item in
            let name = String(decoding: names[item.name], as: UTF8.self)
            return Redaction(
                rule: item.rule, field: name.isEmpty ? "\(item.field)" : "\(item.field).\(name)", count: item.count)
        }
    }

    /// Appends the receipt's stored form: for each redaction its rule (one byte), the length of its field's path, the
    /// path, the count; numbers are LEB128.
    func append(to bytes: inout ByteScratch) {
        for item in items {
            bytes.append(item.rule.rawValue)
            let pathCount = item.field.utf8CodeUnitCount + (item.name.isEmpty ? 0 : item.name.count + 1)
            Varint.append(UInt64(pathCount), to: &bytes)
            bytes.append(item.field)
            if !item.name.isEmpty {
                bytes.append(UInt8(ascii: "."))
                names[item.name].withUnsafeBytes { bytes.append($0) }
            }
            Varint.append(UInt64(item.count), to: &bytes)
        }
    }
}

extension StaticString {
    /// Fields are literals of `RedactingBatchBuilder`, most of which the linker makes one.
    fileprivate func isSame(as other: StaticString) -> Bool {
        utf8CodeUnitCount == other.utf8CodeUnitCount
            && (utf8Start == other.utf8Start
                || UnsafeBufferPointer(start: utf8Start, count: utf8CodeUnitCount)
                    .elementsEqual(UnsafeBufferPointer(start: other.utf8Start, count: utf8CodeUnitCount)))
    }
}

extension Redaction {
    /// Only that something was removed from the field: the name behind it may be a secret itself.
    var withoutName: Redaction {
        Redaction(rule: rule, field: String(field.prefix { $0 != "." }), count: count)
    }
}

/// The stored form of a receipt.
package enum Receipt {
    static func append(_ redactions: [Redaction], to bytes: inout ByteScratch) {
        for redaction in redactions {
            bytes.append(redaction.rule.rawValue)
            var field = redaction.field
            field.withUTF8 { HeaderList.append(UnsafeRawBufferPointer($0), to: &bytes) }
            Varint.append(UInt64(max(0, redaction.count)), to: &bytes)
        }
    }

    package static func encode(_ redactions: [Redaction]) -> [UInt8] {
        var bytes = ByteScratch()
        append(redactions, to: &bytes)
        return Array(bytes.bytes)
    }

    /// Nil when the bytes are no receipt. A rule of a newer version ends the list.
    package static func decode(_ bytes: ArraySlice<UInt8>) -> [Redaction]? {
        var rest = bytes
        var redactions: [Redaction] = []
        while let raw = rest.popFirst() {
            guard let rule = RedactionRule(rawValue: raw), let length = Varint.take(from: &rest),
                length <= UInt64(rest.count)
            else { return nil }
            let field = String(decoding: rest.prefix(Int(length)), as: UTF8.self)
            rest = rest.dropFirst(Int(length))
            guard let count = Varint.take(from: &rest) else { return nil }
            redactions.append(Redaction(rule: rule, field: field, count: Int(truncatingIfNeeded: count)))
        }
        return redactions
    }
}
