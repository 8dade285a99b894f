import ConnectorLogCore

/// What an OTLP request carries (OTLP specification 1.x; metrics and profiles are not taken).
package enum OTLPSignal: Sendable {
    case traces, logs

    /// What its records are called in answers.
    package var recordName: String {
        switch self {
        case .traces: "spans"
        case .logs: "log records"
        }
    }
}

/// How the bytes of an OTLP request are to be read.
package struct OTLPFormat: Sendable {
    package enum Media: Sendable {
        case protobuf, json
    }

    package var signal: OTLPSignal
    package var media: Media
    package var encoding: IngestFormat.Encoding

    package init(signal: OTLPSignal, media: Media, encoding: IngestFormat.Encoding = .identity) {
        (self.signal, self.media, self.encoding) = (signal, media, encoding)
    }
}

/// What became of the records of one request.
package struct OTLPOutcome: Equatable, Sendable {
    /// Stored: as an entry, a root fault or a change of a flow state, or several of them.
    package var stored = 0
    /// Stored already by an earlier request, which the sender took for lost.
    package var repeated = 0
    /// Not of a call, a fault or a flow: nothing to record.
    package var skipped = 0
    package var rejected = 0
    /// The place of the first of the rejected in the request, and why it was not taken. Never carries its contents.
    package private(set) var firstRejected: RejectedLine?

    package init() {}

    /// What the sender is told of it.
    package var firstRejection: String? { firstRejected.map { "record \($0.reason)" } }

    package var records: Int { stored + repeated + skipped + rejected }

    mutating func reject(_ error: LineError) {
        rejected += 1
        if firstRejected == nil { firstRejected = RejectedLine(line: records, error: error) }
    }
}

/// Limits of OTLP requests beside those of all ways in.
package enum OTLPLimits {
    /// Bytes of one request after decompression: what the specification of OTLP recommends.
    package static let requestBytes = 20 << 20
    /// Bytes of one span or log record in protobuf; a larger one is rejected alone.
    package static let recordBytes = 4 << 20
    /// Attributes of one record that are looked at; an entry keeps fewer.
    static let attributes = 2000
    /// Opening braces of a request in JSON: each may become an object in memory.
    package static let jsonObjects = 500_000
    /// Bytes that such an object takes in memory, at most, beside its texts.
    static let bytesPerObject = 256
    /// Resources, and scopes of a resource: groups without records cost memory, too.
    package static let groups = 10_000
}
