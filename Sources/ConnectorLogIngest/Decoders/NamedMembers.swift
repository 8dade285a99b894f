import ConnectorLogCore

/// Names of members, as raw values, that a decoder looks for in one kind of object.
protocol MemberName: CaseIterable, RawRepresentable, Equatable, Sendable where RawValue == String {}

/// The members of one object by their names, found by one pass. Of a name that is given twice the last value counts, as
/// most readers of JSON have it; null is as good as absent.
struct NamedMembers<Name: MemberName> {
    private var values: [(name: Name, value: JSONSlice)] = []

    subscript(name: Name) -> JSONSlice? {
        let value = values.first { $0.name == name }?.value
        return value?.kind == .null ? nil : value
    }

    /// So that no more is held than there are names, however often an object repeats them.
    fileprivate mutating func set(_ name: Name, _ value: JSONSlice) {
        if let index = values.firstIndex(where: { $0.name == name }) {
            values[index].value = value
        } else {
            values.append((name, value))
        }
    }
}

/// Reads the members of objects. Made once for each kind: it keeps the names as bytes.
struct NamedMemberReader<Name: MemberName>: Sendable {
    private let names: [(name: Name, bytes: [UInt8])]
    /// No name that is looked for is longer, each of its characters being six bytes as an escape.
    private let mostEscapedBytes: Int

    init() {
        names = Name.allCases.map { ($0, Array($0.rawValue.utf8)) }
        mostEscapedBytes = 6 * (names.map(\.bytes.count).max() ?? 0)
    }

    /// Of a value that is no object there are none.
    func read(
        _ object: JSONSlice?, in text: UnsafeRawBufferPointer, depth: Int = 0
    ) throws(LineError) -> NamedMembers<Name> {
        var contents = JSONContents(object?.kind == .object ? object : nil, in: text, depth: depth)
        return try read(&contents, in: text) { _, _ in }
    }

    /// - Parameter other: is given the members of other names, in their order.
    func read(
        _ contents: inout JSONContents, in text: UnsafeRawBufferPointer, other: (JSONSlice, JSONSlice) -> Void
    ) throws(LineError) -> NamedMembers<Name> {
        var members = NamedMembers<Name>()
        while let (name, value) = try contents.next() {
            guard let name else { continue }
            if let known = self.name(name, in: text) {
                members.set(known, value)
            } else {
                other(name, value)
            }
        }
        return members
    }

    private func name(_ slice: JSONSlice, in text: UnsafeRawBufferPointer) -> Name? {
        let bytes = slice.bytes(in: text)
        if slice.kind == .string { return name(bytes) }
        guard bytes.count <= mostEscapedBytes else { return nil }
        return withUnsafeTemporaryAllocation(byteCount: bytes.count, alignment: 1) { room in
            guard let start = room.baseAddress else { return nil }
            return name(UnsafeRawBufferPointer(rebasing: room[..<JSONText.unescape(bytes, to: start)]))
        }
    }

    private func name(_ bytes: UnsafeRawBufferPointer) -> Name? {
        names.first { $0.bytes.count == bytes.count && $0.bytes.elementsEqual(bytes) }?.name
    }
}
