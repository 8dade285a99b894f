/// The tables. Texts that come from outside are `bytea`: `text` takes no U+0000, and orders by the database's
/// collation. Times are microseconds since 1970.
extension PostgresMigration {
    /// - A team's row stays when it is deleted, so that its id is not given again.
    /// - `catalog_version` counts changes: of what servers hold in memory of keys and teams, and of secrets and rules.
    /// - A secret of the whole team has the connector `''`, which is no identifier; an audit record of no team the
    ///   team 0.
    static let catalog = [
        """
        CREATE TABLE team (
            id int8 PRIMARY KEY,
            name bytea NOT NULL,
            created_at int8 NOT NULL,
            is_deleted bool NOT NULL DEFAULT false,
            has_retention bool NOT NULL DEFAULT false,
            entry_days int8,
            detail_days int8
        )
        """,
        """
        CREATE TABLE api_key (
            id bytea PRIMARY KEY,
            team_id int8,
            name bytea NOT NULL,
            role bytea NOT NULL,
            prefix bytea NOT NULL,
            hash bytea NOT NULL UNIQUE,
            created_at int8 NOT NULL,
            last_used_at int8,
            expires_at int8
        )
        """,
        "CREATE INDEX api_key_team ON api_key (team_id)",
        """
        CREATE TABLE connector (
            team_id int8 NOT NULL,
            identifier bytea NOT NULL,
            name bytea NOT NULL,
            description bytea,
            logo_name bytea,
            logo_type bytea,
            logo bytea,
            created_at int8 NOT NULL,
            updated_at int8 NOT NULL,
            configuration bytea NOT NULL,
            configuration_version int8 NOT NULL,
            configuration_created_at int8 NOT NULL,
            configuration_updated_at int8 NOT NULL,
            is_deleted bool NOT NULL DEFAULT false,
            PRIMARY KEY (team_id, identifier)
        )
        """,
        """
        CREATE TABLE secret (
            placeholder bytea PRIMARY KEY,
            team_id int8 NOT NULL,
            connector bytea NOT NULL,
            name bytea NOT NULL,
            ignores_case bool NOT NULL,
            sealed_value bytea NOT NULL,
            created_at int8 NOT NULL,
            updated_at int8 NOT NULL,
            UNIQUE (team_id, connector, name)
        )
        """,
        "CREATE TABLE sealed_key (name bytea PRIMARY KEY, sealed bytea NOT NULL)",
        """
        CREATE TABLE redaction_rules (
            team_id int8 PRIMARY KEY,
            rules bytea NOT NULL,
            updated_at int8 NOT NULL
        )
        """,
        """
        CREATE TABLE audit (
            number int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            at int8 NOT NULL,
            team_id int8 NOT NULL,
            key_id bytea NOT NULL,
            key_name bytea NOT NULL,
            action bytea NOT NULL,
            target bytea,
            request_id bytea NOT NULL
        )
        """,
        "CREATE INDEX audit_team ON audit (team_id, number)",
        "CREATE TABLE catalog_version (what text PRIMARY KEY, version int8 NOT NULL)",
        "INSERT INTO catalog_version (what, version) VALUES ('keys', 1), ('secrets', 1)",
    ]

    /// - `flow_id_lower` and `flow_name_lower` are the texts with letters of ASCII in lower case, for searches; null
    ///   where that is the text itself.
    /// - `status` as `FlowState.Status.number` says; `changed_at` is the latest `updatedAt` of a change.
    /// - Rows change again and again: pages keep room for it.
    static let flowStates = [
        """
        CREATE TABLE flow_state (
            team_id int8 NOT NULL,
            state_id bytea NOT NULL,
            flow_id bytea,
            flow_id_lower bytea,
            flow_name bytea,
            flow_name_lower bytea,
            flow_version bytea,
            status int8 NOT NULL,
            current_step bytea,
            user_name bytea,
            join_uri bytea,
            created_at int8 NOT NULL,
            is_created_stated bool NOT NULL,
            changed_at int8,
            last_action_at int8 NOT NULL,
            first_call_at int8,
            last_call_at int8,
            calls int8 NOT NULL,
            failed_calls int8 NOT NULL,
            faults int8 NOT NULL,
            PRIMARY KEY (team_id, state_id)
        ) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05)
        """,
        """
        CREATE INDEX flow_state_page ON flow_state (team_id, flow_id, last_action_at DESC, state_id)
        WHERE flow_id IS NOT NULL
        """,
        "CREATE INDEX flow_state_activity ON flow_state (team_id, last_action_at)",
        "CREATE INDEX flow_state_creation ON flow_state (team_id, created_at) WHERE flow_id IS NOT NULL",
    ]

    /// - `commit_clock`: the last number, and the last milliseconds of ids. One row that every commit changes.
    /// - `open_commit.opened_at` is PostgreSQL's own time, `begun_at` and `abandoned_at` that of servers.
    static let commits = [
        """
        CREATE TABLE idempotency (
            token bytea PRIMARY KEY,
            fingerprint bytea NOT NULL,
            answer bytea NOT NULL,
            created_at int8 NOT NULL
        )
        """,
        "CREATE INDEX idempotency_age ON idempotency (created_at)",
        """
        CREATE TABLE commit_clock (
            is_one bool PRIMARY KEY DEFAULT true CHECK (is_one),
            last int8 NOT NULL,
            milliseconds int8 NOT NULL
        ) WITH (fillfactor = 10)
        """,
        "INSERT INTO commit_clock (last, milliseconds) VALUES (0, 0)",
        """
        CREATE TABLE open_commit (
            number int8 PRIMARY KEY,
            opened_at int8 NOT NULL,
            begun_at int8 NOT NULL,
            is_abandoned bool NOT NULL DEFAULT false,
            abandoned_at int8
        ) WITH (fillfactor = 50)
        """,
        """
        CREATE TABLE connector_times (
            team_id int8 NOT NULL,
            identifier bytea NOT NULL,
            latest int8,
            last_commit int8 NOT NULL DEFAULT 0,
            PRIMARY KEY (team_id, identifier)
        ) WITH (fillfactor = 50)
        """,
    ]

    /// `pending_event` holds the events that were told: they are not to be told again.
    static let pendingParts = [
        """
        CREATE TABLE pending_part (
            number int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            team_id int8 NOT NULL,
            call bytea NOT NULL,
            kind int8 NOT NULL,
            arrived_at int8 NOT NULL,
            bytes int8 NOT NULL,
            entry bytea NOT NULL
        )
        """,
        "CREATE INDEX pending_part_call ON pending_part (team_id, call, kind, arrived_at, bytes, number)",
        "CREATE TABLE pending_event (event bytea PRIMARY KEY, told_at int8 NOT NULL)",
        "CREATE INDEX pending_event_age ON pending_event (told_at)",
    ]

    static let erasures = [
        """
        CREATE TABLE erasure (
            number int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            team_id int8 NOT NULL,
            kind bytea NOT NULL,
            target bytea NOT NULL,
            key_id bytea NOT NULL,
            requested_at int8 NOT NULL,
            completed_at int8,
            entries int8 NOT NULL DEFAULT 0,
            faults int8 NOT NULL DEFAULT 0,
            states int8 NOT NULL DEFAULT 0,
            unreadable_blocks int8 NOT NULL DEFAULT 0
        )
        """,
        "CREATE INDEX erasure_team ON erasure (team_id, number)",
        "CREATE INDEX erasure_open ON erasure (number) WHERE completed_at IS NULL",
    ]

    /// How far a copy into this store has come: one row at most, which stays when the copy is finished.
    static let copies = [
        """
        CREATE TABLE store_copy (
            is_one bool PRIMARY KEY DEFAULT true CHECK (is_one),
            source bytea NOT NULL,
            started_at int8 NOT NULL,
            kind int8,
            place bytea,
            copied_rows int8 NOT NULL,
            finished_at int8
        )
        """
    ]

    /// Of erasures under way: what each removes, and takes from flow states. Counts are null until all is counted.
    static let erasurePlans = [
        """
        CREATE TABLE erasure_plan (
            number int8 PRIMARY KEY,
            last_commit int8 NOT NULL,
            hidden_commits int8[] NOT NULL,
            entries int8,
            faults int8
        )
        """,
        """
        CREATE TABLE erasure_loss (
            number int8 NOT NULL,
            state_id bytea NOT NULL,
            calls int8 NOT NULL,
            failed_calls int8 NOT NULL,
            faults int8 NOT NULL,
            PRIMARY KEY (number, state_id)
        )
        """,
    ]

    /// A row that changes none of what indexes have changes within its page, and no index (heap-only tuples). The last action
    /// changes with every call: indexes have its hour, and what lies in one hour is sorted.
    static let flowStateHours = [
        "ALTER TABLE flow_state SET (fillfactor = 60)",
        """
        ALTER TABLE flow_state ADD COLUMN last_action_hour int8
        GENERATED ALWAYS AS (last_action_at / 3600000000) STORED
        """,
        "DROP INDEX flow_state_page",
        "DROP INDEX flow_state_activity",
        """
        CREATE INDEX flow_state_page ON flow_state (team_id, flow_id, last_action_hour DESC)
        WHERE flow_id IS NOT NULL
        """,
        "CREATE INDEX flow_state_activity ON flow_state (team_id, last_action_hour)",
    ]

    /// Of all that were ever stored; null where some were stored before.
    static let entryCounts = ["ALTER TABLE connector_times ADD COLUMN entries int8"]

    /// Counts the changes of a team's secrets and rules after which more is kept out of the log.
    static let secretVersions = ["CREATE TABLE secret_version (team_id int8 PRIMARY KEY, version int8 NOT NULL)"]
}
