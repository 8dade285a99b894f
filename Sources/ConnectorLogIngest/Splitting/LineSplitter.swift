import ConnectorLogCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Cuts NDJSON into lines as its bytes arrive. A line that lies in one chunk is given in place; one that spans chunks is
/// put together first. Blank lines are counted and passed over, and so is a byte order mark at the very start (RFC 8259,
/// section 8.1, lets a parser ignore it). A carriage return before the line's end is white space to the decoder.
struct LineSplitter: ~Copyable {
    private let lineBytes: Int
    /// The line's beginning, from earlier chunks.
    private var carried = ByteScratch()
    private var isPassingOver = false
    /// Lines so far, the current one too once anything of it was seen.
    private(set) var count = 0
    private var isInLine = false
    /// Whether the bytes in `carried` were given away.
    private var isCarriedDone = false

    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
    /// Memory that one long line needed is not kept beyond this.
    private static let keptBytes = 1 << 18

    init(lineBytes: Int) {
        self.lineBytes = lineBytes
    }

    /// Bytes held.
    var byteCount: Int { carried.capacity }

    /// The next line; takes the bytes that it needed off `rest`. Nil when `rest` is used up.
    mutating func next(_ rest: inout UnsafeRawBufferPointer) -> SplitPiece? {
        while let start = rest.baseAddress, !rest.isEmpty {
            releaseCarried()
            if !isInLine {
                isInLine = true
                count += 1
            }
            let end = memchr(start, 0x0A, rest.count).map { start.distance(to: UnsafeRawPointer($0)) }
            let part = UnsafeRawBufferPointer(rebasing: rest[..<(end ?? rest.count)])
            rest = UnsafeRawBufferPointer(rebasing: rest[(end.map { $0 + 1 } ?? rest.count)...])
            if let piece = take(part, isLast: end != nil) { return piece }
        }
        return nil
    }

    /// The last line, when no newline follows it.
    mutating func last() -> SplitPiece? {
        releaseCarried()
        guard isInLine else { return nil }
        return take(UnsafeRawBufferPointer(start: nil, count: 0), isLast: true)
    }

    private mutating func take(_ part: UnsafeRawBufferPointer, isLast: Bool) -> SplitPiece? {
        defer { if isLast { isInLine = false } }
        if isPassingOver {
            if isLast { isPassingOver = false }
            return nil
        }
        guard carried.count + part.count <= lineBytes + Self.byteOrderMark.count else {
            carried.removeAll()
            isPassingOver = !isLast
            return .tooLong(count)
        }
        guard isLast else {
            carried.append(part)
            return nil
        }
        if carried.count == 0 { return line(part) }
        carried.append(part)
        isCarriedDone = true
        return line(carried.bytes)
    }

    private func line(_ bytes: UnsafeRawBufferPointer) -> SplitPiece? {
        var bytes = bytes
        if count == 1, bytes.starts(with: Self.byteOrderMark) {
            bytes = UnsafeRawBufferPointer(rebasing: bytes[Self.byteOrderMark.count...])
        }
        if bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { return nil }
        return bytes.count > lineBytes ? .tooLong(count) : .line(count, bytes)
    }

    private mutating func releaseCarried() {
        guard isCarriedDone else { return }
        isCarriedDone = false
        carried.removeAll(keepingCapacity: Self.keptBytes)
    }
}
