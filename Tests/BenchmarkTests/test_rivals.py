"""The rivals' rows hold what the lines of the workload say, so that their figures are those of the same entries."""

import json
import sqlite3
from types import SimpleNamespace

import pytest
import rival_stores
from programs import Missing
from questions import QUESTIONS, Pick
from rival_stores import SqliteRows
from stages import WARM_UP


@pytest.fixture
def rows(tmp_path):
    return SqliteRows(SimpleNamespace(folder=tmp_path))


def test_rows_are_the_lines(rows, workload_file, records):
    result = rows.load(workload_file, batch=7)
    assert result["entries"] == len(records)
    store = sqlite3.connect(rows.path)
    store.row_factory = sqlite3.Row
    for row, record in zip(store.execute("SELECT * FROM entry ORDER BY id"), records, strict=True):
        for name in row.keys()[1:]:
            wanted = record.get(name)
            if name == "log_time":
                wanted = rows.instant(wanted)
            if name.endswith("_headers") and wanted is not None:
                assert json.loads(row[name]) == wanted
            else:
                assert row[name] == wanted, name


def test_texts_lose_their_escapes(rows, tmp_path):
    record = {"team_id": 1, "connector_identifier": "a", "log_time": "2026-11-01T00:00:00.000001Z", "outcome": "ok",
              "error_message": 'tab\t, line\n, "quote", \\, é, 𝄞, \u0001', "request_headers": {"a": '}"'},
              "unknown": [1, "]"], "response_body": "end\\"}
    path = tmp_path / "escapes.ndjson"
    compact = (",", ":")
    path.write_text(json.dumps(record, separators=compact) + "\n"
                    + json.dumps(record, separators=compact, ensure_ascii=False))
    assert rows.load(path, batch=1)["entries"] == 2
    store = sqlite3.connect(rows.path)
    found = store.execute("SELECT log_time, error_message, request_headers, response_body FROM entry").fetchall()
    assert found == [(rows.instant(record["log_time"]), record["error_message"], '{"a":"}\\""}', "end\\")] * 2


def test_questions_find_what_they_are_about(rows, workload_file, lines, records, tmp_path):
    rows.load(workload_file, batch=1000)
    for question in QUESTIONS:
        word = question.word
        line = next(line for line in lines if not word or word.search(line))
        pick = Pick.of(line, word.search(line)[1].decode() if word else "")
        parameters = tmp_path / "parameters.tsv"
        values = question.parameters(pick, 1, rows.instant)
        parameters.write_text(("\t".join(map(str, values)) + "\n") * (WARM_UP + 2))
        answer = rows.ask(question.sql.replace("{hour}", rows.hour), parameters, 5)
        assert len(answer["us"]) == 2
        assert len(answer["rows"]) == WARM_UP + 2
        assert set(answer["rows"]) == {expected(question.name, pick, records)}, question.name


def test_a_rival_that_is_missing_leaves_a_note(monkeypatch, tmp_path):
    def missing(name):
        raise Missing(f"no {name}")

    monkeypatch.setattr(rival_stores, "program", missing)
    monkeypatch.setattr(rival_stores.PostgresRows, "find_binaries", staticmethod(lambda: tmp_path))
    assert rival_stores.all_rivals(SimpleNamespace(folder=tmp_path), None, None, {}) == (
        {}, ["SQLite rows left out: no sqlite_rows", "PostgreSQL left out: no postgres_rows"])


def expected(name, pick, records):
    """The number of rows, by the lines themselves."""
    team = [record for record in records if record["team_id"] == pick.team]
    texts = lambda record, *names: any(pick.word in (record.get(name) or "") for name in names)
    return {
        "entry by id": lambda: 1,
        "entries of a state": lambda: sum(r["state_id"] == pick.state for r in team),
        "latest 100 of a connector before a time": lambda: min(100, sum(
            r["connector_identifier"] == pick.connector and r["log_time"] < pick.time for r in team)),
        "latest 100 failed of a team": lambda: min(100, sum(r["outcome"] == "failed" for r in team)),
        "outcomes by hour, a team's day": lambda: len(
            {r["log_time"][:13] for r in team if r["log_time"][:10] == pick.time[:10]}),
        "a rare word in error messages": lambda: sum(texts(r, "error_message") for r in team),
        "a rare word in bodies": lambda: sum(texts(r, "request_body", "response_body") for r in team),
        "any substring": lambda: 1,
    }[name]()
