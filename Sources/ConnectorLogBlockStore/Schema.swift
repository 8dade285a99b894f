import GRDB

/// The tables of the store, one migration a version. The format of `block_part.bytes` is that of `BlockFormat`.
enum Schema {
    /// 4 KB pages: the flow states that a commit touches lie scattered, and each costs a page of the write-ahead log.
    static let pageSize = 4096

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 blocks", migrate: createBlocks)
        migrator.registerMigration("2 flow texts, states and faults", migrate: createFlowStates)
        migrator.registerMigration("3 catalog", migrate: createCatalog)
        migrator.registerMigration("4 blocks whose calls a state's row counts") { db in
            // Until now all were counted with their commit.
            try db.execute(
                sql: """
                    ALTER TABLE flow_state ADD COLUMN counted_block INTEGER NOT NULL DEFAULT 0;
                    UPDATE flow_state SET counted_block = (SELECT coalesce(max(id), 0) FROM block);
                    """)
        }
        migrator.registerMigration("5 retention and erasure", migrate: createRetentionAndErasure)
        migrator.registerMigration("6 checksums of blocks' rows", migrate: addBlockChecksums)
        migrator.registerMigration("7 small flow states", migrate: makeFlowStatesSmall)
        migrator.registerMigration("8 secrets and rules", migrate: createSecretsAndRules)
        migrator.registerMigration("9 audit", migrate: createAudit)
        migrator.registerMigration("10 parts of calls that wait", migrate: createPendingParts)
        migrator.registerMigration("11 copies of other stores", migrate: CopyTable.create)
        return migrator
    }

    private static func createBlocks(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE block (
                    id INTEGER PRIMARY KEY AUTOINCREMENT,
                    level INTEGER NOT NULL,
                    team_id INTEGER,
                    rows INTEGER NOT NULL,
                    first_time INTEGER NOT NULL,
                    last_time INTEGER NOT NULL,
                    first_id BLOB NOT NULL,
                    last_id BLOB NOT NULL,
                    ok INTEGER NOT NULL,
                    failed INTEGER NOT NULL,
                    raw_bytes INTEGER NOT NULL,
                    stored_bytes INTEGER NOT NULL,
                    retired INTEGER NOT NULL DEFAULT 0
                ) STRICT;
                CREATE TABLE block_part (
                    id INTEGER PRIMARY KEY,
                    bytes BLOB NOT NULL
                ) STRICT;
                CREATE TABLE idempotency (
                    token BLOB PRIMARY KEY,
                    fingerprint BLOB NOT NULL,
                    answer BLOB NOT NULL,
                    created_at INTEGER NOT NULL
                ) STRICT, WITHOUT ROWID;
                CREATE INDEX idempotency_age ON idempotency (created_at);
                """)
    }

    /// Null in rows that were written before: they are taken as they are. A mark of retirement turns all bits of the
    /// checksum, whoever sets it: without, a turned bit of `retired` alone would delete a block, or bring one back.
    private static func addBlockChecksums(_ db: Database) throws {
        try db.execute(
            sql: """
                ALTER TABLE block ADD COLUMN checksum INTEGER;
                CREATE TRIGGER block_retirement AFTER UPDATE OF retired ON block WHEN NEW.retired <> OLD.retired BEGIN
                    UPDATE block SET checksum = ~checksum WHERE id = NEW.id;
                END;
                """)
    }

    private static func createFlowStates(_ db: Database) throws {
        // States are the rows that every commit touches, some in a thousand entries' stead, so that they are kept small: texts
        // that many share are numbers here, and `active_hour`, the hour of `last_action_at`, spares the index over it a
        // change at every call.
        try db.execute(
            sql: """
                CREATE TABLE flow_text (
                    id INTEGER PRIMARY KEY,
                    text TEXT NOT NULL UNIQUE
                ) STRICT;
                CREATE TABLE flow_state (
                    team_id INTEGER NOT NULL,
                    state_id TEXT NOT NULL,
                    flow INTEGER,
                    name INTEGER,
                    version INTEGER,
                    status INTEGER NOT NULL,
                    changed_at INTEGER,
                    current_step TEXT,
                    user TEXT,
                    join_uri TEXT,
                    created_at INTEGER NOT NULL,
                    is_created_stated INTEGER NOT NULL DEFAULT 0,
                    last_action_at INTEGER NOT NULL,
                    active_hour INTEGER NOT NULL,
                    first_call_at INTEGER,
                    last_call_at INTEGER,
                    calls INTEGER NOT NULL DEFAULT 0,
                    failed_calls INTEGER NOT NULL DEFAULT 0,
                    faults INTEGER NOT NULL DEFAULT 0,
                    PRIMARY KEY (team_id, state_id)
                ) STRICT, WITHOUT ROWID;
                CREATE INDEX flow_state_activity ON flow_state (team_id, flow, active_hour);
                CREATE TABLE fault (
                    id BLOB PRIMARY KEY,
                    team_id INTEGER NOT NULL,
                    occurred_at INTEGER NOT NULL,
                    state_id TEXT,
                    connector TEXT,
                    name TEXT NOT NULL,
                    record BLOB NOT NULL
                ) STRICT;
                CREATE INDEX fault_time ON fault (team_id, occurred_at, id);
                CREATE INDEX fault_state ON fault (team_id, state_id, occurred_at, id);
                """)
    }

    private static func createCatalog(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE team (
                    id INTEGER PRIMARY KEY,
                    name TEXT NOT NULL,
                    created_at INTEGER NOT NULL,
                    is_deleted INTEGER NOT NULL DEFAULT 0
                ) STRICT;
                CREATE TABLE api_key (
                    id TEXT PRIMARY KEY,
                    team_id INTEGER,
                    name TEXT NOT NULL,
                    role TEXT NOT NULL,
                    prefix TEXT NOT NULL,
                    hash BLOB NOT NULL UNIQUE,
                    created_at INTEGER NOT NULL,
                    last_used_at INTEGER,
                    expires_at INTEGER
                ) STRICT;
                CREATE TABLE connector (
                    team_id INTEGER NOT NULL,
                    identifier TEXT NOT NULL,
                    name TEXT NOT NULL,
                    description TEXT,
                    logo_name TEXT,
                    logo_type TEXT,
                    logo BLOB,
                    created_at INTEGER NOT NULL,
                    updated_at INTEGER NOT NULL,
                    configuration TEXT NOT NULL,
                    configuration_version INTEGER NOT NULL,
                    configuration_created_at INTEGER NOT NULL,
                    configuration_updated_at INTEGER NOT NULL,
                    is_deleted INTEGER NOT NULL DEFAULT 0,
                    PRIMARY KEY (team_id, identifier)
                ) STRICT, WITHOUT ROWID;
                """)
    }

    private static func createRetentionAndErasure(_ db: Database) throws {
        // The index over faults is partial, so that those whose details are gone are not looked at again and again.
        try db.execute(
            sql: """
                ALTER TABLE block ADD COLUMN details_removed_at INTEGER;
                ALTER TABLE fault ADD COLUMN details_removed_at INTEGER;
                CREATE INDEX fault_detail ON fault (team_id, occurred_at) WHERE details_removed_at IS NULL;
                ALTER TABLE team ADD COLUMN has_retention INTEGER NOT NULL DEFAULT 0;
                ALTER TABLE team ADD COLUMN entry_days INTEGER;
                ALTER TABLE team ADD COLUMN detail_days INTEGER;
                CREATE TABLE erasure (
                    id INTEGER PRIMARY KEY AUTOINCREMENT,
                    team_id INTEGER NOT NULL,
                    kind TEXT NOT NULL,
                    target TEXT NOT NULL,
                    last_id BLOB NOT NULL,
                    key_id TEXT NOT NULL,
                    requested_at INTEGER NOT NULL,
                    completed_at INTEGER,
                    entries INTEGER NOT NULL DEFAULT 0,
                    faults INTEGER NOT NULL DEFAULT 0,
                    states INTEGER NOT NULL DEFAULT 0,
                    unreadable_blocks INTEGER NOT NULL DEFAULT 0
                ) STRICT;
                CREATE INDEX erasure_team ON erasure (team_id, id);
                CREATE INDEX erasure_open ON erasure (id) WHERE completed_at IS NULL;
                """)
    }

    private static func createSecretsAndRules(_ db: Database) throws {
        // A secret of the whole team has the connector '', which is no identifier: NULLs would all be different to the
        // unique index. What is sealed is ciphertext, so that nothing has to be wiped when it goes.
        try db.execute(
            sql: """
                CREATE TABLE secret (
                    placeholder TEXT PRIMARY KEY,
                    team_id INTEGER NOT NULL,
                    connector TEXT NOT NULL,
                    name TEXT NOT NULL,
                    ignores_case INTEGER NOT NULL,
                    sealed_value BLOB NOT NULL,
                    created_at INTEGER NOT NULL,
                    updated_at INTEGER NOT NULL,
                    UNIQUE (team_id, connector, name)
                ) STRICT, WITHOUT ROWID;
                CREATE TABLE sealed_key (
                    name TEXT PRIMARY KEY,
                    sealed BLOB NOT NULL
                ) STRICT, WITHOUT ROWID;
                CREATE TABLE redaction_rules (
                    team_id INTEGER PRIMARY KEY,
                    rules TEXT NOT NULL,
                    updated_at INTEGER NOT NULL
                ) STRICT;
                """)
    }

    /// Numbers are not given twice: what is released under one must not be another part. The index is all that counting
    /// and looking for whole calls read.
    private static func createPendingParts(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE pending_part (
                    id INTEGER PRIMARY KEY AUTOINCREMENT,
                    team_id INTEGER NOT NULL,
                    call BLOB NOT NULL,
                    kind INTEGER NOT NULL,
                    arrived_at INTEGER NOT NULL,
                    bytes INTEGER NOT NULL,
                    entry BLOB NOT NULL
                ) STRICT;
                CREATE INDEX pending_part_call ON pending_part (team_id, call, kind, arrived_at, bytes);
                CREATE TABLE told_event (
                    event BLOB PRIMARY KEY,
                    told_at INTEGER NOT NULL
                ) STRICT, WITHOUT ROWID;
                CREATE INDEX told_event_age ON told_event (told_at);
                """)
    }

    private static func createAudit(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE audit (
                    id INTEGER PRIMARY KEY AUTOINCREMENT,
                    at INTEGER NOT NULL,
                    team_id INTEGER,
                    key_id TEXT NOT NULL,
                    key_name TEXT NOT NULL,
                    action TEXT NOT NULL,
                    target TEXT,
                    request_id TEXT NOT NULL
                ) STRICT;
                CREATE INDEX audit_team ON audit (team_id, id);
                """)
    }
}
