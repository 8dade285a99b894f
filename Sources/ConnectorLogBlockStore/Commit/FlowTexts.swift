import ConnectorLogCore
import GRDB
import Synchronization

/// The numbers by which flow states know the texts that many of them share: ids, names and versions of flows.
final class FlowTexts: Sendable {
    /// Remembered numbers; more are forgotten all at once, and looked up again.
    private static let maximumRemembered = 20_000

    /// By the bytes of the text: `String` itself compares by canonical equivalence.
    private let numbers = Mutex<[[UInt8]: Int64]>([:])

    func number(of text: String?, in db: Database) throws -> Int64? {
        guard let text else { return nil }
        let bytes = Array(text.utf8)
        if let number = numbers.withLock({ $0[bytes] }) { return number }
        let number = try stored(text, in: db)
        numbers.withLock { numbers in
            if numbers.count >= Self.maximumRemembered { numbers = [:] }
            numbers[bytes] = number
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
    func forgetAll() { numbers.withLock { $0 = [:] } }
}
