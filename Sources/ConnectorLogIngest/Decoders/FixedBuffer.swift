/// Room for a fixed number of plain values, used again for each line, without an array's checks at each append.
struct FixedBuffer<Element: BitwiseCopyable>: ~Copyable {
    private let memory: UnsafeMutablePointer<Element>
    let capacity: Int
    private(set) var count = 0

    init(capacity: Int) {
        memory = .allocate(capacity: capacity)
        self.capacity = capacity
    }

    deinit { memory.deallocate() }

    /// Good until the next change.
    var elements: UnsafeBufferPointer<Element> { UnsafeBufferPointer(start: memory, count: count) }

    /// False, and nothing kept, when there is no room.
    @inline(__always)
    mutating func append(_ element: Element) -> Bool {
        guard count < capacity else { return false }
        (memory + count).initialize(to: element)
        count += 1
        return true
    }

    @inline(__always)
    mutating func removeAll() { count = 0 }
}
