internal import CByteSearch

/// The values of registered secrets for the second look: a text is sampled, and where a sample is known the value that it
/// belongs to is compared.
///
/// Of each value the words at its first places are known, as many as are passed over from sample to sample.
final class RegisteredValues: Sendable {
    /// Shorter values may be parts of words, which the first look tells apart and this one does not.
    static let shortest = 8
    /// Values from here on have words of eight bytes at all of their first eight places.
    private static let longBytes = 15

    private struct Place {
        var value: Int
        var offset: Int
    }

    /// How a text is sampled: for values from `longBytes` on, or for shorter ones. It lives as long as its owner, and its
    /// bitmap does not change once it is made: a pointer, since to retain an array costs more than a short text.
    struct Samples: @unchecked Sendable {
        fileprivate let wordBytes: Int
        fileprivate let stride: Int
        /// A bit for each hash of a known word.
        fileprivate let bitmap: UnsafeMutablePointer<UInt64>
        fileprivate let shift: UInt64
        fileprivate unowned(unsafe) let owner: RegisteredValues

        @inline(__always)
        func findValue(in text: UnsafeRawBufferPointer) -> Bool {
            var place = next(in: text, from: 0)
            while place < text.count {
                if owner.stands(at: place, in: text, wordBytes) { return true }
                place = next(in: text, from: place + stride)
            }
            return false
        }

        /// The next sample of which the bitmap has the bit; `text.count` when there is none.
        @inline(__always)
        private func next(in text: UnsafeRawBufferPointer, from place: Int) -> Int {
            wordBytes == 8
                ? next_sample8(text.baseAddress, place, text.count, stride, bitmap, shift)
                : next_sample4(text.baseAddress, place, text.count, stride, bitmap, shift)
        }
    }

    private let values: [[UInt8]]
    /// Of a word, the values in which it stands, and where.
    private let places: [UInt64: [Place]]
    // Set once, at the end of `init`, because each has to know its owner.
    nonisolated(unsafe) private(set) var samples: [Samples] = []

    /// Nil when no value is long enough.
    init?(_ secrets: [KnownSecret]) {
        let values = Array(Set(secrets.map(\.value).filter(Self.isCertain)))
        guard !values.isEmpty else { return nil }
        self.values = values
        var places: [UInt64: [Place]] = [:]
        var words: [(wordBytes: Int, stride: Int, words: [UInt64])] = [(8, 8, []), (4, 5, [])]
        for (number, value) in values.enumerated() {
            let kind = value.count >= Self.longBytes ? 0 : 1
            for offset in 0..<words[kind].stride {
                let word = value.withUnsafeBytes { Self.word($0, at: offset, words[kind].wordBytes) }
                places[word, default: []].append(Place(value: number, offset: offset))
                words[kind].words.append(word)
            }
        }
        self.places = places
        samples = words.filter { !$0.words.isEmpty }.map { makeSamples($0.wordBytes, $0.stride, $0.words) }
    }

    deinit {
        for samples in samples { samples.bitmap.deallocate() }
    }

    /// Long enough, not all but blank, and no part of a placeholder, which is in texts for other values.
    private static func isCertain(_ value: [UInt8]) -> Bool {
        guard value.count >= shortest, value.count(where: { !SecretScan.isBlank($0) }) >= SecretForm.minimumBytes else {
            return false
        }
        return !Placeholder.mayContain(value)
    }

    private func makeSamples(_ wordBytes: Int, _ stride: Int, _ words: [UInt64]) -> Samples {
        // Of other words one in thirty-two passes, at most.
        var bits: UInt64 = 6
        while 1 << bits < words.count * 32, bits < 24 { bits += 1 }
        let bitmap = UnsafeMutablePointer<UInt64>.allocate(capacity: 1 << Int(bits - 6))
        bitmap.initialize(repeating: 0, count: 1 << Int(bits - 6))
        for word in words {
            let bit = registered_hash(word) >> (64 - bits)
            bitmap[Int(bit >> 6)] |= 1 << (bit & 63)
        }
        return Samples(wordBytes: wordBytes, stride: stride, bitmap: bitmap, shift: 64 - bits, owner: self)
    }

    private static func word(_ text: UnsafeRawBufferPointer, at place: Int, _ wordBytes: Int) -> UInt64 {
        wordBytes == 8
            ? text.loadUnaligned(fromByteOffset: place, as: UInt64.self)
            : UInt64(text.loadUnaligned(fromByteOffset: place, as: UInt32.self))
    }

    @inline(never)
    private func stands(at place: Int, in text: UnsafeRawBufferPointer, _ wordBytes: Int) -> Bool {
        guard let known = places[Self.word(text, at: place, wordBytes)] else { return false }
        return known.contains { known in
            let start = place - known.offset
            let end = start + values[known.value].count
            return start >= 0 && end <= text.count && text[start..<end].elementsEqual(values[known.value])
        }
    }
}
