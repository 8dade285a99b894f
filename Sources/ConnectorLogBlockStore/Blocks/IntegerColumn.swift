/// Integers of a column, encoded in fixed width so that a scan reads them fast; zstd takes what regularity is left.
enum IntegerColumn {
    /// Values that are all whole multiples of one of these are divided by it first: times and durations in whole
    /// milliseconds are the usual case.
    private static let scales: [Int64] = [1, 1000, 1_000_000]

    static func encode(_ values: [Int64]) -> (BlockFormat.Encoding, [UInt8]) {
        var bytes: [UInt8] = []
        guard let first = values.first, values.contains(where: { $0 != first }) else {
            bytes.appendZigZag(values.first ?? 0)
            return (.constant, bytes)
        }
        let scaleIndex = scales.indices.last { index in values.allSatisfy { $0 % scales[index] == 0 } } ?? 0
        let scaled = scaleIndex == 0 ? values : values.map { $0 / scales[scaleIndex] }
        let deltas = zip(scaled.dropFirst(), scaled).map { $0 &- $1 }
        let (base, width) = range(of: scaled)
        let (deltaBase, deltaWidth) = range(of: deltas)
        let signedDeltaBytes = deltas.reduce(0) { $0 + zigZagWidth($1) }
        bytes.reserveCapacity(values.count * min(width, deltaWidth) + 24)
        bytes.append(UInt8(scaleIndex))
        // Words of one or two bytes compress better than what has no fixed width.
        if min(width, deltaWidth) > 2, signedDeltaBytes < deltas.count * min(width, deltaWidth) {
            bytes.appendZigZag(scaled[0])
            for delta in deltas { bytes.appendZigZag(delta) }
            return (.signedDeltas, bytes)
        }
        if deltaWidth < width {
            bytes.appendZigZag(scaled[0])
            bytes.appendZigZag(deltaBase)
            bytes.append(UInt8(deltaWidth))
            for delta in deltas {
                bytes.appendLittleEndian(UInt64(bitPattern: delta &- deltaBase), width: deltaWidth)
            }
            return (.deltas, bytes)
        }
        bytes.appendZigZag(base)
        bytes.append(UInt8(width))
        for value in scaled { bytes.appendLittleEndian(UInt64(bitPattern: value &- base), width: width) }
        return (.offsets, bytes)
    }

    /// The bytes of `appendZigZag`.
    private static func zigZagWidth(_ value: Int64) -> Int {
        let bits = 64 - UInt64(bitPattern: value << 1 ^ value >> 63).leadingZeroBitCount
        return max(1, (bits + 6) / 7)
    }

    /// The least value, and how many bytes the distance of the greatest from it needs.
    private static func range(of values: [Int64]) -> (least: Int64, width: Int) {
        var (least, greatest) = (Int64.max, Int64.min)
        for value in values {
            least = min(least, value)
            greatest = max(greatest, value)
        }
        let distance = UInt64(bitPattern: greatest &- least)
        return (least, distance <= 0xFF ? 1 : distance <= 0xFFFF ? 2 : distance <= 0xFFFF_FFFF ? 4 : 8)
    }

    static func decode(
        _ encoding: BlockFormat.Encoding, _ bytes: ArraySlice<UInt8>, rows: Int, place: String
    ) throws(BlockError) -> [Int64] {
        var reader = ByteReader(bytes, place: place)
        switch encoding {
        case .constant:
            return Array(repeating: try reader.zigZag(), count: rows)
        case .offsets:
            let scale = try scale(&reader, place)
            let base = try reader.zigZag()
            return try words(&reader, count: rows, place) { (base &+ Int64(bitPattern: $0)) &* scale }
        case .deltas:
            guard rows > 0 else { throw BlockError(.value, place) }
            let scale = try scale(&reader, place)
            var last = try reader.zigZag()
            let base = try reader.zigZag()
            let first = last &* scale
            return [first]
                + (try words(&reader, count: rows - 1, place) { word in
                    last = last &+ base &+ Int64(bitPattern: word)
                    return last &* scale
                })
        case .signedDeltas:
            let scale = try scale(&reader, place)
            var last: Int64 = 0
            var values: [Int64] = []
            values.reserveCapacity(rows)
            for _ in 0..<rows {
                last = last &+ (try reader.zigZag())
                values.append(last &* scale)
            }
            return values
        default:
            throw BlockError(.encoding, place)
        }
    }

    private static func scale(_ reader: inout ByteReader, _ place: String) throws(BlockError) -> Int64 {
        let index = Int(try reader.byte())
        guard index < scales.count else { throw BlockError(.value, place) }
        return scales[index]
    }

    private static func words(
        _ reader: inout ByteReader, count: Int, _ place: String, _ value: (UInt64) -> Int64
    ) throws(BlockError) -> [Int64] {
        let width = Int(try reader.byte())
        guard width == 1 || width == 2 || width == 4 || width == 8 else { throw BlockError(.value, place) }
        return FixedWidth.read(try reader.take(count * width), width: width, count: count, value)
    }
}

/// Little-endian words of one width, end to end.
enum FixedWidth {
    /// What `value` makes of `count` words of `width` bytes, which `bytes` holds: the caller has checked.
    @inline(__always)
    static func read(
        _ bytes: ArraySlice<UInt8>, width: Int, count: Int, _ value: (UInt64) -> Int64
    ) -> [Int64] {
        switch width {
        case 1: read(UInt8.self, bytes, count: count, value)
        case 2: read(UInt16.self, bytes, count: count, value)
        case 4: read(UInt32.self, bytes, count: count, value)
        default: read(UInt64.self, bytes, count: count, value)
        }
    }

    @inline(__always)
    private static func read<Word: FixedWidthInteger & BitwiseCopyable>(
        _: Word.Type, _ bytes: ArraySlice<UInt8>, count: Int, _ value: (UInt64) -> Int64
    ) -> [Int64] {
        let size = MemoryLayout<Word>.size
        precondition(bytes.count == count * size)
        let raw = unsafe bytes.span.bytes
        return unsafe [Int64](unsafeUninitializedCapacity: count) { output, written in
            for row in 0..<count {
                // Sound: the words fill the bytes.
                let word = unsafe raw.unsafeLoadUnaligned(fromUncheckedByteOffset: row * size, as: Word.self)
                unsafe output[row] = value(UInt64(truncatingIfNeeded: Word(littleEndian: word)))
            }
            written = count
        }
    }

    /// Like `read`, of words of at most four bytes.
    static func readIndices(_ bytes: ArraySlice<UInt8>, width: Int, count: Int) -> [UInt32] {
        let span = bytes.span
        return unsafe [UInt32](unsafeUninitializedCapacity: count) { output, written in
            switch width {
            case 1: for row in 0..<count { unsafe output[row] = UInt32(span[row]) }
            case 2:
                for row in 0..<count { unsafe output[row] = UInt32(span[row * 2]) | UInt32(span[row * 2 + 1]) << 8 }
            default:
                for row in 0..<count {
                    var word: UInt32 = 0
                    for byte in 0..<4 { word |= UInt32(span[row * 4 + byte]) << UInt32(byte * 8) }
                    unsafe output[row] = word
                }
            }
            written = count
        }
    }
}
