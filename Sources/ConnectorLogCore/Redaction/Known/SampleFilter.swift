internal import CByteSearch

/// Passes over text that holds no known secret, at less than a nanosecond a byte: only every `stride`th place is looked at.
/// Of each form the words that begin at its first `stride` places are known, so that wherever a form begins, one of the
/// places that are looked at has a known word.
///
/// Words are kept as three bits each in a table of 64-bit words (a blocked Bloom filter): of other words some hundred
/// secrets let about one in five hundred pass.
final class SampleFilter: Sendable {
    private static let maximumStride = 16
    /// Forms from here on have words of eight bytes at all of the first eight places: other texts hardly ever have these.
    private static let longBytes = 15

    let stride: Int
    private let wordBytes: Int
    private let table: [UInt64]
    /// Places of the table are the top bits of a hash.
    private let shift: UInt64

    /// Long forms and short ones have filters of their own: few are short, and words of four bytes are in many texts.
    static func filters(_ forms: [SecretForm]) -> [SampleFilter] {
        let long = forms.filter { $0.anchor.count >= longBytes }
        let short = forms.filter { $0.anchor.count < longBytes }
        return [(long, 8), (short, 4)].filter { !$0.0.isEmpty }.map { SampleFilter($0.0, wordBytes: $0.1) }
    }

    /// - Precondition: no anchor is shorter than a word.
    private init(_ forms: [SecretForm], wordBytes: Int) {
        let shortest = forms.map(\.anchor.count).min() ?? wordBytes
        let stride = max(1, min(Self.maximumStride, shortest - wordBytes + 1))
        // Some 24 bits of the table a word.
        var bits: UInt64 = 4
        while 1 << bits < forms.count * stride * 24 / 64, bits < 16 { bits += 1 }
        var table = [UInt64](repeating: 0, count: 1 << Int(bits))
        for form in forms {
            form.anchor.withUnsafeBytes { bytes in
                guard let start = bytes.baseAddress else { return }
                for at in 0..<stride {
                    let hash = wordBytes == 8 ? sample_hash8(start + at) : sample_hash4(start + at)
                    table[Int(hash >> (64 - bits))] |= sample_mask(hash)
                }
            }
        }
        self.stride = stride
        self.wordBytes = wordBytes
        self.table = table
        shift = 64 - bits
    }

    /// Marks the places, in steps of `stride`, that have a known word.
    func mark(_ text: UnsafeRawBufferPointer, _ marks: UnsafeMutablePointer<text_marks>) {
        if wordBytes == 8 {
            mark_samples8(text.baseAddress, text.count, marks, stride, table, shift)
        } else {
            mark_samples4(text.baseAddress, text.count, marks, stride, table, shift)
        }
    }
}
