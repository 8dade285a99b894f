import ConnectorLogCore
import ConnectorLogTesting

@testable import ConnectorLogBlockStore

/// Changes stored parts as damage does, or as somebody would who knows the format: with checksums that are right, so that
/// the change gets through to the decoders.
struct BlockMutation {
    var random: SeededRandom
    let zstandard: Zstandard

    // MARK: - Damage

    /// Other bytes than `part`, somehow like them.
    mutating func damaged(_ part: [UInt8], others: [[UInt8]]) -> [UInt8] {
        var bytes = part
        repeat { change(&bytes, others: others) } while bytes == part || random.chance(30)
        return bytes
    }

    private mutating func change(_ bytes: inout [UInt8], others: [[UInt8]]) {
        guard !bytes.isEmpty else {
            bytes = [UInt8(truncatingIfNeeded: random.next())]
            return
        }
        switch Int.random(in: 0..<7, using: &random) {
        case 0: bytes[place(bytes)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1: bytes[place(bytes)] = random.pick([0, 1, 0x7F, 0x80, 0xFF, UInt8(truncatingIfNeeded: random.next())])
        case 2: bytes.removeLast(Int.random(in: 1...bytes.count, using: &random))
        case 3:
            let start = place(bytes)
            bytes.removeSubrange(start..<min(bytes.count, start + Int.random(in: 1...8, using: &random)))
        case 4:
            bytes.insert(
                contentsOf: (0..<Int.random(in: 1...8, using: &random)).map { _ in
                    UInt8(truncatingIfNeeded: random.next())
                },
                at: place(bytes))
        case 5:
            // A piece of another.
            let other = random.pick(others + [bytes])
            guard !other.isEmpty else { return }
            let from = place(other)
            let piece = other[from..<min(other.count, from + Int.random(in: 1...64, using: &random))]
            let at = place(bytes)
            bytes.replaceSubrange(at..<min(bytes.count, at + piece.count), with: piece)
        default:
            // A number that is very large wherever a varint stands.
            let at = place(bytes)
            let width = min(bytes.count - at, Int.random(in: 1...9, using: &random))
            for offset in 0..<width { bytes[at + offset] = offset == width - 1 ? 0x0F : 0xFF }
        }
    }

    private mutating func place(_ bytes: [UInt8]) -> Int { Int.random(in: 0..<bytes.count, using: &random) }

    // MARK: - Change with checksums that are right

    /// One column of a part taken apart as `docs/block-format.md` has it.
    private struct Column {
        var number: UInt8
        var encoding: UInt8
        var codec: UInt8
        var rawCount: Int
        var stored: [UInt8]
    }

    /// Changes columns, their entries in the directory, or their order, and makes every checksum right again.
    mutating func rewritten(_ part: [UInt8], others: [[UInt8]]) -> [UInt8] {
        var columns = Self.columns(of: part)
        let strangers = others.flatMap(Self.columns)
        for _ in 0..<Int.random(in: 1...3, using: &random) where !columns.isEmpty {
            let index = Int.random(in: 0..<columns.count, using: &random)
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<6:
                // The raw bytes, stored without the codec: past zstd, too.
                guard let raw = raw(columns[index]) else { continue }
                let changed = damaged(raw, others: strangers.compactMap(raw(_:)))
                if random.chance(50), let packed = zstandard.compress(changed, level: 1) {
                    columns[index].stored = packed
                    columns[index].codec = 1
                } else {
                    columns[index].stored = changed
                    columns[index].codec = 0
                }
                columns[index].rawCount = changed.count
            case 6:
                columns[index].encoding = random.pick([1, 2, 3, 4, 16, 17, 18, 19, 20, 21, 22, 23, 0xFF])
            case 7:
                if let stranger = strangers.isEmpty ? nil : random.pick(strangers) {
                    let number = columns[index].number
                    columns[index] = stranger
                    columns[index].number = number
                }
            case 8:
                columns[index].rawCount = random.pick([
                    0, 1, 0x7FFF_FFFF, 0x3FFF_FFFF, 0xFFFF_FFFF, columns[index].rawCount + 1,
                ])
            default:
                columns.remove(at: index)
            }
        }
        return Self.part(like: part, columns)
    }

    private func raw(_ column: Column) -> [UInt8]? {
        column.codec == 0 ? column.stored : zstandard.decompress(column.stored[...], size: column.rawCount)
    }

    private static func number(_ bytes: [UInt8], _ at: Int, _ width: Int) -> Int {
        (0..<width).reduce(0) { $0 | Int(bytes[at + $1]) << ($1 * 8) }
    }

    private static func columns(of part: [UInt8]) -> [Column] {
        (0..<number(part, 6, 2)).map { index in
            let entry = BlockFormat.headerSize + index * BlockFormat.directoryEntrySize
            let offset = number(part, entry + 12, 4)
            return Column(
                number: part[entry], encoding: part[entry + 1], codec: part[entry + 2],
                rawCount: number(part, entry + 4, 4),
                stored: Array(part[offset..<offset + number(part, entry + 8, 4)]))
        }
    }

    private static func part(like part: [UInt8], _ columns: [Column]) -> [UInt8] {
        var header = Array(part[..<12])
        header[6] = UInt8(truncatingIfNeeded: columns.count)
        header[7] = UInt8(truncatingIfNeeded: columns.count >> 8)
        var directory: [UInt8] = []
        var offset = BlockFormat.headerSize + columns.count * BlockFormat.directoryEntrySize
        for column in columns {
            directory += [column.number, column.encoding, column.codec, 0]
            for number in [column.rawCount, column.stored.count, offset, Int(Checksum.crc32(column.stored[...]))] {
                directory.appendLittleEndian(UInt64(truncatingIfNeeded: number), width: 4)
            }
            offset += column.stored.count
        }
        let crc = Checksum.crc32(directory[...], continuing: Checksum.crc32(header[...]))
        header.appendLittleEndian(UInt64(crc), width: 4)
        return header + directory + columns.flatMap(\.stored)
    }
}
