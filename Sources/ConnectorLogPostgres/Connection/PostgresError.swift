/// What went wrong between this process and PostgreSQL. Names the place in this program and PostgreSQL's code for it:
/// never a value, nor PostgreSQL's own text, which may quote one.
struct PostgresError: Error, Hashable, CustomStringConvertible {
    enum Kind: Hashable {
        /// There is no connection.
        case unreachable(Obstacle)
        /// The connection is gone, or no answer came in time. What the transaction did is undone.
        case broken
        /// The same when the transaction was to be committed: it may be, or not.
        case outcomeUnknown
        /// PostgreSQL refused a statement.
        /// - `state`: SQLSTATE (PostgreSQL's documentation, appendix A).
        /// - `constraint`: whose rule it would have broken, where it is one.
        case refused(state: String, constraint: String?)
        /// An answer is not what the statement asks for.
        case answer
    }

    /// Why no connection could be made.
    enum Obstacle: String, Hashable {
        case credentials = "the user or the password is refused"
        case database = "there is no such database or role"
        case connections = "it has as many connections as it takes"
        case starting = "it is starting or stopping"
        case name = "its name is not known"
        case encryption = "TLS fails"
        case readOnly = "it takes no writes"
        case version = "it is older than PostgreSQL 15"
        case silence = "nobody answers"
    }

    var kind: Kind
    /// The function that asked.
    var place: String

    init(_ kind: Kind, at place: String) { (self.kind, self.place) = (kind, place) }

    var isBroken: Bool { kind == .broken }

    /// Another transaction was in the way, and this one is undone: it may do next time.
    var isSerialization: Bool {
        guard case .refused(let state, _) = kind else { return false }
        return state == "40001" || state == "40P01"
    }

    var description: String {
        switch kind {
        case .unreachable(let obstacle): "\(place): no connection to PostgreSQL: \(obstacle.rawValue)"
        case .broken: "\(place): the connection to PostgreSQL broke"
        case .outcomeUnknown: "\(place): the connection to PostgreSQL broke at the commit"
        case .refused(let state, let constraint):
            "\(place): PostgreSQL says SQLSTATE \(state)" + (constraint.map { " for \($0)" } ?? "")
        case .answer: "\(place): PostgreSQL answers otherwise than asked"
        }
    }
}
