public import NIOHTTP1

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// A root fault: a system error that broke, or would have broken, a run.
public struct ConnectorLogFault: Sendable {
    /// The kind of fault in few words, as "Data Save Fault" or "Bad Gateway": at most 255 characters. An empty one is sent
    /// as "Fault".
    public var name: String
    /// When it happened; nil stands for when it is recorded.
    public var time: Date?
    /// The run that it broke. `event`, `traceID` and `spanID` are of entries alone.
    public var context = ConnectorLogContext()
    public var connector: String?
    /// The ``ConnectorLogEntry/requestID`` of the call that caused it.
    public var entryRequestID: String?
    /// At most 255 characters.
    public var kind: String?
    /// At most 8,192 characters, sent without user information.
    public var uri: String?
    /// At most 16,384 characters.
    public var message: String?
    /// 100 to 599.
    public var statusCode: Int?
    public var responseHeaders = HTTPHeaders()
    public var responseBody: ConnectorLogBody?
    /// At most 255 characters.
    public var invokeType: String?
    /// At most 255 characters.
    public var action: String?

    public init(name: String) {
        self.name = name
    }
}
