import ConnectorLogCore

extension StoreError {
    init(postgres error: any Error) {
        switch error {
        case let error as StoreError: self = error
        case let error as PostgresError: self = StoreError(Self.code(of: error), Self.message(of: error), cause: error)
        default: self = StoreError(.failed, "PostgreSQL cannot be asked", cause: error)
        }
    }

    /// What may pass by itself is `overloaded`, so that the client is told to come back.
    private static func code(of error: PostgresError) -> Code {
        switch error.kind {
        case .unreachable(.credentials), .unreachable(.database), .unreachable(.encryption), .unreachable(.version):
            .failed
        case .unreachable, .broken: .overloaded
        case .outcomeUnknown: .failed
        case .answer: .damaged
        case .refused(let state, _):
            switch state {
            case "23505": .conflict
            case "53100": .full
            // Undefined table: nobody migrated, or another search_path holds.
            case "42P01": .missing
            // Out of memory or connections; cancelled by a timeout; a lock that was not free in time; a serialization
            // failure or deadlock too many; a server that stops, starts or has become a replica.
            case "53000", "53200", "53300", "53400", "57014", "55P03", "40001", "40P01", "57P01", "57P02", "57P03",
                "25006", "25P03":
                .overloaded
            default: .failed
            }
        }
    }

    private static func message(of error: PostgresError) -> String {
        switch error.kind {
        case .unreachable: "PostgreSQL cannot be reached"
        case .broken: "the connection to PostgreSQL broke"
        case .outcomeUnknown: "the outcome is unknown: the connection to PostgreSQL broke at the commit"
        case .answer: "what PostgreSQL holds does not decode"
        case .refused("23505", _): "something with this name or id exists"
        case .refused("53100", _): "the disk of PostgreSQL is full"
        case .refused("42P01", _): "a table is missing: run connectorlog store migrate"
        case .refused("55P03", _): "another transaction holds what is wanted"
        case .refused: "PostgreSQL refused a statement"
        }
    }
}
