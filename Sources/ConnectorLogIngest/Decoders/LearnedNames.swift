import CByteSearch

/// Names of members and headers as earlier lines had them, and which came after which: the lines of one sender have the
/// same names in the same order, so that one comparison finds the next name, its end, its colon and its field.
///
/// A guess that does not fit costs little and changes nothing: the name is then read as any other. When more names come
/// than there is room for, the first ones stay.
struct LearnedNames: ~Copyable {
    /// A name's number; the first ones stand for no name, but for the place before one.
    typealias Index = UInt8

    static let startOfLine: Index = 0
    static let startOfRequestHeaders: Index = 1
    static let startOfResponseHeaders: Index = 2
    /// A name that was not learned.
    private static let unknown: Index = 3
    private static let firstName = 4
    private static let capacity = 256

    private struct Name {
        /// The name as it stands in the line, with its quotes and colon.
        var text = InlineArray<6, UInt64>(repeating: 0)
        /// Bytes of `text`; 0 for places that are no names.
        var count: UInt8 = 0
        /// The raw value of the member's field and 1; 0 for none.
        var field: UInt8 = 0
        /// What came after it the last time, and what the last time that it was something else.
        var next = LearnedNames.unknown
        var nextBefore = LearnedNames.unknown
    }

    private let names = UnsafeMutablePointer<Name>.allocate(capacity: LearnedNames.capacity)
    private var count = LearnedNames.firstName
    /// By hash, a name's index; `unknown` when there is none.
    private let slots = UnsafeMutablePointer<Index>.allocate(capacity: LearnedNames.capacity)

    init() {
        names.initialize(repeating: Name(), count: Self.firstName)
        slots.initialize(repeating: Self.unknown, count: Self.capacity)
    }

    deinit {
        // Neither has anything to be deinitialized.
        names.deallocate()
        slots.deallocate()
    }

    /// The name that begins at `position`, when it is one of the two that came after `previous` before.
    @inline(__always)
    mutating func guess(after previous: Index, at position: Int, in text: UnsafeRawBufferPointer) -> Index? {
        let next = names[Int(previous)].next
        if stands(next, at: position, in: text) { return next }
        let other = names[Int(previous)].nextBefore
        guard stands(other, at: position, in: text) else { return nil }
        names[Int(previous)].next = other
        names[Int(previous)].nextBefore = next
        return other
    }

    @inline(__always)
    private func stands(_ index: Index, at position: Int, in text: UnsafeRawBufferPointer) -> Bool {
        let name = names + Int(index)
        let count = Int(name.pointee.count)
        // Whole words of `name` are compared; a place that is no name has none.
        guard count > 0, text.count - position >= MemoryLayout<InlineArray<6, UInt64>>.size,
            let start = text.baseAddress
        else { return false }
        return begins_with(start + position, name, count)
    }

    /// Bytes from the opening quote to the colon.
    @inline(__always)
    func length(of index: Index) -> Int { Int(names[Int(index)].count) }

    @inline(__always)
    func field(of index: Index) -> FlatField? {
        let raw = names[Int(index)].field
        return raw == 0 ? nil : FlatField(rawValue: raw - 1)
    }

    /// Remembers a name that was read, up to `end` behind its colon, and that it came after `previous`.
    mutating func learn(
        _ name: JSONSlice, upTo end: Int, field: FlatField?, after previous: Index, in text: UnsafeRawBufferPointer
    ) -> Index {
        let start = Int(name.start) - 1
        // Escapes and blanks before the colon: not worth it.
        guard name.kind == .string, end - start == Int(name.end - name.start) + 3,
            end - start <= MemoryLayout<InlineArray<6, UInt64>>.size
        else { return Self.unknown }
        let index = find(UnsafeRawBufferPointer(rebasing: text[start..<end]), field)
        if index != Self.unknown, names[Int(previous)].next != index {
            names[Int(previous)].nextBefore = names[Int(previous)].next
            names[Int(previous)].next = index
        }
        return index
    }

    private mutating func find(_ quoted: UnsafeRawBufferPointer, _ field: FlatField?) -> Index {
        let fieldNumber = field.map { $0.rawValue + 1 } ?? 0
        var name = Name(count: UInt8(quoted.count), field: fieldNumber)
        withUnsafeMutableBytes(of: &name.text) { $0.copyMemory(from: quoted) }
        var hash: UInt64 = 0
        for i in name.text.indices {
            hash = (hash ^ name.text[i]) &* 0x9E37_79B9_7F4A_7C15
            hash ^= hash >> 29
        }
        var slot = Int(hash >> 56)
        while slots[slot] != Self.unknown {
            let known = names + Int(slots[slot])
            if known.pointee.count == name.count, begins_with(known, &name, quoted.count) { return slots[slot] }
            slot = (slot + 1) % Self.capacity
        }
        guard count < Self.capacity else { return Self.unknown }
        let index = Index(count)
        (names + count).initialize(to: name)
        slots[slot] = index
        count += 1
        return index
    }
}
