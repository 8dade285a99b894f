internal import CByteSearch

/// One pass over a text that notes where redaction has to look closely: most texts have no such place.
struct TextMarks: ~Copyable {
    private var memory: UnsafeMutablePointer<text_marks>?
    /// Of how many times 64 bytes there is room for marks.
    private var capacity = 0

    deinit { memory?.deallocate() }

    var byteCount: Int { capacity * MemoryLayout<text_marks>.stride }

    /// - Parameter known: the secrets of which samples are marked.
    mutating func read(_ text: UnsafeRawBufferPointer, known: [KnownSecrets]) {
        let blocks = (text.count + 63) / 64
        if blocks > capacity || capacity > Self.keptBlocks && blocks < Self.keptBlocks { makeRoom(blocks) }
        guard let memory else { return }
        mark_text(text.baseAddress, text.count, memory)
        for known in known {
            for filter in known.filters { filter.mark(text, memory) }
        }
    }

    /// Those that were read last, from `start` on.
    @inline(__always)
    func marked(_ text: UnsafeRawBufferPointer, from start: Int, of count: Int) -> MarkedText {
        MarkedText(bytes: text, marks: memory, start: start, readable: count - start)
    }

    /// Marks for 256 KiB of text: what one longer text needed is not kept.
    private static let keptBlocks = 1 << 12

    @inline(never)
    private mutating func makeRoom(_ blocks: Int) {
        memory?.deallocate()
        capacity = max(blocks, 64)
        memory = .allocate(capacity: capacity)
    }
}

/// A text and the places in it at which something may be found. Good until its marks are read anew.
struct MarkedText {
    let bytes: UnsafeRawBufferPointer
    private let marks: UnsafePointer<text_marks>?
    /// Where the text begins in what was read.
    private let start: Int
    /// Bytes from the text's beginning that are there to be read: its own, and others' behind it.
    private let readable: Int

    @inline(__always)
    fileprivate init(
        bytes: UnsafeRawBufferPointer, marks: UnsafeMutablePointer<text_marks>?, start: Int, readable: Int
    ) {
        self.bytes = bytes
        self.marks = UnsafePointer(marks)
        self.start = start
        self.readable = readable
    }

    @inline(__always)
    func append(to output: inout ByteScratch) {
        if count <= 32, readable >= 32 { output.append32(bytes) } else { output.append(bytes) }
    }

    var count: Int { bytes.count }

    /// Whether nothing is marked, so that there is nothing to look for.
    @inline(__always)
    var isPlain: Bool { !has_marks(marks, start, start + count) }

    /// The next place at which something may begin or be named; `count` when there is no more. Nothing begins with the last
    /// byte, so that one is left out.
    @inline(__always)
    func nextTrigger(from place: Int) -> Int {
        let found = next(0, from: place, before: count - 1)
        return found >= count - 1 ? count : found
    }

    /// The next byte with which an escape may begin.
    @inline(__always)
    func nextEscape(from place: Int) -> Int { next(1, from: place, before: count) }

    /// Whether there is what may be a payment card.
    var hasNumbers: Bool { next(2, from: 0, before: count) < count }

    /// The next place at which a known secret may be, or have begun up to its filter's stride before.
    @inline(__always)
    func nextSample(from place: Int) -> Int { next(3, from: place, before: count) }

    @inline(__always)
    private func next(_ kind: Int, from place: Int, before end: Int) -> Int {
        guard let marks else { return max(place, end) }
        let words = UnsafeRawPointer(marks).assumingMemoryBound(to: UInt64.self)
        return next_mark(words + kind, start + place, start + end) - start
    }
}

/// A stretch of memory in which several texts lie, so that one pass marks them all.
struct MarkedMemory: ~Copyable {
    /// In longer ones texts are so long that a pass of each costs little, and what lies between them may be much.
    private static let bytes = 16 << 10
    private var memory = UnsafeRawBufferPointer(start: nil, count: 0)
    private var marks = TextMarks()

    mutating func read(_ memory: UnsafeRawBufferPointer, known: [KnownSecrets]) {
        guard memory.count <= Self.bytes else { return forget() }
        self.memory = memory
        marks.read(memory, known: known)
    }

    var byteCount: Int { marks.byteCount }

    mutating func forget() {
        memory = UnsafeRawBufferPointer(start: nil, count: 0)
    }

    /// Nil when the text is not in this memory.
    @inline(__always)
    func marked(_ text: UnsafeRawBufferPointer) -> MarkedText? {
        guard let start = text.baseAddress, let first = memory.baseAddress else { return nil }
        let offset = start - first
        guard offset >= 0, offset + text.count <= memory.count else { return nil }
        return marks.marked(text, from: offset, of: memory.count)
    }
}
