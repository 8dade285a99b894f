internal import CByteSearch

/// Passes over text that holds no known secret, sixteen bytes in some nanoseconds: only every `stride`th place is looked
/// at. Of each form the words of four bytes that begin at its first `stride` places are known, so that wherever a form
/// begins, one of the places that are looked at has a known word.
///
/// Words are kept as two bits each in a table of 64-bit words (a blocked Bloom filter): some hundred secrets leave less
/// than one in a hundred of other words pass.
final class SampleFilter: Sendable {
    static let wordBytes = 4
    private static let maximumStride = 8

    let stride: Int
    private let table: [UInt64]
    /// Places of the table are the top bits of a hash.
    private let shift: UInt64

    /// - Precondition: no anchor is shorter than `SecretForm.minimumBytes`.
    init(_ forms: [SecretForm]) {
        let shortest = forms.map(\.anchor.count).min() ?? Self.wordBytes
        let stride = max(1, min(Self.maximumStride, shortest - Self.wordBytes + 1))
        // Some 24 bits of the table a word.
        var bits: UInt64 = 4
        while 1 << bits < forms.count * stride * 24 / 64, bits < 16 { bits += 1 }
        var table = [UInt64](repeating: 0, count: 1 << Int(bits))
        for form in forms {
            form.anchor.withUnsafeBytes { bytes in
                guard let start = bytes.baseAddress else { return }
                for at in 0..<stride {
                    let hash = sample_hash(start + at)
                    table[Int(hash >> (64 - bits))] |= sample_mask(hash)
                }
            }
        }
        self.stride = stride
        self.table = table
        shift = 64 - bits
    }

    /// The first place at or behind `start`, in steps of `stride`, that has a known word; `text.count` when there is none.
    @inline(__always)
    func next(in text: UnsafeRawBufferPointer, from start: Int) -> Int {
        first_sample(text.baseAddress, start, text.count, stride, table, shift)
    }
}
