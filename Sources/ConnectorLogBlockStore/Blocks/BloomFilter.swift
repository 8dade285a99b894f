import ConnectorLogCore

/// A bloom filter (Burton Bloom, 1970) over 64-bit hashes.
struct BloomFilter: Equatable {
    /// How much room a key has, and how much of it the filter takes.
    struct Shape: Equatable {
        var bitsPerKey: Int
        var probes: UInt64

        /// Some 1 % of the keys that a block does not hold look as if it did.
        static let keys = Shape(bitsPerKey: 10, probes: 6)
        /// Some 2 %: a block has four times as many words as keys.
        static let words = Shape(bitsPerKey: 8, probes: 5)
    }

    private(set) var bytes: [UInt8]
    private let probes: UInt64

    /// Holds every key.
    static let everything = BloomFilter(allBits: [UInt8](repeating: 0xFF, count: 8))

    private init(allBits bytes: [UInt8]) {
        (self.bytes, probes) = (bytes, 1)
    }

    init(hashes: [UInt64], shape: Shape = .keys) {
        bytes = Array(repeating: 0, count: max(8, (hashes.count * shape.bitsPerKey + 7) / 8))
        probes = shape.probes
        let count = UInt64(bytes.count * 8)
        for hash in hashes {
            for probe in 0..<probes {
                let bit = Self.bit(of: hash, probe, count: count)
                bytes[bit >> 3] |= 1 << UInt8(bit & 7)
            }
        }
    }

    /// Nil when the bytes are no filter.
    init?(bytes: [UInt8], shape: Shape = .keys) {
        guard !bytes.isEmpty else { return nil }
        (self.bytes, probes) = (bytes, shape.probes)
    }

    func mayContain(_ hash: UInt64) -> Bool {
        let count = UInt64(bytes.count * 8)
        return (0..<probes).allSatisfy { probe in
            let bit = Self.bit(of: hash, probe, count: count)
            return bytes[bit >> 3] >> UInt8(bit & 7) & 1 == 1
        }
    }

    /// Double hashing (Kirsch and Mitzenmacher, 2006) of the two halves of the hash; brought into range by a
    /// multiplication rather than a division (Lemire, 2019).
    @inline(__always)
    private static func bit(of hash: UInt64, _ probe: UInt64, count: UInt64) -> Int {
        let place = hash &+ probe &* (hash >> 32 | hash << 32 | 1)
        return Int(truncatingIfNeeded: place.multipliedFullWidth(by: count).high)
    }
}

/// The keys of a block's filter. Seeds are part of the stored format.
enum FilterKey {
    static func connector(team: Int64, _ identifier: Span<UInt8>) -> UInt64 {
        ColumnHash.hash(identifier, seed: seed(1, team))
    }

    static func state(team: Int64, _ id: Span<UInt8>) -> UInt64 {
        ColumnHash.hash(id, seed: seed(2, team))
    }

    static func flow(team: Int64, _ id: Span<UInt8>) -> UInt64 {
        ColumnHash.hash(id, seed: seed(3, team))
    }

    /// The sender's or a vendor's, whatever the team.
    static func requestID(_ id: Span<UInt8>) -> UInt64 {
        ColumnHash.hash(id)
    }

    static func connector(team: Int64, _ identifier: String) -> UInt64 {
        connector(team: team, Array(identifier.utf8).span)
    }

    static func state(team: Int64, _ id: String) -> UInt64 { state(team: team, Array(id.utf8).span) }

    static func flow(team: Int64, _ id: String) -> UInt64 { flow(team: team, Array(id.utf8).span) }

    static func requestID(_ id: String) -> UInt64 { requestID(Array(id.utf8).span) }

    private static func seed(_ kind: UInt64, _ team: Int64) -> UInt64 {
        (kind << 56 | UInt64(bitPattern: team)) &* 0x9E37_79B9_7F4A_7C15
    }
}
