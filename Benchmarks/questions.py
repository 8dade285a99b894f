"""What is asked of each store: the same picks as paths of our API and as SQL of the rivals.

A pick is an entry of the workload, drawn at random; an entry of a large team is drawn more often. All kinds are
answered of one team. Word and substring use the parameters below.
"""

import dataclasses
import datetime
import json
import re
import urllib.parse

from workloads import draw, moved

# The parameters of GET /v1/teams/{team}/logs that search texts.
WORD_PARAMETER = "word"
SUBSTRING_PARAMETER = "text"

SUMMARY = ("id, team_id, connector_identifier, log_time, event, method, uri, status, outcome, duration_ms, request_id, "
           "flow_id, flow_name, flow_version, state_id, trace_id, error_name, error_message")
TOKEN = re.compile(rb'"error_message":"[^"]*?\b([0-9a-f]{12})\b')
RECORD = re.compile(rb'\\"id\\":\\"([0-9a-f]{18})\\"')


@dataclasses.dataclass
class Pick:
    team: int
    connector: str
    time: str
    state: str
    word: str = ""
    identifier: str = ""

    @classmethod
    def of(cls, line, word=""):
        entry = json.loads(line)
        return cls(entry["team_id"], entry["connector_identifier"], entry["log_time"], entry["state_id"], word)

    @property
    def part(self):
        """Nine characters of within the word: no index of words knows them."""
        return self.word[2:11]

    @property
    def day(self):
        """The entry's day, and the one after it."""
        first = datetime.date.fromisoformat(self.time[:10])
        return [f"{date}T00:00:00Z" for date in (first, first + datetime.timedelta(days=1))]

    def later(self):
        moment = datetime.datetime.fromisoformat(self.time) + datetime.timedelta(seconds=1)
        return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@dataclasses.dataclass
class Question:
    name: str
    path: callable
    sql: str
    parameters: callable  # of a pick and of the number of a row; `at` makes a rival's time
    word: re.Pattern = None  # a pick needs one of these


def list_sql(condition, order="log_time DESC"):
    return f"SELECT {SUMMARY} FROM entry WHERE team_id = $1 AND {condition} ORDER BY {order} LIMIT 100"


def logs(pick, **members):
    return f"/v1/teams/{pick.team}/logs?{urllib.parse.urlencode(members)}"


QUESTIONS = [
    Question("entry by id", lambda p: f"/v1/teams/{p.team}/logs/{p.identifier}",
             "SELECT * FROM entry WHERE id = $1", lambda p, row, at: [row]),
    Question("entries of a state", lambda p: f"/v1/teams/{p.team}/states/{urllib.parse.quote(p.state)}/logs",
             list_sql("state_id = $2", "log_time"), lambda p, row, at: [p.team, p.state]),
    Question("latest 100 of a connector before a time",
             lambda p: f"/v1/teams/{p.team}/connector_builder/connectors/{p.connector}/logs?limit=100&before={p.time}",
             list_sql("connector_identifier = $2 AND log_time < $3"),
             lambda p, row, at: [p.team, p.connector, at(p.time)]),
    Question("latest 100 failed of a team", lambda p: logs(p, outcome="failed", limit=100),
             list_sql("outcome = 'failed'"), lambda p, row, at: [p.team]),
    Question("outcomes by hour, a team's day",
             lambda p: "/v1/teams/{}/stats/outcomes?interval=hour&from={}&to={}".format(p.team, *p.day),
             "SELECT {hour}, sum(CASE outcome WHEN 'ok' THEN 1 ELSE 0 END), "
             "sum(CASE outcome WHEN 'ok' THEN 0 ELSE 1 END) FROM entry "
             "WHERE team_id = $1 AND log_time >= $2 AND log_time < $3 GROUP BY 1 ORDER BY 1",
             lambda p, row, at: [p.team, *map(at, p.day)]),
    Question("a rare word in error messages", lambda p: logs(p, **{WORD_PARAMETER: p.word}),
             list_sql("error_message LIKE $2"), lambda p, row, at: [p.team, f"%{p.word}%"], TOKEN),
    Question("a rare word in bodies", lambda p: logs(p, **{WORD_PARAMETER: p.word}),
             list_sql("(request_body LIKE $2 OR response_body LIKE $2)"), lambda p, row, at: [p.team, f"%{p.word}%"],
             RECORD),
    Question("any substring", lambda p: logs(p, **{SUBSTRING_PARAMETER: p.part}),
             list_sql("(uri LIKE $2 OR error_name LIKE $2 OR error_message LIKE $2 OR request_body LIKE $2 "
                      "OR response_body LIKE $2)"), lambda p, row, at: [p.team, f"%{p.part}%"], TOKEN),
]


def pick_all(path, choice, count, copies=1, first_day=0, lean=False):
    """`count` picks for each question, by its name. With copies, each pick is of one of them."""
    picks = {}
    for question in QUESTIONS:
        if lean and question.word is RECORD:
            continue
        word = question.word
        lines = draw(path, choice, count, (lambda line: word.search(line)) if word else (lambda line: True))
        if copies > 1 or first_day:
            lines = [moved(line, copy, first_day + copy) for line in lines for copy in [choice.randrange(copies)]]
        picks[question.name] = [Pick.of(line, word.search(line)[1].decode() if word else "") for line in lines]
    return picks


def rows_of(answer):
    """How many rows our answer has; of counts, how many hours with entries."""
    if "logs" in answer:
        return len(answer["logs"])
    if "buckets" in answer:
        return sum(bucket["ok"] + bucket["failed"] > 0 for bucket in answer["buckets"])
    return 1


def statistics(microseconds):
    times = sorted(microseconds)
    return {"n": len(times), "median_ms": round(times[len(times) // 2] / 1e3, 3),
            "p99_ms": round(times[int(len(times) * 0.99)] / 1e3, 3), "max_ms": round(times[-1] / 1e3, 3)}
