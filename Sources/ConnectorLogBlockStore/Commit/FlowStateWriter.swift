import ConnectorLogCore
import GRDB

/// Writes what batches say of flow states, within the batch's own transaction.
enum FlowStateWriter {
    static let hour: Int64 = 3_600_000_000

    /// A fault makes a state that is in progress a failed one. Failed calls alone do not: flows may go on without them.
    static func apply(_ deltas: [FlowStateKey: FlowStateDelta], in db: Database) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO flow_state (
                    team_id, state_id, flow_id, flow_name, flow_version, status, created_at, last_action_at,
                    active_hour, first_call_at, last_call_at, calls, failed_calls, faults)
                VALUES (?1, ?2, ?3, ?4, ?5, iif(?13 > 0, 'failed', 'in_progress'), ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
                ON CONFLICT (team_id, state_id) DO UPDATE SET
                    flow_id = coalesce(excluded.flow_id, flow_id),
                    flow_name = coalesce(excluded.flow_name, flow_name),
                    flow_version = coalesce(excluded.flow_version, flow_version),
                    status = iif(excluded.faults > 0 AND status = 'in_progress', 'failed', status),
                    created_at = iif(is_created_stated, created_at, min(created_at, excluded.created_at)),
                    last_action_at = max(last_action_at, excluded.last_action_at),
                    active_hour = max(active_hour, excluded.active_hour),
                    first_call_at = min(coalesce(first_call_at, excluded.first_call_at),
                                        coalesce(excluded.first_call_at, first_call_at)),
                    last_call_at = max(coalesce(last_call_at, excluded.last_call_at),
                                       coalesce(excluded.last_call_at, last_call_at)),
                    calls = calls + excluded.calls,
                    failed_calls = failed_calls + excluded.failed_calls,
                    faults = faults + excluded.faults
                """)
        for (key, delta) in deltas {
            try statement.execute(arguments: [
                key.teamID, key.stateID, delta.flowID, delta.flowName, delta.flowVersion, delta.first, delta.last,
                delta.last / hour, delta.firstCall, delta.lastCall, delta.calls, delta.failedCalls, delta.faults,
            ])
        }
    }

    /// A change that is older than one seen before fills in what is unknown, but overwrites nothing.
    static func apply(_ changes: [StateChange], in db: Database) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO flow_state (
                    team_id, state_id, flow_id, flow_name, flow_version, status, changed_at, current_step, user,
                    join_uri, created_at, is_created_stated, last_action_at, active_hour)
                VALUES (?1, ?2, ?3, ?4, ?5, coalesce(?6, 'in_progress'), ?7, ?8, ?9, ?10, coalesce(?11, ?7),
                        ?11 IS NOT NULL, ?7, ?12)
                ON CONFLICT (team_id, state_id) DO UPDATE SET
                    flow_id = iif(excluded.changed_at >= coalesce(changed_at, excluded.changed_at),
                                  coalesce(?3, flow_id), coalesce(flow_id, ?3)),
                    flow_name = iif(excluded.changed_at >= coalesce(changed_at, excluded.changed_at),
                                    coalesce(?4, flow_name), coalesce(flow_name, ?4)),
                    flow_version = iif(excluded.changed_at >= coalesce(changed_at, excluded.changed_at),
                                       coalesce(?5, flow_version), coalesce(flow_version, ?5)),
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
                change.teamID, change.stateID, change.flowID, change.flowName, change.flowVersion,
                change.status?.rawValue, updatedAt, change.currentStep, change.user, change.joinURI,
                change.createdAt?.microseconds, updatedAt / hour,
            ])
        }
    }
}
