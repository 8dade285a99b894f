import ConnectorLogCore

/// A span as its places in the request; its attributes go into an index beside it.
struct OTLPSpanRecord {
    typealias Text = UnsafeRawBufferPointer

    static var nothing: Text { Text(start: nil, count: 0) }

    var traceID = nothing
    var spanID = nothing
    var parentSpanID = nothing
    var name = nothing
    /// 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer.
    var kind: Int64 = 0
    /// Nanoseconds since 1970; 0 is none.
    var start: UInt64 = 0
    var end: UInt64 = 0
    var droppedAttributes: UInt64 = 0
    /// Of the last event of this name.
    var exception: AttributeIndex?
    /// 0 unset, 1 ok, 2 error.
    var statusCode: UInt64 = 0
    var statusMessage = nothing

    init(_ message: Text, into index: inout AttributeIndex) throws(WireReader.Malformed) {
        index.removeAll()
        var reader = WireReader(message)
        while let field = try reader.next() {
            switch (field.number, field.value) {
            case (1, .bytes(let id)): traceID = id
            case (2, .bytes(let id)): spanID = id
            case (4, .bytes(let id)): parentSpanID = id
            case (5, .bytes(let text)): name = try OTLPValue.checked(text)
            case (6, .varint(let number)): kind = Int64(bitPattern: number)
            case (7, .fixed64(let time)): start = time
            case (8, .fixed64(let time)): end = time
            case (9, .bytes(let attribute)): try index.add(attribute)
            case (10, .varint(let number)): droppedAttributes = number
            case (11, .bytes(let event)): try readEvent(event)
            case (15, .bytes(let status)): try readStatus(status)
            default: break
            }
        }
    }

    private mutating func readEvent(_ message: Text) throws(WireReader.Malformed) {
        guard let name = try WireReader.bytes(2, in: message), name.isEqual("exception") else { return }
        exception = try AttributeIndex(message, field: 3)
    }

    private mutating func readStatus(_ message: Text) throws(WireReader.Malformed) {
        var reader = WireReader(message)
        while let field = try reader.next() {
            switch (field.number, field.value) {
            case (2, .bytes(let text)): statusMessage = try OTLPValue.checked(text)
            case (3, .varint(let number)): statusCode = number
            default: break
            }
        }
    }

    var isFailed: Bool { statusCode == 2 }
    var isRoot: Bool { !parentSpanID.contains { $0 != 0 } }
}

/// A log record as its places in the request.
struct OTLPLogRecordView {
    typealias Text = UnsafeRawBufferPointer

    var time: UInt64 = 0
    var observedTime: UInt64 = 0
    /// INFO is 9 to 12, ERROR 17 to 20, FATAL 21 to 24.
    var severity: UInt64 = 0
    var body: OTLPValue?
    var droppedAttributes: UInt64 = 0
    var traceID = OTLPSpanRecord.nothing
    var spanID = OTLPSpanRecord.nothing
    var eventName = OTLPSpanRecord.nothing

    init(_ message: Text, into index: inout AttributeIndex) throws(WireReader.Malformed) {
        index.removeAll()
        var reader = WireReader(message)
        while let field = try reader.next() {
            switch (field.number, field.value) {
            case (1, .fixed64(let time)): self.time = time
            case (2, .varint(let number)): severity = number
            case (5, .bytes(let value)): body = try OTLPValue(value)
            case (6, .bytes(let attribute)): try index.add(attribute)
            case (7, .varint(let number)): droppedAttributes = number
            case (9, .bytes(let id)): traceID = id
            case (10, .bytes(let id)): spanID = id
            case (11, .fixed64(let time)): observedTime = time
            case (12, .bytes(let text)): eventName = try OTLPValue.checked(text)
            default: break
            }
        }
    }
}
