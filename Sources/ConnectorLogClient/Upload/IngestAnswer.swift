#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What the server said to a batch.
struct IngestAnswer: Sendable {
    /// Why a line was not stored. Neither has anything of the line.
    struct Rejection: Sendable, Hashable, Decodable {
        var code: String
        var field: String?

        /// For the log. Short, for whatever a server that is not ours may say.
        var detail: [String: String] {
            var detail = ["rejection_code": String(code.prefix(64))]
            detail["rejection_field"] = field.map { String($0.prefix(64)) }
            return detail
        }
    }

    enum Verdict: Equatable {
        /// All lines but the rejected ones are stored.
        case stored(rejected: [Rejection])
        /// The same batch may be taken later.
        case later
        /// The batch will not be taken.
        case refused
    }

    var status: Int
    var retryAfter: Duration?
    var body: Data

    /// - Parameter header: `Retry-After`. A date instead of seconds, which our server does not send, is passed over.
    init(status: Int, retryAfter header: String? = nil, body: Data = Data()) {
        (self.status, self.body) = (status, body)
        retryAfter = header.flatMap { UInt32($0) }.map { .seconds(Int64($0)) }
    }

    /// Only an answer that accounts for each line is one of our server: a page for logging in has status 200, too.
    /// - Parameter records: lines of the batch.
    func verdict(records: Int) -> Verdict {
        switch status {
        // 500 and 507 (a full disk): with its idempotency key, a batch is never stored twice.
        case 429, 500, 502, 503, 504, 507: return .later
        // 422: no line of it was good.
        case 200, 422:
            guard let document = try? JSONDecoder().decode(Document.self, from: body),
                (document.accepted ?? 0) == records - document.rejected.count
            else { return .refused }
            return .stored(rejected: document.rejected)
        default: return .refused
        }
    }

    private struct Document: Decodable {
        /// Not there when it is none.
        var accepted: Int?
        var rejected: [Rejection]
    }
}
