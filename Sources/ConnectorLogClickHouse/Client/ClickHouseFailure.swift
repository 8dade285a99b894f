import ConnectorLogCore

/// Why ClickHouse did not do what it was asked. Its own texts are never passed on: they quote statements and rows.
struct ClickHouseFailure: Error, Hashable, CustomStringConvertible {
    enum Reason: Hashable {
        /// No server answered.
        case unreachable
        /// A server did not answer in time: what it was asked to do may be done, or may yet be.
        case timedOut
        /// A server answered with an error of this number; 0 when it gave none.
        case exception(Int)
        /// An answer does not have the form that was asked for, or is longer than what was allowed.
        case malformed
        /// A server lacks the tables.
        case noTable
        /// The address names other servers than those of the cluster.
        case otherServers
    }

    var reason: Reason
    /// What was being done, such as "an insert into entries".
    var place: String

    var description: String {
        switch reason {
        case .unreachable: "ClickHouse cannot be reached (\(place))"
        case .timedOut: "ClickHouse did not answer in time (\(place))"
        case .exception(let code): "ClickHouse answered with error \(code)\(Self.meaning(code)) (\(place))"
        case .malformed: "ClickHouse gave an answer that cannot be read (\(place))"
        case .noTable: "a server of ClickHouse does not have the tables (\(place))"
        case .otherServers: "the address has to name each server of the cluster, and no other (\(place))"
        }
    }

    /// Numbers of ClickHouse's `ErrorCodes`, as far as operators meet them.
    private static func meaning(_ code: Int) -> String {
        let meaning: String? =
            switch code {
            case 36, 47, 62: "the statement is not understood"
            case 60, 81: "there is no such table or database"
            case 159: "it took too long"
            case 192, 193, 194, 516: "the user or the password is wrong"
            case 202: "it has too many requests"
            case 241: "it has no memory for this"
            case 242: "the table is read-only, as without its keeper"
            case 243: "its disk is full"
            case 252: "it has too many parts to merge"
            case 285, 286, 289, 319: "a quorum of replicas is missing"
            case 225, 999: "it cannot reach its keeper"
            case 279, 209, 210: "it cannot reach another server"
            case 497: "the user may not do this"
            default: nil
            }
        return meaning.map { ": \($0)" } ?? ""
    }

    /// On a replica, another write of a quorum is under way, or has not ended well: nothing is written.
    var isQuorumTaken: Bool { reason == .exception(286) }

    /// Whether another server may well do it.
    var mayTryAnother: Bool {
        switch reason {
        case .unreachable, .timedOut: true
        case .exception(let code): [202, 209, 210, 225, 241, 242, 252, 279, 285, 286, 289, 319, 999].contains(code)
        case .malformed, .noTable, .otherServers: false
        }
    }
}

extension StoreError {
    init(_ failure: ClickHouseFailure) {
        let code: Code =
            switch failure.reason {
            case .exception(60), .exception(81), .noTable: .missing
            case .exception(243): .full
            case .malformed: .damaged
            case .otherServers: .failed
            case .exception where !failure.mayTryAnother && failure.reason != .exception(159): .failed
            default: .overloaded
            }
        var message = failure.description
        if code == .missing { message += ": run connectorlog store migrate" }
        self.init(code, message, cause: failure)
    }
}
