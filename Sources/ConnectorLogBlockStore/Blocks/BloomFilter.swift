import ConnectorLogCore

/// A bloom filter (Burton Bloom, 1970) over 64-bit hashes: ten bits a key and six probes, so that some 1 % of the keys that
/// a block does not hold look as if it did.
struct BloomFilter: Equatable {
    private static let bitsPerKey = 10
    private static let probes = 6

    private(set) var bytes: [UInt8]

    init(hashes: some Collection<UInt64>) {
        bytes = Array(repeating: 0, count: max(8, (hashes.count * Self.bitsPerKey + 7) / 8))
        for hash in hashes {
            for bit in Self.bits(of: hash, count: bytes.count * 8) { bytes[bit >> 3] |= 1 << UInt8(bit & 7) }
        }
    }

    /// Nil when the bytes are no filter.
    init?(bytes: [UInt8]) {
        guard !bytes.isEmpty else { return nil }
        self.bytes = bytes
    }

    func mayContain(_ hash: UInt64) -> Bool {
        Self.bits(of: hash, count: bytes.count * 8).allSatisfy { bytes[$0 >> 3] >> UInt8($0 & 7) & 1 == 1 }
    }

    /// Double hashing (Kirsch and Mitzenmacher, 2006) of the two halves of the hash.
    private static func bits(of hash: UInt64, count: Int) -> some Sequence<Int> {
        let step = hash >> 32 | 1
        return (0..<UInt64(probes)).lazy.map { Int((hash &+ $0 &* step) % UInt64(count)) }
    }
}

/// The keys of a block's filter. Seeds are part of the stored format.
enum FilterKey {
    /// A connector of a team. Also the key of its window of log times.
    static func connector(team: Int64, _ identifier: some Sequence<UInt8>) -> UInt64 {
        ColumnHash.hash(identifier, seed: seed(1, team))
    }

    static func state(team: Int64, _ id: some Sequence<UInt8>) -> UInt64 {
        ColumnHash.hash(id, seed: seed(2, team))
    }

    static func flow(team: Int64, _ id: some Sequence<UInt8>) -> UInt64 {
        ColumnHash.hash(id, seed: seed(3, team))
    }

    /// The sender's or a vendor's, whatever the team.
    static func requestID(_ id: some Sequence<UInt8>) -> UInt64 {
        ColumnHash.hash(id)
    }

    private static func seed(_ kind: UInt64, _ team: Int64) -> UInt64 {
        (kind << 56 | UInt64(bitPattern: team)) &* 0x9E37_79B9_7F4A_7C15
    }
}
