import ConnectorLogCore

/// The keys of the words of a text. Part of the stored format.
enum WordKeys {
    /// Shorter words are in nearly every block.
    static let leastBytes = 3

    /// FNV-1a (Fowler, Noll, Vo) over the folded bytes of each word: no word has to be copied for its hash.
    @inline(__always)
    static func forEach(in text: Span<UInt8>, _ range: Range<Int>, _ body: (UInt64) -> Void) {
        var hash = offset
        var count = 0
        for at in range {
            let byte = WordBytes.folded(text[at])
            if byte != 0 {
                hash = (hash ^ UInt64(byte)) &* prime
                count += 1
                continue
            }
            if count >= leastBytes { body(mixed(hash)) }
            (hash, count) = (offset, 0)
        }
        if count >= leastBytes { body(mixed(hash)) }
    }

    /// Of the words that a text must have wherever `word` is found in it.
    static func keys(of word: String) -> [UInt64] {
        var keys: [UInt64] = []
        let bytes = Array(word.utf8)
        forEach(in: bytes.span, bytes.indices) { keys.append($0) }
        return keys
    }

    private static let offset: UInt64 = 0xCBF2_9CE4_8422_2325
    private static let prime: UInt64 = 0x100_0000_01B3

    /// FNV's low bits depend on few of the text's: filters use all of them.
    @inline(__always)
    private static func mixed(_ hash: UInt64) -> UInt64 {
        let product = hash.multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        return product.high ^ product.low
    }
}
