/// Memory that is kept and reused from row to row, with plainer and faster appends than an array has. A pointer into it is
/// good until the next change.
package struct ByteScratch: ~Copyable {
    private var memory = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    package private(set) var count = 0

    package init() {}

    deinit { memory.deallocate() }

    package var capacity: Int { memory.count }
    package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory[..<count]) }

    /// Makes room for `capacity` bytes in all. What it holds is kept.
    @inline(never)
    package mutating func reserve(_ capacity: Int) {
        guard capacity > memory.count else { return }
        let grown = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(capacity, memory.count * 2, 4096), alignment: 16)
        grown.copyMemory(from: bytes)
        memory.deallocate()
        memory = grown
    }

    @inline(__always)
    package mutating func append(_ more: UnsafeRawBufferPointer) {
        guard let source = more.baseAddress, !more.isEmpty else { return }
        if memory.count - count < more.count { reserve(count + more.count) }
        memory.baseAddress?.advanced(by: count).copyMemory(from: source, byteCount: more.count)
        count += more.count
    }

    @inline(__always)
    package mutating func append(_ byte: UInt8) {
        if memory.count == count { reserve(count + 1) }
        memory[count] = byte
        count += 1
    }

    package mutating func append(_ text: StaticString) {
        append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    package subscript(position: Int) -> UInt8 {
        get { memory[position] }
        set { memory[position] = newValue }
    }

    /// Takes the next `size` bytes into use; what they hold is undefined. Reserve them before, so that nothing moves.
    package mutating func take(_ size: Int) -> UnsafeMutableRawBufferPointer {
        precondition(size <= memory.count - count, "room is reserved before it is taken")
        defer { count += size }
        return UnsafeMutableRawBufferPointer(rebasing: memory[count..<count + size])
    }

    /// Moves all from `position` on by `size` bytes, which are then undefined.
    package mutating func insert(_ size: Int, at position: Int) {
        reserve(count + size)
        memory.baseAddress.map {
            $0.advanced(by: position + size).copyMemory(from: $0.advanced(by: position), byteCount: count - position)
        }
        count += size
    }

    /// Drops all but the first `size` bytes; keeps the memory.
    package mutating func removeAll(keepingFirst size: Int = 0) {
        count = min(count, size)
    }

    /// Drops all, and gives the memory back when one long row made it larger than `capacity`.
    package mutating func removeAll(keepingCapacity capacity: Int) {
        count = 0
        guard memory.count > capacity else { return }
        memory.deallocate()
        memory = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    }
}
