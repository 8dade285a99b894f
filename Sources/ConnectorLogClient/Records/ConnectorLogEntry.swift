public import NIOHTTP1

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// One call of a vendor's API, as the server keeps it.
///
/// ``RecordingHTTPClient`` makes entries by itself. Make them yourself for calls over anything else, and give them to
/// ``ConnectorLogRecorder/record(_:)-(ConnectorLogEntry)``.
///
/// A value past the server's limit does not cost the entry: names are cut, anything else that the server would refuse is
/// left out. <doc:Limits> lists all of them.
public struct ConnectorLogEntry: Sendable {
    /// What made the call: 1 to 100 letters, digits, `_` and `-` of ASCII. Other characters are sent as `-`.
    public var connector: String
    /// When the call began; nil stands for when it is recorded. Kept to the microsecond.
    public var time: Date?
    /// As the host asked for it, at most 32 characters.
    public var method: String?
    /// At most 8,192 characters. User information (`user:password@`) is removed before the entry is kept anywhere.
    public var uri: String?
    /// 100 to 599; nil when there was no response.
    public var status: Int?
    /// Nil leaves it to the server: failed without a response, with an error, or with a status of 400 and above.
    public var outcome: Outcome?
    /// At most 24 hours, kept to the microsecond.
    public var duration: Duration?
    /// An id of the host's own for this call, at most 255 characters; a fault may refer to it.
    public var requestID: String?
    /// The run that the call belongs to.
    public var context = ConnectorLogContext()
    /// In order and with repeats, at most 256 fields and 64 KiB. Values of credential headers are not sent
    /// (``ConnectorLogRecorder/Configuration/credentialHeaders``).
    public var requestHeaders = HTTPHeaders()
    public var requestBody: ConnectorLogBody?
    public var responseHeaders = HTTPHeaders()
    public var responseBody: ConnectorLogBody?
    /// The kind of error, at most 255 characters.
    public var errorName: String?
    /// At most 16,384 characters.
    public var errorMessage: String?
    /// What else there is to say: at most 63 texts, 8,000 bytes in all. Fields that were left out for their length are named
    /// in one more, `connectorlog.left_out`.
    public var attributes: [String: String] = [:]
    var leftOut: [String] = []

    public enum Outcome: String, Sendable {
        case ok, failed
    }

    public init(connector: String) {
        self.connector = connector
    }
}
