internal import CByteSearch
internal import CMalloc

/// Memory that is kept and reused from row to row, with plainer and faster appends than an array has. A pointer into it is
/// good until the next change.
package struct ByteScratch: ~Copyable {
    private var memory: UnsafeMutableRawPointer?
    package private(set) var capacity = 0
    package private(set) var count = 0

    package init() {}

    deinit { free_memory(memory) }

    package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: memory, count: count) }

    /// Makes room for `capacity` bytes in all. What it holds is kept.
    @inline(never)
    package mutating func reserve(_ capacity: Int) {
        guard capacity > self.capacity else { return }
        self.capacity = max(capacity, self.capacity * 2, 512)
        memory = grown_memory(memory, self.capacity)
    }

    @inline(__always)
    package mutating func append(_ more: UnsafeRawBufferPointer) {
        if capacity - count < more.count { reserve(count + more.count) }
        guard let memory, let source = more.baseAddress else { return }
        (memory + count).copyMemory(from: source, byteCount: more.count)
        count += more.count
    }

    /// As `append`, of 32 bytes at most, of memory of which 32 bytes may be read: all texts cost the same, and no branch
    /// has to guess their length.
    @inline(__always)
    mutating func append32(_ more: UnsafeRawBufferPointer) {
        if capacity - count < 32 { reserve(count + 32) }
        guard let memory, let source = more.baseAddress else { return }
        copy32(memory + count, source)
        count += more.count
    }

    @inline(__always)
    package mutating func append(_ byte: UInt8) {
        if capacity == count { reserve(count + 1) }
        memory?.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
        count += 1
    }

    package mutating func append(_ text: StaticString) {
        append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    package subscript(position: Int) -> UInt8 {
        get { bytes[position] }
        set {
            precondition(position >= 0 && position < count, "what is set was appended before")
            memory?.storeBytes(of: newValue, toByteOffset: position, as: UInt8.self)
        }
    }

    /// Takes the next `size` bytes into use; what they hold is undefined. Reserve them before, so that nothing moves.
    package mutating func take(_ size: Int) -> UnsafeMutableRawBufferPointer {
        precondition(size >= 0 && size <= capacity - count, "room is reserved before it is taken")
        defer { count += size }
        return UnsafeMutableRawBufferPointer(start: memory.map { $0 + count }, count: size)
    }

    /// Moves all from `position` on by `size` bytes, which are then undefined.
    package mutating func insert(_ size: Int, at position: Int) {
        reserve(count + size)
        memory.map { ($0 + position + size).copyMemory(from: $0 + position, byteCount: count - position) }
        count += size
    }

    /// Drops all but the first `size` bytes; keeps the memory.
    package mutating func removeAll(keepingFirst size: Int = 0) {
        count = min(count, size)
    }

    /// Drops all, and gives the memory back when one long row made it larger than `capacity`.
    package mutating func removeAll(keepingCapacity capacity: Int) {
        count = 0
        guard self.capacity > capacity else { return }
        free_memory(memory)
        memory = nil
        self.capacity = 0
    }
}
