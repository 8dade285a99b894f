import ConnectorLogCore
import GRDB

/// Writes what batches say of flow states, within the batch's own transaction.
struct FlowStateWriter {
    static let hour: Int64 = 3_600_000_000

    let db: Database
    let texts: FlowTexts
    /// Up to which block the calls of a state are counted that is written here.
    let lastBlock: Int64

    /// A fault makes a state that is in progress a failed one. Failed calls alone do not: flows may go on without them.
    func apply(_ key: FlowStateKey, _ delta: FlowStateDelta) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO flow_state (
                    team_id, state_id, flow, name, version, status, created_at, last_action_at,
                    active_hour, first_call_at, last_call_at, calls, failed_calls, faults, counted_block)
                VALUES (?1, ?2, ?3, ?4, ?5, iif(?13 > 0, ?14, ?15), ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?16)
                ON CONFLICT (team_id, state_id) DO UPDATE SET
                    flow = coalesce(excluded.flow, flow),
                    name = coalesce(excluded.name, name),
                    version = coalesce(excluded.version, version),
                    status = iif(excluded.faults > 0 AND status = ?15, ?14, status),
                    created_at = iif(is_created_stated, created_at, min(created_at, excluded.created_at)),
                    last_action_at = max(last_action_at, excluded.last_action_at),
                    active_hour = max(active_hour, excluded.active_hour),
                    first_call_at = min(coalesce(first_call_at, excluded.first_call_at),
                                        coalesce(excluded.first_call_at, first_call_at)),
                    last_call_at = max(coalesce(last_call_at, excluded.last_call_at),
                                       coalesce(excluded.last_call_at, last_call_at)),
                    calls = calls + excluded.calls,
                    failed_calls = failed_calls + excluded.failed_calls,
                    faults = faults + excluded.faults,
                    counted_block = excluded.counted_block
                """)
        try statement.execute(arguments: [
            key.teamID, key.stateID, try texts.number(of: delta.flowID, in: db),
            try texts.number(of: delta.flowName, in: db), try texts.number(of: delta.flowVersion, in: db),
            delta.first, delta.last, delta.last / Self.hour, delta.firstCall, delta.lastCall, delta.calls,
            delta.failedCalls, delta.faults, FlowState.Status.failed.number, FlowState.Status.inProgress.number,
            lastBlock,
        ])
    }

    /// A change that is older than one seen before fills in what is unknown, but overwrites nothing.
    func apply(_ changes: [StateChange]) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO flow_state (
                    team_id, state_id, flow, name, version, status, changed_at, current_step, user,
                    join_uri, created_at, is_created_stated, last_action_at, active_hour, counted_block)
                VALUES (?1, ?2, ?3, ?4, ?5, coalesce(?6, ?13), ?7, ?8, ?9, ?10, coalesce(?11, ?7),
                        ?11 IS NOT NULL, ?7, ?12, ?14)
                ON CONFLICT (team_id, state_id) DO UPDATE SET
                    flow = iif(excluded.changed_at >= coalesce(changed_at, excluded.changed_at),
                                  coalesce(?3, flow), coalesce(flow, ?3)),
                    name = iif(excluded.changed_at >= coalesce(changed_at, excluded.changed_at),
                                    coalesce(?4, name), coalesce(name, ?4)),
                    version = iif(excluded.changed_at >= coalesce(changed_at, excluded.changed_at),
                                       coalesce(?5, version), coalesce(version, ?5)),
                    status = iif(excluded.changed_at >= coalesce(changed_at, excluded.changed_at),
                                 coalesce(?6, status), status),
                    current_step = iif(excluded.changed_at >= coalesce(changed_at, excluded.changed_at),
                                       coalesce(?8, current_step), coalesce(current_step, ?8)),
                    user = iif(excluded.changed_at >= coalesce(changed_at, excluded.changed_at),
                               coalesce(?9, user), coalesce(user, ?9)),
                    join_uri = iif(excluded.changed_at >= coalesce(changed_at, excluded.changed_at),
                                   coalesce(?10, join_uri), coalesce(join_uri, ?10)),
                    created_at = CASE
                        WHEN ?11 IS NOT NULL AND (NOT is_created_stated OR changed_at IS NULL
                            OR excluded.changed_at >= changed_at) THEN ?11
                        WHEN is_created_stated THEN created_at
                        ELSE min(created_at, ?7) END,
                    is_created_stated = max(is_created_stated, ?11 IS NOT NULL),
                    last_action_at = max(last_action_at, excluded.last_action_at),
                    active_hour = max(active_hour, excluded.active_hour),
                    changed_at = max(coalesce(changed_at, excluded.changed_at), excluded.changed_at)
                """)
        for change in changes {
            let updatedAt = change.updatedAt.microseconds
            try statement.execute(arguments: [
                change.teamID, change.stateID, try texts.number(of: change.flowID, in: db),
                try texts.number(of: change.flowName, in: db), try texts.number(of: change.flowVersion, in: db),
                change.status?.number, updatedAt, change.currentStep, change.user, change.joinURI,
                change.createdAt?.microseconds, updatedAt / Self.hour, FlowState.Status.inProgress.number, lastBlock,
            ])
        }
    }
}

extension FlowState.Status {
    /// In table `flow_state`.
    var number: Int64 {
        switch self {
        case .inProgress: 0
        case .done: 1
        case .failed: 2
        case .expired: 3
        }
    }

    init?(number: Int64) {
        guard let status = Self.allCases.first(where: { $0.number == number }) else { return nil }
        self = status
    }
}
