import ConnectorLogCore
import GRDB

/// Writes what batches say of flow states, within the batch's own transaction.
struct FlowStateWriter {
    private let db: Database
    private let table: FlowStateTable
    private let texts: FlowTexts
    private let countedBlock: Int64

    /// - Parameter countedBlock: up to which block the calls of a state are counted that is written here; 0 when
    ///   `countAll` says it of all states.
    init(db: Database, texts: FlowTexts, countedBlock: Int64 = 0) {
        (self.db, self.texts, self.countedBlock) = (db, texts, countedBlock)
        table = FlowStateTable(db: db)
    }

    func apply(_ key: FlowStateKey, _ delta: FlowStateDelta) throws {
        let flow = try texts.number(of: delta.flowID, in: db)
        let name = try texts.number(of: delta.flowName, in: db)
        let version = try texts.number(of: delta.flowVersion, in: db)
        try table.change(key) { old in
            var row = old ?? FlowStateRow(at: delta.first)
            row.progress.add(delta)
            (row.flow, row.name, row.version) = (flow ?? row.flow, name ?? row.name, version ?? row.version)
            row.countedBlock = countedBlock
            return row
        }
    }

    func apply(_ changes: [StateChange]) throws {
        for change in changes {
            let flow = try texts.number(of: change.flowID, in: db)
            let name = try texts.number(of: change.flowName, in: db)
            let version = try texts.number(of: change.flowVersion, in: db)
            try table.change(FlowStateKey(teamID: change.teamID, stateID: change.stateID)) { old in
                let updatedAt = change.updatedAt.microseconds
                var row = old ?? FlowStateRow(at: updatedAt)
                if old == nil { row.countedBlock = countedBlock }
                if row.progress.isLate(updatedAt) {
                    (row.flow, row.name, row.version) = (row.flow ?? flow, row.name ?? name, row.version ?? version)
                } else {
                    (row.flow, row.name, row.version) = (flow ?? row.flow, name ?? row.name, version ?? row.version)
                }
                row.progress.add(change)
                return row
            }
        }
    }

    /// Says of all states that their calls up to `block` are counted: none waits any more.
    func countAll(upTo block: Int64) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO flow_counted (id, block) VALUES (0, ?)
                ON CONFLICT (id) DO UPDATE SET block = max(block, excluded.block)
                """
        ).execute(arguments: [block])
    }

    static func countedBlock(in db: Database) throws -> Int64 {
        try Int64.fetchOne(db.cachedStatement(sql: "SELECT block FROM flow_counted WHERE id = 0")) ?? 0
    }
}
