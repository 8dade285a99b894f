"""The statements by hand ask what our API is asked, and answers that differ end the run; straight rows are the server's."""

import json
import os
import random
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
import run
import shared
from databases import ClickHouse
from programs import Missing
from questions import Pick
from server import Ports
from statements import FAULTS, HOUR, SHARED_QUESTIONS, STATEMENTS, key_of, keys_of_ours

ID = "01a22659-06f8-7000-800e-fa0ab69faf32"
PICK = Pick(3, "crm", "2026-11-01T12:30:00.5Z", "a-state", "0123456789ab", ID)


@pytest.fixture(scope="module")
def clickhouse(tmp_path_factory):
    options = SimpleNamespace(dir=tmp_path_factory.mktemp("clickhouse"), ports=Ports())
    try:
        ClickHouse.find_binary()
    except Missing as missing:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(missing))
    with ClickHouse(options).running() as server:
        server.ask(f"CREATE DATABASE {server.database}")
        yield server


def test_each_question_has_a_statement():
    assert set(STATEMENTS) == {question.name for question in SHARED_QUESTIONS}
    assert all(len({way.label for way in ways}) == len(ways) for ways in STATEMENTS.values())


def test_a_statement_is_one_path():
    path = shared.statement_path(STATEMENTS["entry by id"][1], PICK)
    assert path.startswith("/?max_threads=1&database=log&query=SELECT+")
    assert " " not in path and "\n" not in path and len(path) < 16_384  # what ClickHouse takes as an address


def test_both_sides_say_what_they_found_alike():
    assert keys_of_ours("entry by id", {"id": ID}) == [[ID.replace("-", "")]]
    assert keys_of_ours("entries of a state", {"logs": [{"id": ID}]}) == [[ID.replace("-", "")]]
    assert keys_of_ours(FAULTS.name, {"faults": [{"id": ID}]}) == [[ID.replace("-", "")]]
    buckets = [{"start": "2026-11-01T01:00:00.000000Z", "ok": 5, "failed": 1},
               {"start": "2026-11-01T02:00:00.000000Z", "ok": 0, "failed": 0}]
    assert keys_of_ours("outcomes by hour, a team's day", {"buckets": buckets}) == [
        [str(1793494800_000_000 // HOUR), "5", "1"]]


def test_other_rows_end_the_run():
    answer = {"logs": [{"id": ID}]}
    question = next(question for question in SHARED_QUESTIONS if question.name == "entries of a state")
    store = SimpleNamespace(server=SimpleNamespace(get=lambda path: answer),
                            clickhouse=SimpleNamespace(rows=lambda sql, **settings: [[ID.replace("-", "")]]))
    shared.check(store, question, STATEMENTS[question.name][0], [PICK])
    store.clickhouse.rows = lambda sql, **settings: []
    with pytest.raises(SystemExit, match="1 rows of ours, 0 by hand"):
        shared.check(store, question, STATEMENTS[question.name][0], [PICK])


def test_databases_that_are_missing_leave_the_stage_out(monkeypatch):
    def missing():
        raise Missing("no ClickHouse")

    monkeypatch.setitem(run.PREPARATIONS, "shared", missing)
    options = SimpleNamespace(only=["full", "shared"], check=False)
    assert (run.left_out(options), options.only) == (["no ClickHouse"], ["full"])
    with pytest.raises(Missing):
        run.left_out(SimpleNamespace(only=["shared"], check=True))


# MARK: - On a ClickHouse

def test_without_codecs_parts_that_last_are_zstd(clickhouse):
    digits = random.Random(1)
    for table, rows, method in (("few", 1_000, 0x82), ("many", 100_000, 0x90)):
        clickhouse.ask(f"CREATE TABLE log.{table} (a String) ENGINE = MergeTree ORDER BY a")
        lines = b"".join(b"%064x\n" % digits.getrandbits(256) for _ in range(rows))
        clickhouse.bytes_of(f"INSERT INTO log.{table} FORMAT TSV", lines)
        clickhouse.ask(f"OPTIMIZE TABLE log.{table} FINAL")
        part = clickhouse.ask(f"SELECT path FROM system.parts WHERE table = '{table}' AND active").strip()
        # A block begins with its checksum of 16 bytes and the number of its method: 0x90 is zstd, 0x82 LZ4.
        assert (Path(part) / "a.bin").read_bytes()[16] == method, table


def test_statements_are_what_clickhouse_understands(clickhouse):
    make_tables(clickhouse)
    for name, ways in STATEMENTS.items():
        for way in ways:
            rows = clickhouse.rows(f"SELECT {key_of(name)} FROM ({way.sql(PICK)})", database="log", **way.settings)
            assert rows == [], (name, way.label)


def make_tables(clickhouse):
    """With as many columns as the statements name."""
    integers = {"team_id", "log_time", "occurred_at", "status", "outcome", "duration", "absent", "status_code",
                "request_body_attributes", "response_body_attributes", "details_removed_at"}
    named = set(re.findall(r"\b[a-z]+(?:_[a-z]+)*\b", " ".join(
        way.sql(PICK) for ways in STATEMENTS.values() for way in ways)))
    columns = ", ".join(
        f"{name} {'Int64' if name in integers else 'FixedString(16)' if name == 'id' else 'String'}"
        for name in sorted(named - {"hour", "entries", "entries_by_id", "entries_by_state", "faults", "a", "crm"}))
    for table in shared.TABLES:
        clickhouse.ask(f"CREATE TABLE IF NOT EXISTS log.{table} ({columns}) ENGINE = MergeTree ORDER BY team_id")


def test_rows_go_straight_from_the_servers_tables(clickhouse, tmp_path):
    columns = "commit UInt64, team_id Int64, log_time Int64, id FixedString(16), connector String, state_id String"
    clickhouse.ask("CREATE DATABASE arrival")
    for table in shared.TABLES[:3]:
        clickhouse.ask(f"DROP TABLE IF EXISTS log.{table}")
        clickhouse.ask(f"CREATE TABLE log.{table} ({columns}) ENGINE = MergeTree ORDER BY (team_id, log_time)")
    rows = "".join(json.dumps({"commit": 1, "team_id": n % 3, "log_time": n, "id": f"{n:016}", "connector": "crm",
                               "state_id": "" if n % 2 else "s"}) + "\n" for n in range(1000))
    clickhouse.bytes_of("INSERT INTO log.entries FORMAT JSONEachRow", rows.encode())
    straight = shared.Straight(clickhouse, SimpleNamespace(folder=tmp_path))
    found = {}
    insert = straight.insert
    straight.insert = lambda files: (insert(files), found.update({table: int(clickhouse.ask(
        f"SELECT count() FROM straight.{table}")) for table in files}))
    result = straight.measure()
    assert result["rows"] == 1000 and result["entries_per_s"] > 0
    assert found == {"entries": 1000, "entries_by_id": 1000, "entries_by_state": 500}
    assert list((tmp_path / "straight").iterdir()) == []
    assert "straight" not in clickhouse.ask("SHOW DATABASES")
