import ConnectorLogCore
import Foundation
import GRDB

/// Table `flow_state` from migration 7 on: half as many bytes a state as before.
extension Schema {
    /// Ids of UUIDs are 16 bytes (`StoredStateID`), and times lie as distances (`ShortTime`) from the hour of the last action,
    /// which the index over activity has. Generated columns say all of it in full, for queries. `flow_counted` has one row
    /// at most: up to which block the calls of all states are counted, so that few rows have to say it.
    static func makeFlowStatesSmall(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE small_flow_state (
                    team_id INTEGER NOT NULL,
                    id ANY NOT NULL,
                    flow INTEGER,
                    name INTEGER,
                    version INTEGER,
                    marks INTEGER NOT NULL,
                    active_hour INTEGER NOT NULL,
                    last_action INTEGER NOT NULL,
                    created INTEGER NOT NULL,
                    first_call INTEGER,
                    last_call INTEGER,
                    changed INTEGER,
                    calls INTEGER NOT NULL,
                    failed_calls INTEGER NOT NULL,
                    faults INTEGER NOT NULL,
                    counted_block INTEGER NOT NULL,
                    current_step TEXT,
                    user TEXT,
                    join_uri TEXT,
                    state_id TEXT AS (\(StoredStateID.textSQL("id"))),
                    status INTEGER AS (marks & 3),
                    is_created_stated INTEGER AS (marks >> 2),
                    last_action_at INTEGER AS (active_hour * 3600000000 + \(ShortTime.sql("last_action"))),
                    created_at INTEGER AS (last_action_at - \(ShortTime.sql("created"))),
                    first_call_at INTEGER AS (created_at + \(ShortTime.sql("first_call"))),
                    last_call_at INTEGER AS (last_action_at - \(ShortTime.sql("last_call"))),
                    changed_at INTEGER AS (last_action_at - \(ShortTime.sql("changed"))),
                    PRIMARY KEY (team_id, id)
                ) STRICT, WITHOUT ROWID;
                CREATE TABLE flow_counted (
                    id INTEGER PRIMARY KEY,
                    block INTEGER NOT NULL
                ) STRICT;
                """)
        try withMigrationFunctions(db) {
            // In the order of the key, so that the pages are full. Only blocks of level 0 are ever counted again.
            try db.execute(
                sql: """
                    INSERT INTO small_flow_state
                    SELECT team_id, packed_id(state_id) AS id, flow, name, version, status + 4 * is_created_stated,
                        last_action_at / 3600000000, short_time(last_action_at % 3600000000),
                        short_time(last_action_at - created_at), short_time(first_call_at - created_at),
                        short_time(last_action_at - last_call_at), short_time(last_action_at - changed_at),
                        calls, failed_calls, faults,
                        iif(counted_block >= (SELECT min(id) FROM block WHERE level = 0), counted_block, 0),
                        current_step, user, join_uri
                    FROM flow_state ORDER BY team_id, id;
                    """)
        }
        try db.execute(
            sql: """
                DROP TABLE flow_state;
                ALTER TABLE small_flow_state RENAME TO flow_state;
                CREATE INDEX flow_state_activity ON flow_state (team_id, flow, active_hour);
                """)
    }

    private static func withMigrationFunctions(_ db: Database, _ body: () throws -> Void) throws {
        let functions = [
            DatabaseFunction("packed_id", argumentCount: 1, pure: true) { values in
                String.fromDatabaseValue(values[0]).map(StoredStateID.init)
            },
            DatabaseFunction("short_time", argumentCount: 1, pure: true) { values in
                Int64.fromDatabaseValue(values[0]).map(ShortTime.encode)
            },
        ]
        for function in functions { db.add(function: function) }
        defer { for function in functions { db.remove(function: function) } }
        try body()
    }
}
