-- A row an entry, with the columns and the indexes that one would make. {time} is the store's type of an instant.
CREATE TABLE entry (
    id {id},
    team_id bigint NOT NULL,
    connector_identifier text NOT NULL,
    log_time {time} NOT NULL,
    event text,
    method text,
    uri text,
    status integer,
    outcome text NOT NULL,
    duration_ms integer,
    request_id text,
    flow_id text,
    flow_name text,
    flow_version integer,
    state_id text,
    trace_id text,
    request_headers text,
    response_headers text,
    request_body text,
    response_body text,
    error_name text,
    error_message text
);
CREATE INDEX entry_time ON entry (team_id, log_time);
CREATE INDEX entry_connector ON entry (team_id, connector_identifier, log_time);
CREATE INDEX entry_state ON entry (team_id, state_id, log_time);
