import ConnectorLogCore

/// Writes an entry's attributes as one flat JSON object, each text with no more escapes than it needs, so that the
/// redactor meets every name and value in one form.
struct AttributesWriter: ~Copyable {
    private var output = ByteScratch()
    /// Places of the names in `output`.
    private var names: [Range<Int>] = []

    /// Memory that one long line needed is not kept beyond this.
    private static let keptBytes = 1 << 16

    init() {}

    var byteCount: Int { output.capacity }
    var isEmpty: Bool { names.isEmpty }
    var members: Int { names.count }

    mutating func begin() {
        output.removeAll(keepingCapacity: Self.keptBytes)
        names.removeAll(keepingCapacity: true)
    }

    enum Value {
        /// The meaning of a text, or the JSON of an array or object, which is kept as a text.
        case text(UnsafeRawBufferPointer)
        /// A number, `true` or `false` as it stands.
        case literal(UnsafeRawBufferPointer)
    }

    /// False when the name is there already; nothing is good then.
    mutating func append(_ name: UnsafeRawBufferPointer, _ value: Value) -> Bool {
        output.append(UInt8(ascii: names.isEmpty ? "{" : ","))
        output.append(UInt8(ascii: "\""))
        let start = output.count
        JSONText.appendEscaped(name, to: &output)
        let range = start..<output.count
        let written = output.bytes
        guard !names.contains(where: { written[$0].elementsEqual(written[range]) }) else { return false }
        names.append(range)
        output.append(UInt8(ascii: "\""))
        output.append(UInt8(ascii: ":"))
        switch value {
        case .text(let text):
            output.append(UInt8(ascii: "\""))
            JSONText.appendEscaped(text, to: &output)
            output.append(UInt8(ascii: "\""))
        case .literal(let text):
            output.append(text)
        }
        return true
    }

    /// As `append`, but an attribute that is there already or does not fit is left out, and false says so.
    ///
    /// - Parameters:
    ///   - members: how many there may be with it.
    ///   - bytes: how long the object may be with it.
    mutating func appendIfFits(
        _ name: UnsafeRawBufferPointer, _ value: Value, members: Int = Limits.attributeMembers,
        bytes: Int = Limits.attributeBytes
    ) -> Bool {
        guard names.count < members else { return false }
        let (end, known) = (output.count, names.count)
        if append(name, value), output.count < bytes { return true }
        output.removeAll(keepingFirst: end)
        names.removeSubrange(known...)
        return false
    }

    /// The object; good until `begin`.
    mutating func finish() -> UnsafeRawBufferPointer {
        output.append(UInt8(ascii: "}"))
        return output.bytes
    }

    /// With the closing bracket.
    var isTooLong: Bool { output.count + 1 > Limits.attributeBytes }
}
