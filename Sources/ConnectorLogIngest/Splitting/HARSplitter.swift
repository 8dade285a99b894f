import ConnectorLogCore

/// Finds the entries of an HTTP Archive (HAR 1.2, `log.entries`) as its bytes arrive, and gives them one by one. All
/// else that an archive has (pages, the creator) is passed over and never held, whether it stands before the entries or
/// behind them. As in an array of lines, brackets and quotes alone are looked at.
package struct HARSplitter: ~Copyable {
    private enum Place {
        case start
        /// `true` when the object may also end here.
        case beforeName(mayEnd: Bool)
        case inName
        case beforeColon
        case beforeValue
        /// In a value that is passed over.
        case inValue
        case inEntries
        case afterValue
        case end
        /// The text is no archive from here on.
        case broken
    }

    private enum Member { case log, version, entries, other }

    private let entryBytes: Int
    private var place = Place.start
    /// Else within the object around it.
    private var isInLog = false
    private var hasLog = false
    private var hasEntries = false
    private var member = Member.other
    private var valueEnd = JSONValueEnd(first: UInt8(ascii: "{"))
    /// The beginning of the name or value that is being passed over, with its quotes.
    private var beginning: [UInt8] = []
    private var entries: ElementSplitter
    /// Bytes of the byte order mark that were seen.
    private var markBytes = 0
    /// Bytes of the body before `rest`, for messages.
    private var offset = 0

    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
    /// Longer than what is looked for.
    private static let beginningBytes = 16

    /// - Parameter entryBytes: a longer entry is passed over.
    package init(entryBytes: Int = Limits.archiveEntryBytes) {
        self.entryBytes = entryBytes
        entries = ElementSplitter(lineBytes: entryBytes, nestedAt: 0)
    }

    /// Bytes held.
    var byteCount: Int { entries.byteCount }

    /// Entries so far, the current one too.
    package var count: Int { entries.count }

    /// The next entry; takes the bytes that it needed off `rest`. Nil when `rest` is used up. Throws `.invalidJSON` when
    /// the body is no archive.
    package mutating func next(_ rest: inout UnsafeRawBufferPointer) throws(IngestError) -> SplitPiece? {
        while !rest.isEmpty {
            switch place {
            case .inEntries:
                let before = rest.count
                let piece = try entries.next(&rest)
                offset += before - rest.count
                if entries.isAtEnd { place = .afterValue }
                if entries.isBroken { place = .broken }
                if let piece { return piece }
            case .inName, .inValue:
                let end = valueEnd.next(in: rest, from: 0)
                let part = rest[..<(end ?? rest.count)]
                beginning += part.prefix(Self.beginningBytes - beginning.count)
                offset += part.count
                rest = UnsafeRawBufferPointer(rebasing: rest[part.count...])
                if end != nil { try endText() }
            case .broken:
                rest = UnsafeRawBufferPointer(rebasing: rest[rest.count...])
            default:
                let byte = rest[0]
                if byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
                    take(&rest)
                } else if let error = try step(byte, &rest) {
                    place = .broken
                    return .broken(count + 1, error)
                }
            }
        }
        return nil
    }

    /// Call when the body has ended. What is wrong when it ended early; nil when it ended well, or never began. Throws
    /// `.invalidJSON` when it was a document without entries.
    package mutating func last() throws(IngestError) -> SplitPiece? {
        switch place {
        case .start, .broken:
            return nil
        case .end:
            guard hasEntries else { throw IngestError(.invalidJSON, "this is no HAR: it has no log.entries") }
            return nil
        case .inEntries:
            return entries.last()
        default:
            return .broken(count + 1, LineError(.invalidJSON, "the archive ends early, at byte \(offset) of the body"))
        }
    }

    private mutating func take(_ rest: inout UnsafeRawBufferPointer) {
        offset += 1
        rest = UnsafeRawBufferPointer(rebasing: rest[1...])
    }

    /// One byte outside of names, values and entries; what is wrong with it.
    private mutating func step(
        _ byte: UInt8, _ rest: inout UnsafeRawBufferPointer
    ) throws(IngestError) -> LineError? {
        switch (place, byte) {
        case (.start, UInt8(ascii: "{")): place = .beforeName(mayEnd: true)
        case (.start, _) where markBytes == offset && offset < 3 && byte == Self.byteOrderMark[offset]: markBytes += 1
        case (.start, _):
            place = .broken
            throw IngestError(.invalidJSON, "this is no HAR: an object is expected, at byte \(offset)")
        case (.beforeName, UInt8(ascii: "\"")):
            begin(.inName, with: byte)
            return nil
        case (.beforeName(true), UInt8(ascii: "}")), (.afterValue, UInt8(ascii: "}")):
            place = isInLog ? .afterValue : .end
            isInLog = false
        case (.beforeColon, UInt8(ascii: ":")): place = .beforeValue
        case (.beforeValue, _): return try beginValue(byte, &rest)
        case (.afterValue, UInt8(ascii: ",")): place = .beforeName(mayEnd: false)
        default: return LineError(.invalidJSON, "\(expected) is expected, at byte \(offset) of the body")
        }
        take(&rest)
        return nil
    }

    private var expected: String {
        switch place {
        case .beforeName: "a member's name"
        case .beforeColon: "a colon"
        case .beforeValue: "a value"
        case .afterValue: "a comma or closing bracket"
        default: "nothing more"
        }
    }

    private mutating func begin(_ place: Place, with byte: UInt8) {
        self.place = place
        valueEnd = JSONValueEnd(first: byte)
        beginning.removeAll(keepingCapacity: true)
    }

    private mutating func beginValue(
        _ byte: UInt8, _ rest: inout UnsafeRawBufferPointer
    ) throws(IngestError) -> LineError? {
        switch member {
        case .log:
            guard byte == UInt8(ascii: "{") else { throw notAnArchive("log is no object") }
            guard !hasLog else { return twice("log") }
            take(&rest)
            (hasLog, isInLog, place) = (true, true, .beforeName(mayEnd: true))
        case .entries:
            guard byte == UInt8(ascii: "[") else { throw notAnArchive("log.entries is no array") }
            guard !hasEntries else { return twice("log.entries") }
            take(&rest)
            (hasEntries, place) = (true, .inEntries)
            entries = ElementSplitter(lineBytes: entryBytes, nestedAt: offset)
        case .version, .other:
            guard ![",", ":", "]", "}"].contains(UnicodeScalar(byte)) else {
                return LineError(.invalidJSON, "a value is expected, at byte \(offset) of the body")
            }
            begin(.inValue, with: byte)
        }
        return nil
    }

    private mutating func notAnArchive(_ reason: String) -> IngestError {
        place = .broken
        return IngestError(.invalidJSON, "this is no HAR: \(reason), at byte \(offset)")
    }

    private func twice(_ name: String) -> LineError {
        LineError(.duplicateMember, field: name, "given twice, again at byte \(offset) of the body")
    }

    /// A name or a value has ended.
    private mutating func endText() throws(IngestError) {
        if case .inName = place {
            place = .beforeColon
            member =
                switch (isInLog, String(decoding: beginning, as: UTF8.self)) {
                case (false, #""log""#): .log
                case (true, #""version""#): .version
                case (true, #""entries""#): .entries
                default: .other
                }
            return
        }
        place = .afterValue
        // What is no text says nothing.
        if member == .version, beginning.first == UInt8(ascii: "\""), !beginning.starts(with: Array(#""1."#.utf8)) {
            throw notAnArchive("its version is not 1.x")
        }
    }
}
