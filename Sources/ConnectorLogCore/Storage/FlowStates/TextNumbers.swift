import Foundation

/// Texts by number, each once in each owner's name, in the order in which they came. Bytes end to end and a table of
/// numbers: no object a text.
package struct TextNumbers: Sendable {
    /// Another in each process, so that nobody can choose texts that share a hash.
    private static let seed = UInt64.random(in: .min ... .max)

    package private(set) var texts = TextColumn()
    package private(set) var owners: [Int64] = []
    private var hashes: [UInt64] = []
    /// Numbers plus one, by hash; 0 is a free place. At most half of the places are taken.
    private var table: [UInt32] = []

    package init() {}

    package var count: Int { owners.count }

    /// The number of a text, which is `count` when it is new.
    package mutating func number(of text: Span<UInt8>, owner: Int64 = 0) -> Int {
        number(of: text, owner: owner, hash: Self.hash(text, owner: owner))
    }

    /// That of text `other` of another's.
    package mutating func number(of other: Int, in others: TextNumbers) -> Int {
        let text = others.texts.bytes.span.extracting(others.texts.range(other))
        return number(of: text, owner: others.owners[other], hash: others.hashes[other])
    }

    private mutating func number(of text: Span<UInt8>, owner: Int64, hash: UInt64) -> Int {
        if count * 2 >= table.count { grow() }
        let place = place(of: text, owner: owner, hash: hash)
        if table[place] > 0 { return Int(table[place]) - 1 }
        text.withUnsafeBytes { texts.append($0) }
        owners.append(owner)
        hashes.append(hash)
        table[place] = UInt32(count)
        return count - 1
    }

    /// Nil when it has none.
    package func knownNumber(of text: Span<UInt8>, owner: Int64) -> Int? {
        if table.isEmpty { return nil }
        let place = place(of: text, owner: owner, hash: Self.hash(text, owner: owner))
        return table[place] > 0 ? Int(table[place]) - 1 : nil
    }

    package func string(_ number: Int) -> String { texts.string(number) ?? "" }

    private static func hash(_ text: Span<UInt8>, owner: Int64) -> UInt64 {
        ColumnHash.hash(text, seed: seed &+ UInt64(bitPattern: owner) &* 0x9E37_79B9_7F4A_7C15)
    }

    /// Where the number of a text is, or would be.
    private func place(of text: Span<UInt8>, owner: Int64, hash: UInt64) -> Int {
        var place = Int(truncatingIfNeeded: hash) & (table.count - 1)
        while table[place] > 0 {
            let number = Int(table[place]) - 1
            if hashes[number] == hash, owners[number] == owner,
                text.holdsTheSame(as: texts.bytes.span.extracting(texts.range(number)))
            {
                return place
            }
            place = (place + 1) & (table.count - 1)
        }
        return place
    }

    private mutating func grow() {
        table = Array(repeating: 0, count: max(16, table.count * 2))
        for number in 0..<count {
            var place = Int(truncatingIfNeeded: hashes[number]) & (table.count - 1)
            while table[place] > 0 { place = (place + 1) & (table.count - 1) }
            table[place] = UInt32(number + 1)
        }
    }
}

extension Span<UInt8> {
    fileprivate func holdsTheSame(as other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        return withUnsafeBytes { own in
            other.withUnsafeBytes { other in
                guard let own = own.baseAddress, let theirs = other.baseAddress else { return true }
                return memcmp(own, theirs, other.count) == 0
            }
        }
    }
}
