/// Keys of PostgreSQL's advisory locks, which hold for a whole database: the first 16 bits are ours ("CL").
enum AdvisoryLock {
    private static let ours: Int64 = 0x434C << 48

    /// Held while a step of the migrations is taken.
    static let migrations = ours
    /// Held by who stores or releases parts of calls, so that their numbers rise in the order of commits.
    static let pendingParts = ours | 1
    /// The same for audit records.
    static let audit = ours | 2
    /// Held by the one that copies another store into this one.
    static let copy = ours | 3

    /// Held by a commit's transaction: its server lives. Above what the others are, and below 2^47, which no number of
    /// a commit reaches.
    static func commit(_ number: UInt64) -> Int64 { ours | 1 << 47 | Int64(number & (1 << 47 - 1)) }
}

extension PostgresConnection {
    /// Until the end of the transaction.
    func take(_ lock: Int64) throws {
        try execute("SELECT pg_advisory_xact_lock($1)", [.integer(lock)])
    }
}
