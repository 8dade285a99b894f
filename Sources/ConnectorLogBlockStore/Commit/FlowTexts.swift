import ConnectorLogCore
import GRDB
import Synchronization

/// The numbers by which flow states know the texts that many of them share: ids, names and versions of flows.
final class FlowTexts: Sendable {
    /// Remembered numbers; more are forgotten all at once, and looked up again.
    private static let maximumRemembered = 20_000

    private struct State {
        /// By the bytes of the text: `String` itself compares by canonical equivalence.
        var numbers: [[UInt8]: Int64] = [:]
        /// Numbers that were given since `watch`; nil while nobody wants to know.
        var given: Set<Int64>?
    }

    private let state = Mutex(State())

    func number(of text: String?, in db: Database) throws -> Int64? {
        guard let text else { return nil }
        let bytes = Array(text.utf8)
        let known = state.withLock { state in
            let number = state.numbers[bytes]
            if let number { state.given?.insert(number) }
            return number
        }
        if let known { return known }
        let number = try stored(text, in: db)
        state.withLock { state in
            if state.numbers.count >= Self.maximumRemembered { state.numbers = [:] }
            state.numbers[bytes] = number
            state.given?.insert(number)
        }
        return number
    }

    private func stored(_ text: String, in db: Database) throws -> Int64 {
        let known = try db.cachedStatement(sql: "SELECT id FROM flow_text WHERE text = ?")
        if let number = try Int64.fetchOne(known, arguments: [text]) { return number }
        try db.cachedStatement(sql: "INSERT INTO flow_text (text) VALUES (?)").execute(arguments: [text])
        return db.lastInsertedRowID
    }

    /// To be called when a transaction was rolled back: numbers that it made are no more.
    func forgetAll() { state.withLock { $0.numbers = [:] } }

    // MARK: - Texts that nobody names

    /// Begins to note which numbers are given; to be called in the writer's turn. Rows name a text by no other way, so that one that no row named after this,
    /// and that was not given since, is named by nobody.
    func watch() { state.withLock { $0.given = [] } }

    func endWatch() { state.withLock { $0.given = nil } }

    static func unnamed(in db: Database) throws -> [Int64] {
        try Int64.fetchAll(
            db,
            sql: """
                SELECT id FROM flow_text WHERE id NOT IN (
                    SELECT flow FROM flow_state WHERE flow IS NOT NULL
                    UNION SELECT name FROM flow_state WHERE name IS NOT NULL
                    UNION SELECT version FROM flow_state WHERE version IS NOT NULL)
                """)
    }

    /// Removes those of `unnamed` that were not given since `watch`. The others are written anew into other pages: SQLite
    /// moves rows between pages, and what it leaves between them is not always overwritten.
    /// - Returns: whether there were any; numbers have to be forgotten then.
    func remove(_ unnamed: [Int64], in db: Database) throws -> Bool {
        let removed = Set(unnamed).subtracting(state.withLock { $0.given ?? [] })
        guard !removed.isEmpty else { return false }
        let kept = try Row.fetchAll(db, sql: "SELECT id, text FROM flow_text ORDER BY id").compactMap { row in
            let id: Int64 = try row.value("id")
            return removed.contains(id) ? nil : (id, try row.value("text") as String)
        }
        try db.execute(sql: "DELETE FROM flow_text")
        for (id, text) in kept {
            try db.cachedStatement(sql: "INSERT INTO flow_text (id, text) VALUES (?, ?)").execute(arguments: [id, text])
        }
        return true
    }
}
