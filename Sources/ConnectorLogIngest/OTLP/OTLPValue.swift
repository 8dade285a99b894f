import ConnectorLogCore

/// A value of OTLP (`AnyValue`) as its place in the request.
enum OTLPValue {
    typealias Text = UnsafeRawBufferPointer

    case text(Text)
    case flag(Bool)
    case whole(Int64)
    case real(Double)
    /// Messages `ArrayValue` and `KeyValueList`.
    case list(Text)
    case map(Text)
    case bytes(Text)

    /// Nil when it has no value, which is null. Of several, the last counts.
    init?(_ message: Text) throws(WireReader.Malformed) {
        var reader = WireReader(message)
        var value: OTLPValue?
        while let field = try reader.next() {
            switch (field.number, field.value) {
            case (1, .bytes(let text)): value = .text(try Self.checked(text))
            case (2, .varint(let number)): value = .flag(number != 0)
            case (3, .varint(let number)): value = .whole(Int64(bitPattern: number))
            case (4, .fixed64(let bits)): value = .real(Double(bitPattern: bits))
            case (5, .bytes(let list)): value = .list(list)
            case (6, .bytes(let map)): value = .map(map)
            case (7, .bytes(let bytes)): value = .bytes(bytes)
            default: break
            }
        }
        guard let value else { return nil }
        self = value
    }

    /// Texts of protobuf are UTF-8.
    static func checked(_ text: Text) throws(WireReader.Malformed) -> Text {
        do {
            _ = try UTF8Span(validating: text.bindMemory(to: UInt8.self).span)
        } catch {
            throw WireReader.Malformed()
        }
        return text
    }

    /// A whole number, also one that was sent as text.
    var wholeNumber: Int64? {
        switch self {
        case .whole(let value): value
        case .real(let value): Int64(exactly: value)
        case .text(let text): text.count <= 20 ? Int64(String(decoding: text, as: UTF8.self)) : nil
        default: nil
        }
    }

    /// The text of a single value; nil for lists, maps and bytes.
    var string: String? {
        switch self {
        case .text(let text): String(decoding: text, as: UTF8.self)
        case .whole(let value): String(value)
        case .flag(let value): value ? "true" : "false"
        case .real(let value): value.description
        default: nil
        }
    }

    /// As `string`, nil when it is empty.
    var word: String? {
        guard let string, !string.isEmpty else { return nil }
        return string
    }

    /// True, or the text `True` that Boomi Flow sends for it.
    var isTrue: Bool {
        switch self {
        case .flag(let value): value
        case .text(let text): text.count == 4 && String(decoding: text, as: UTF8.self).lowercased() == "true"
        default: false
        }
    }

    /// Calls `body` for each element of a list. One that is malformed ends it.
    func forEachElement(_ body: (OTLPValue?) -> Void) {
        guard case .list(let message) = self else { return }
        var reader = WireReader(message)
        do throws(WireReader.Malformed) {
            while let field = try reader.next() {
                if field.number == 1, case .bytes(let element) = field.value { body(try OTLPValue(element)) }
            }
        } catch {}
    }
}

/// An attribute (`KeyValue`) as its place in the request.
struct OTLPAttribute {
    var name: UnsafeRawBufferPointer
    /// Nil is null.
    var value: OTLPValue?

    init(_ message: UnsafeRawBufferPointer) throws(WireReader.Malformed) {
        var reader = WireReader(message)
        name = UnsafeRawBufferPointer(start: nil, count: 0)
        while let field = try reader.next() {
            switch (field.number, field.value) {
            case (1, .bytes(let text)): name = try OTLPValue.checked(text)
            case (2, .bytes(let message)): value = try OTLPValue(message)
            default: break
            }
        }
    }
}
