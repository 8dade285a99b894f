/// Which of many texts occur in bytes: a table by their first six bytes, and a comparison. Plain on purpose, because a
/// test that proves absence rests on it.
package struct NeedleSearch: Sendable {
    /// Shorter ones cannot be looked for.
    package static let minimumBytes = 6

    package let needles: [[UInt8]]
    /// Indices of the needles that begin with six bytes, by these as a number.
    private let starts: [UInt64: [Int]]
    /// A bit for each value of some hash of six bytes: most places of a text are told by it to begin no needle.
    private let marks: [UInt64]
    private static let markBits = 22

    /// - Parameter needles: of at least `minimumBytes` each.
    package init(_ needles: [[UInt8]]) {
        precondition(needles.allSatisfy { $0.count >= Self.minimumBytes })
        self.needles = needles
        var starts: [UInt64: [Int]] = [:]
        var marks = [UInt64](repeating: 0, count: 1 << (Self.markBits - 6))
        for (index, needle) in needles.enumerated() {
            let key = needle.prefix(Self.minimumBytes).reduce(0) { $0 << 8 | UInt64($1) }
            starts[key, default: []].append(index)
            let mark = Self.mark(key)
            marks[mark >> 6] |= 1 << UInt64(mark & 63)
        }
        (self.starts, self.marks) = (starts, marks)
    }

    @inline(__always)
    private static func mark(_ key: UInt64) -> Int {
        Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> UInt64(64 - markBits))
    }

    /// The indices of the needles that occur.
    package func occurring(in bytes: UnsafeRawBufferPointer) -> Set<Int> {
        var found: Set<Int> = []
        guard bytes.count >= Self.minimumBytes else { return found }
        var key: UInt64 = 0
        marks.withUnsafeBufferPointer { marks in
            for end in 0..<bytes.count {
                key = (key << 8 | UInt64(bytes[end])) & 0xFFFF_FFFF_FFFF
                let mark = Self.mark(key)
                guard marks[mark >> 6] >> UInt64(mark & 63) & 1 == 1, end >= Self.minimumBytes - 1,
                    let candidates = starts[key]
                else { continue }
                let first = end - (Self.minimumBytes - 1)
                for index in candidates where !found.contains(index) {
                    let needle = needles[index]
                    guard needle.count <= bytes.count - first else { continue }
                    if needle.elementsEqual(UnsafeRawBufferPointer(rebasing: bytes[first..<first + needle.count])) {
                        found.insert(index)
                    }
                }
            }
        }
        return found
    }

    package func occurring(in bytes: [UInt8]) -> Set<Int> {
        bytes.withUnsafeBytes { occurring(in: $0) }
    }

    package func occurring(in text: String) -> Set<Int> { occurring(in: Array(text.utf8)) }
}
