import ConnectorLogCore
import NIOCore

/// What the entries of a batch are in the tables' columns, but for what their commit gives them: its number, their ids and
/// times. Made before the commit begins, for commits of a connector go one behind the other.
struct EncodedEntries: Sendable {
    let count: Int
    /// Those that name a flow state.
    let rowsOfStates: [Int]

    let teamIDs: ByteBuffer
    let statuses: ByteBuffer
    let outcomes: ByteBuffer
    let durations: ByteBuffer
    let absent: ByteBuffer
    let connectors: ByteBuffer
    /// In the order of `EntryBlocks.texts`.
    let texts: [ByteBuffer]
    let requestBodyAttributes: ByteBuffer
    let responseBodyAttributes: ByteBuffer
    let vendorRequestIDs: NativeLists
    /// Of `rowsOfStates`.
    let states: (teamIDs: ByteBuffer, ids: ByteBuffer, connectors: ByteBuffer)

    init(_ columns: EntryColumns) {
        count = columns.count
        teamIDs = Self.encoded(columns.teamIDs)
        statuses = Self.encoded(columns.statuses.map { UInt16(truncatingIfNeeded: $0) })
        outcomes = Self.encoded(columns.outcomes)
        durations = Self.encoded(columns.durations)
        absent = Self.encoded(Self.absent(columns))
        connectors = Self.encoded(columns[.connector])
        texts = EntryBlocks.texts.map { _, field in
            field.isHeaders ? Self.compacted(columns[field], of: columns) : Self.encoded(columns[field])
        }
        requestBodyAttributes = Self.encoded(columns.requestBodyAttributes)
        responseBodyAttributes = Self.encoded(columns.responseBodyAttributes)
        vendorRequestIDs = Self.vendorRequestIDs(columns)

        let rows = (0..<columns.count).filter { !columns[.stateID].isNull($0) }
        rowsOfStates = rows
        var (ids, connectors) = (TextColumn(), TextColumn())
        ids.append(rows, of: columns[.stateID])
        connectors.append(rows, of: columns[.connector])
        states = (
            Self.encoded(rows.map { columns.teamIDs[$0] }), Self.encoded(ids), Self.encoded(connectors)
        )
    }

    /// About what it takes in memory.
    var byteCount: Int {
        let all = [
            teamIDs, statuses, outcomes, durations, absent, connectors, requestBodyAttributes, responseBodyAttributes,
            vendorRequestIDs.texts, states.teamIDs, states.ids, states.connectors,
        ]
        return (all + texts).reduce((rowsOfStates.count + count) * 8) { $0 + $1.readableBytes }
    }

    private static func encoded<Value: FixedWidthInteger>(_ values: [Value]) -> ByteBuffer {
        var bytes = ByteBuffer()
        bytes.writeNative(values)
        return bytes
    }

    private static func encoded(_ texts: TextColumn) -> ByteBuffer {
        var bytes = ByteBuffer()
        bytes.writeNative(texts)
        return bytes
    }

    private static func compacted(_ headers: TextColumn, of columns: EntryColumns) -> ByteBuffer {
        var bytes = ByteBufferAllocator().buffer(capacity: headers.bytes.count + headers.count * 3)
        var compacted: [UInt8] = []
        for row in 0..<headers.count {
            compacted.removeAll(keepingCapacity: true)
            if let value = headers[row] {
                HeaderReferences(requestID: columns[.requestID][row], traceID: columns[.traceID][row])
                    .compacted(value, to: &compacted)
            }
            compacted.withUnsafeBytes { bytes.writeNative(text: $0) }
        }
        return bytes
    }

    private static func absent(_ columns: EntryColumns) -> [UInt32] {
        var absent = [UInt32](repeating: 0, count: columns.count)
        for (bit, text) in EntryBlocks.texts.enumerated() {
            let column = columns[text.field]
            for row in absent.indices where column.isNull(row) { absent[row] |= 1 << UInt32(bit) }
        }
        return absent
    }

    /// What vendors called the calls, where that is not what senders called them.
    private static func vendorRequestIDs(_ columns: EntryColumns) -> NativeLists {
        let headers = columns[.responseHeaders]
        let all = headers.bytes.span
        var lists = NativeLists()
        for row in 0..<columns.count {
            let range = headers.range(row)
            var place = range.lowerBound
            while place < range.upperBound, let name = HeaderList.text(in: all, at: &place, end: range.upperBound),
                let value = HeaderList.text(in: all, at: &place, end: range.upperBound)
            {
                let isOne = all.extracting(name).withUnsafeBytes { VendorRequestID.isName($0) }
                guard isOne else { continue }
                let id = headers.bytes[value]
                if columns[.requestID][row].map({ $0.elementsEqual(id) }) != true { lists.append(id) }
            }
            lists.endRow()
        }
        return lists
    }
}

/// A column of Array(String): where each row's list ends, and the texts of all.
struct NativeLists: Sendable {
    private(set) var ends: [UInt64] = []
    private(set) var texts = ByteBuffer()
    private var count: UInt64 = 0

    mutating func append(_ text: ArraySlice<UInt8>) {
        text.withUnsafeBytes { texts.writeNative(text: $0) }
        count += 1
    }

    mutating func endRow() { ends.append(count) }
}
