"""What one would write by hand to ask ClickHouse the same questions (questions.py), on the server's own tables.

They are the best that could be found: one statement each, whose conditions the primary key answers, that selects no column
more than our answer needs, leaves commits out of account, and is answered in binary. Places in the other two tables are
subqueries, which ClickHouse 18 evaluates before it looks at its index; so no second request is needed. Where several ways
are about as good there are several, each with one thread and with as many as ClickHouse likes: the run tries all of them,
and the fastest is what we are held against.

They look for the same as our question: a text in either case, in all the columns that the API looks into.
"""

import dataclasses
import datetime

from questions import QUESTIONS, Pick, Question

CALL = "team_id, log_time, id, status, outcome, duration, absent, connector, event, method, uri, request_id"
SUMMARY = f"{CALL}, flow_id, flow_name, flow_version, state_id, trace_id, span_id, error_name, error_message"
WHOLE = (f"{SUMMARY}, request_headers, response_headers, request_body, request_body_attributes, response_body, "
         "response_body_attributes, attributes, receipt, details_removed_at")
FAULT = ("id, team_id, occurred_at, absent, name, state_id, flow_id, flow_name, flow_version, connector, entry_request_id, "
         "kind, uri, message, status_code, response_headers, response_body, response_body_attributes, invoke_type, action, "
         "receipt, details_removed_at")
TEXTS = ("uri", "error_name", "error_message", "request_body", "response_body")
FAILED, HOUR = 1, 3_600_000_000
NEWEST = "ORDER BY log_time DESC, id DESC LIMIT 100"


@dataclasses.dataclass
class Statement:
    label: str
    sql: callable  # of a pick
    settings: dict = dataclasses.field(default_factory=dict)


def instant(text):
    moment = datetime.datetime.fromisoformat(text) - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    return moment // datetime.timedelta(microseconds=1)


def by_id(pick):
    one = f"team_id = {pick.team} AND id = unhex('{pick.identifier.replace('-', '')}')"
    return (f"SELECT {WHOLE} FROM entries WHERE {one} AND (connector, log_time) IN "
            f"(SELECT connector, log_time FROM entries_by_id WHERE {one}) LIMIT 1")


def by_state(pick):
    return (f"SELECT {SUMMARY} FROM entries WHERE team_id = {pick.team} AND (connector, log_time, id) IN "
            f"(SELECT connector, log_time, id FROM entries_by_state "
            f"WHERE team_id = {pick.team} AND state_id = '{pick.state}') ORDER BY log_time, id LIMIT 100")


def within_state(pick):
    """By the connectors of the state and its first and last time: a range of the key instead of a set of places."""
    place = f"FROM entries_by_state WHERE team_id = {pick.team} AND state_id = '{pick.state}'"
    return (f"SELECT {SUMMARY} FROM entries WHERE team_id = {pick.team} AND connector IN (SELECT connector {place}) "
            f"AND log_time >= (SELECT min(log_time) {place}) AND log_time <= (SELECT max(log_time) {place}) "
            f"AND state_id = '{pick.state}' ORDER BY log_time, id LIMIT 100")


def newest(columns, condition):
    return f"SELECT {columns} FROM entries WHERE {condition} {NEWEST}"


def newest_late(columns, condition):
    """The times first: texts are read of what is behind the hundredth alone."""
    times = f"SELECT log_time FROM entries WHERE {condition} ORDER BY log_time DESC LIMIT 100"
    return newest(columns, f"{condition} AND log_time >= (SELECT min(log_time) FROM ({times}))")


def of_connector(pick):
    return f"team_id = {pick.team} AND connector = '{pick.connector}' AND log_time < {instant(pick.time)}"


def failed(pick):
    return f"team_id = {pick.team} AND outcome = {FAILED}"


def by_hour(pick):
    first, last = map(instant, pick.day)
    return (f"SELECT intDiv(log_time, {HOUR}) AS hour, toInt64(count()) - toInt64(sum(outcome)), toInt64(sum(outcome)) "
            f"FROM entries WHERE team_id = {pick.team} AND log_time >= {first} AND log_time < {last} "
            "GROUP BY hour ORDER BY hour")


def holds(text):
    return "(" + " OR ".join(f"positionCaseInsensitive({column}, '{text}') > 0" for column in TEXTS) + ")"


def with_text(text):
    def plain(pick):
        return f"SELECT {SUMMARY} FROM entries WHERE team_id = {pick.team} AND {holds(text(pick))} {NEWEST}"

    def read_first(pick):
        """Texts before all other columns, which are then read of few rows."""
        return f"SELECT {SUMMARY} FROM entries PREWHERE team_id = {pick.team} AND {holds(text(pick))} {NEWEST}"

    return [("plain", plain), ("prewhere", read_first)]


def faults(pick):
    return f"SELECT {FAULT} FROM faults WHERE team_id = {pick.team} ORDER BY occurred_at DESC, id DESC LIMIT 100"


# Asked of a shared store alone: the rivals of the embedded one have no table of faults.
FAULTS = Question("latest 100 root faults of a team", lambda p: f"/v1/teams/{p.team}/faults?limit=100", "", None)
SHARED_QUESTIONS = [*QUESTIONS, FAULTS]

WAYS = {
    "entry by id": [("places", by_id)],
    "entries of a state": [("places", by_state), ("range", within_state)],
    "latest 100 of a connector before a time": [
        ("plain", lambda p: newest(CALL, of_connector(p))), ("times first", lambda p: newest_late(CALL, of_connector(p)))],
    "latest 100 failed of a team": [
        ("plain", lambda p: newest(SUMMARY, failed(p))), ("times first", lambda p: newest_late(SUMMARY, failed(p)))],
    "outcomes by hour, a team's day": [("plain", by_hour)],
    "a rare word in error messages": with_text(lambda p: p.word),
    "a rare word in bodies": with_text(lambda p: p.word),
    "any substring": with_text(lambda p: p.part),
    FAULTS.name: [("plain", faults)],
}
STATEMENTS = {
    name: [Statement(label + more, sql, settings) for label, sql in ways
           for more, settings in (("", {}), (", one thread", {"max_threads": "1"}))]
    for name, ways in WAYS.items()
}


# MARK: - What is compared

def key_of(name):
    """What is selected of a statement's rows to tell whether they are ours."""
    return "*" if name == "outcomes by hour, a team's day" else "lower(hex(id))"


def keys_of_ours(name, answer):
    """The same of our answer, as texts."""
    if "buckets" in answer:
        return [[str(instant(bucket["start"]) // HOUR), str(bucket["ok"]), str(bucket["failed"])]
                for bucket in answer["buckets"] if bucket["ok"] + bucket["failed"]]
    rows = answer["faults"] if name == FAULTS.name else answer.get("logs", [answer])
    return [[row["id"].replace("-", "")] for row in rows]


def of_team(pick, team):
    return Pick(team, pick.connector, pick.time, pick.state)
