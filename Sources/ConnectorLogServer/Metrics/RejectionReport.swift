import ConnectorLogCore
import ConnectorLogIngest
import Logging

/// Tells the operator of records that were rejected: their sender may be a program that reads no answers. Texts are our own.
final class RejectionReport: Sendable {
    private struct Source: Hashable {
        var route: String
        var key: String
    }

    private let gate = MinuteGate<Source>()

    /// - Parameters:
    ///   - count: how many of the request's records were rejected; of none, nothing is told.
    ///   - why: of the first of them, where there is one.
    func note(
        _ count: Int, _ why: RejectedLine?, route: String, key: String?, requestID: String? = nil,
        _ dependencies: ServerDependencies
    ) {
        guard count > 0, let why, gate.isOpen(for: Source(route: route, key: key ?? ""), at: dependencies.now()) else {
            return
        }
        var metadata: Logger.Metadata = [
            "route": "\(route)", "key": "\(key ?? "none")", "rejected": "\(count)", "record": "\(why.line)",
            "code": "\(why.error.code.rawValue)", "reason": "\(why.error.message)",
        ]
        if let field = why.error.field { metadata["field"] = "\(field)" }
        if let requestID { metadata["request_id"] = "\(requestID)" }
        dependencies.logger.warning("records were rejected", metadata: metadata)
    }
}
