/// A parameter of a statement, in PostgreSQL's binary format (its documentation of each type's `send` function is the
/// source of it: integers big-endian, arrays with a header). Nil is NULL.
enum PostgresValue {
    case integer(Int64?)
    case bytes([UInt8]?)
    case boolean(Bool)
    case integers([Int64?])
    case byteStrings([[UInt8]?])
    case booleans([Bool])

    static func text(_ text: String?) -> PostgresValue { .bytes(text.map { Array($0.utf8) }) }
    static func texts(_ texts: [String?]) -> PostgresValue { .byteStrings(texts.map { $0.map { Array($0.utf8) } }) }

    /// PostgreSQL's number of the type (`pg_type.oid`; those of built-in types never change).
    var type: UInt32 {
        switch self {
        case .integer: 20
        case .bytes: 17
        case .boolean: 16
        case .integers: 1016
        case .byteStrings: 1001
        case .booleans: 1000
        }
    }

    var isNull: Bool {
        switch self {
        case .integer(let value): value == nil
        case .bytes(let value): value == nil
        default: false
        }
    }

    func append(to out: inout [UInt8]) {
        switch self {
        case .integer(let value): Self.append(value ?? 0, to: &out)
        case .bytes(let value): out += value ?? []
        case .boolean(let value): out.append(value ? 1 : 0)
        case .integers(let values):
            Self.appendArray(values, of: 20, to: &out) { value, out in Self.append(value, to: &out) }
        case .byteStrings(let values):
            Self.appendArray(values, of: 17, to: &out) { value, out in out += value }
        case .booleans(let values):
            Self.appendArray(values, of: 16, to: &out) { value, out in out.append(value ? 1 : 0) }
        }
    }

    private static func append(_ value: some FixedWidthInteger, to out: inout [UInt8]) {
        withUnsafeBytes(of: value.bigEndian) { out.append(contentsOf: $0) }
    }

    /// Dimensions, whether there are nulls, the type of elements; the length and the lower bound of the dimension; then
    /// each element behind its length, which is -1 for NULL.
    private static func appendArray<Element>(
        _ values: [Element?], of type: UInt32, to out: inout [UInt8], _ append: (Element, inout [UInt8]) -> Void
    ) {
        Self.append(Int32(values.isEmpty ? 0 : 1), to: &out)
        Self.append(Int32(values.contains { $0 == nil } ? 1 : 0), to: &out)
        Self.append(type, to: &out)
        if values.isEmpty { return }
        Self.append(Int32(values.count), to: &out)
        Self.append(Int32(1), to: &out)
        for value in values {
            guard let value else {
                Self.append(Int32(-1), to: &out)
                continue
            }
            let place = out.count
            Self.append(Int32(0), to: &out)
            append(value, &out)
            let length = Int32(out.count - place - 4)
            withUnsafeBytes(of: length.bigEndian) { bytes in
                for index in 0..<4 { out[place + index] = bytes[index] }
            }
        }
    }
}
