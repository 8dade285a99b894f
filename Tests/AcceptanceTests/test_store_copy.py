"""A store is copied to ClickHouse and PostgreSQL and back, killed on the way again and again, and answers as it did."""

import os
import pathlib
import random
import signal
import subprocess
import time

import pytest

from databases import ARE_THERE
from entries import PICTURE, entry, instant
from server import BINARY, NO_RATE_LIMIT, clean_environment, command
from shared import SharedServer

pytestmark = pytest.mark.skipif(
    not ARE_THERE and os.environ.get("CI") != "true", reason="ClickHouse and PostgreSQL are not installed")

KEYS = {
    "CONNECTORLOG_MASTER_KEY": "5a" * 32,
    "CONNECTORLOG_ADMIN_KEY": "clk_owner-of-stores-that-are-copied-0123456789ab",
}
OTHER_MASTER_KEY = "6b" * 32
SECRET = "made-up-value-of-a-secret-0815"


@pytest.fixture
def shared(databases):
    """Empty tables."""
    clickhouse, postgres = databases
    clickhouse.query("DROP DATABASE IF EXISTS log")
    psql(postgres, "DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    where = ("--store", clickhouse.url, "--catalog", postgres.url)
    migrated = command("store", "migrate", *where)
    assert migrated.returncode == 0, migrated.stderr
    return clickhouse, postgres


def psql(postgres, sql):
    answer = subprocess.run(["psql", "-X", "-q", "-t", "-A", "-c", sql, postgres.url], capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.strip()


def ends(one, other):
    def flags(end, side):
        if isinstance(end, pathlib.Path):
            return [f"--{side}", str(end)]
        clickhouse, postgres = end
        return [f"--{side}", clickhouse.url, f"--{side}-catalog", postgres.url]
    return [*flags(one, "from"), *flags(other, "to")]


def copy(one, other, *more, **environment):
    return command("store", "copy", *ends(one, other), *more, environment=KEYS | environment, timeout=300)


def serve(where, folder, environment=KEYS):
    """A server on a directory, or on databases."""
    if isinstance(where, pathlib.Path):
        return SharedServer(where, NO_RATE_LIMIT, dict(environment)).start()
    clickhouse, postgres = where
    return SharedServer(
        folder / "data-of-shared", ("--store", clickhouse.url, "--catalog", postgres.url, *NO_RATE_LIMIT),
        dict(environment)).start()


def fill(server, entries=3000):
    """Some of everything that a server takes."""
    server.create_team("Other", 2)
    server.create_team("Gone", 9)
    recorder, other = server.create_key("recorder"), server.create_key("recorder", 2)
    revoked = server.post_json("/v1/teams/1/keys", {"name": "revoked", "role": "viewer"}).json
    assert server.request("DELETE", f"/v1/teams/1/keys/{revoked['id']}").status in (200, 204)
    connectors = "/v1/teams/1/connector_builder/connectors"
    made = server.request("POST", connectors, "title=Ümläute&description=made+by+hand".encode(),
                          headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert made.status == 201, made
    form = b"--b\r\nContent-Disposition: form-data; name=\"logo\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n"
    logo = server.request(
        "POST", f"{connectors}/{made.json['connector_identifier']}/logo", form + PICTURE + b"\r\n--b--\r\n",
        headers={"Content-Type": "multipart/form-data; boundary=b"})
    assert logo.status == 201, logo
    assert server.post_json("/v1/teams/1/secrets", {"secret_name": "token", "secret_value": SECRET}).status == 201
    rules = server.request(
        "PUT", "/v1/teams/1/redaction", b'{"names":["customer_number"]}', headers={"Content-Type": "application/json"})
    assert rules.status in (200, 204), rules
    for team, key in ((1, recorder), (2, other)):
        for start in range(0, entries, 500):
            lines = [entry(["crm", "shop", "mail"][n % 3], n, status=[200, 201, 404, 500][n % 4],
                           log_time=instant(n * 97_000_000), state_id=f"run-{n // 7}", event=["data.load", "data.save"][n % 2],
                           request_body=f"it is {SECRET if team == 1 else 'nothing'}! {n}")
                     for n in range(start, min(start + 500, entries))]
            answer = server.ingest(lines, key, Idempotency_Key=f"{team}-{start}")
            assert answer.json["accepted"] == len(lines), answer
        states = [{"type": "state", "state_id": f"run-{n}", "flow_id": "nightly-sync", "status": "done",
                   "current_step": f"step {n}", "user": "ada", "updated_at": instant(n * 10_000_000)} for n in range(40)]
        faults = [{"type": "fault", "name": "Bad Gateway", "occurred_at": instant(n * 500_000_000),
                   "state_id": f"run-{n}", "message": f"upstream {n}", "status_code": 502,
                   "response_body": "<html>no</html>"} for n in range(30)]
        answer = server.ingest(states + faults, key)
        assert answer.json["accepted"] == 70, answer.json
    erase(server, f"/v1/teams/1/logs/{first(server, 1)['id']}")
    erase(server, "/v1/teams/2/states/run-11")
    assert server.request("DELETE", "/v1/teams/9").status in (200, 204)
    return recorder


def first(server, team):
    return server.get(f"/v1/teams/{team}/logs?limit=1").json["logs"][0]


def erase(server, path):
    answer = server.request("DELETE", path)
    assert answer.status in (200, 202, 204), (path, answer)


PAGES = [
    ("/v1/teams", "teams"), ("/v1/teams/{}/logs", "logs"), ("/v1/teams/{}/logs?connector=crm", "logs"),
    ("/v1/teams/{}/logs?status=5xx", "logs"), ("/v1/teams/{}/logs?text=leads/77?", "logs"),
    ("/v1/teams/{}/faults", "faults"), ("/v1/teams/{}/flows", "flows"),
    ("/v1/teams/{}/flows/nightly-sync/states", "states"),
]
SINGLE = [
    "/v1/teams/{}/connector_builder/connectors", "/v1/teams/{}/connector_builder/connectors/crm", "/v1/teams/{}/secrets",
    "/v1/teams/{}/redaction", "/v1/teams/{}/retention", "/v1/teams/{}/keys", "/v1/teams/{}/erasures", "/v1/teams/{}/audit",
    "/v1/teams/{}/states/run-3", "/v1/teams/{}/states/run-3/logs", "/v1/teams/{}/states/run-11",
    "/v1/teams/{}/logs?request_id=none", "/v1/teams/{}/stats/outcomes", "/v1/audit",
]


def without_addresses(value):
    """Answers say where they come from, when, and under which request."""
    if isinstance(value, dict):
        return {name: without_addresses(member) for name, member in value.items()
                if name not in ("meta", "next_cursor", "last_used_at") and not name.endswith("url")}
    return [without_addresses(member) for member in value] if isinstance(value, list) else value


def answers(server):
    """All that the server says of its store."""
    said = {}
    for team in (1, 2, 9):
        for path, member in PAGES:
            path = path.format(team)
            if server.get(path).status == 200:
                said[path] = without_addresses(server.pages(path, member, limit=500))
        for path in SINGLE:
            answer = server.get(path.format(team))
            said[path.format(team)] = (answer.status, without_addresses(answer.json))
        for row in said.get(f"/v1/teams/{team}/logs", [])[::97]:
            answer = server.get(f"/v1/teams/{team}/logs/{row['id']}")
            assert answer.status == 200
            said[row["id"]] = without_addresses(answer.json)
        before, rows = None, []
        while team < 9:
            page = server.get(
                f"/v1/teams/{team}/connector_builder/connectors/shop/logs?limit=100"
                + (f"&before={before}" if before else "")).json["logs"]
            if not page:
                break
            rows += page
            before = page[-1]["log_time"].replace("+", "%2B")
        said[f"by before {team}"] = without_addresses(rows)
    return said


def expect_same(one, other):
    assert one.keys() == other.keys()
    for name in one:
        assert other[name] == one[name], name


def copy_with_kills(one, other, seed, kills=8):
    """Kills the copy ever later, by steps that are drawn, until it ends by itself; returns how often.

    A time that does not grow would either let a fast machine finish at once or a slow one never begin."""
    steps, patience, killed = random.Random(seed), 0.0, 0
    while True:
        patience += steps.uniform(0.02, 0.15)
        process = subprocess.Popen(
            [BINARY, "store", "copy", *ends(one, other)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, env=clean_environment(KEYS))
        try:
            output, errors = process.communicate(timeout=patience if killed < kills else 300)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.communicate()
            killed += 1
            continue
        if process.returncode == 75 and "another copy" in errors:
            # PostgreSQL has not yet noticed that the last one is gone.
            time.sleep(0.05)
            continue
        assert process.returncode == 0, errors
        return killed, output


# MARK: All ways


def test_a_store_moves_to_databases_and_back_whatever_is_killed(make_folder, shared):
    source, back = make_folder / "source", make_folder / "back"
    server = serve(source, make_folder)
    recorder = fill(server)
    server.restart()
    said = answers(server)
    assert len(said["/v1/teams/1/logs"]) == 2999 and len(said["/v1/teams/1/faults"]) == 30
    assert server.stop() == 0

    killed, _ = copy_with_kills(source, shared, 1)
    there = serve(shared, make_folder)
    expect_same(said, answers(there))
    assert SECRET not in str(answers(there))
    assert there.stop() == 0

    killed_back, _ = copy_with_kills(shared, back, 2)
    assert killed > 1 and killed_back > 1
    here = serve(back, make_folder)
    expect_same(said, answers(here))
    assert here.stop() == 0
    checked = command("check", "--data", back)
    assert checked.returncode == 0, checked.stdout

    # Both go on: ids and times of what comes now are new ones, keys hold, what was sent is not stored again.
    for where in (shared, back):
        server = serve(where, make_folder)
        known = {row["id"]: row for row in server.pages("/v1/teams/1/logs", "logs")}
        again = server.ingest(
            [entry(["crm", "shop", "mail"][n % 3], n, status=[200, 201, 404, 500][n % 4], log_time=instant(n * 97_000_000),
                   state_id=f"run-{n // 7}", event=["data.load", "data.save"][n % 2], request_body=f"it is {SECRET}! {n}")
             for n in range(500)], recorder, Idempotency_Key="1-0")
        assert again.json["accepted"] == 500
        assert len(server.pages("/v1/teams/1/logs", "logs")) == len(known)
        taken = [entry("shop", n, log_time=instant(n * 97_000_000)) for n in range(1, 300, 3)]
        assert server.ingest(taken, recorder).json["accepted"] == len(taken)
        rows = server.pages("/v1/teams/1/logs", "logs")
        new = [row for row in rows if row["id"] not in known]
        assert len(new) == len(taken) and min(row["id"] for row in new) > max(known)
        places = {(row["connector_identifier"], row["log_time"]) for row in rows}
        assert len(places) == len(rows)
        page = server.get("/v1/teams/1/logs?limit=1").json["logs"][0]
        assert SECRET not in server.get(f"/v1/teams/1/logs/{page['id']}").body.decode()
        assert server.stop() == 0


def test_a_directory_and_a_backup_are_copied_into_a_directory(make_folder):
    source = make_folder / "source"
    server = serve(source, make_folder)
    fill(server, 400)
    said = answers(server)
    backup = make_folder / "backup"
    assert command("backup", "--data", source, "--to", backup).returncode == 0
    # While the server runs the directory is not read, the backup is.
    refused = copy(source, make_folder / "one")
    assert refused.returncode == 75 and "in use" in refused.stderr
    copied = copy(backup, make_folder / "one")
    assert copied.returncode == 0, copied.stderr
    assert server.stop() == 0
    other = serve(make_folder / "one", make_folder)
    expect_same(said, answers(other))
    other.stop()
    again = copy(source, make_folder / "two")
    assert again.returncode == 0, again.stderr
    verified = copy(source, make_folder / "two", "--verify-only")
    assert verified.returncode == 0 and "every count and checksum" in verified.stdout


# MARK: Refusals


def test_a_server_does_not_start_on_a_copy_that_has_not_ended(make_folder, shared):
    source = make_folder / "source"
    server = serve(source, make_folder)
    fill(server, 1000)
    server.stop()
    for target in (shared, make_folder / "part"):
        while True:
            process = subprocess.Popen(
                [BINARY, "store", "copy", *ends(source, target)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, env=clean_environment(KEYS))
            time.sleep(0.4)
            process.send_signal(signal.SIGINT)
            code = process.wait(60)
            if code != 0:
                break
            pytest.skip("the copy was too quick to be stopped")
        if code == 75:
            with pytest.raises(RuntimeError, match="ended with 78.*store copy again"):
                serve(target, make_folder)
            finished = copy(source, target)
            assert finished.returncode == 0, finished.stderr
            serve(target, make_folder).stop()


def test_nothing_is_overwritten(make_folder, shared):
    source, other = make_folder / "source", make_folder / "other"
    for where in (source, other, shared):
        serve(where, make_folder).stop()
    for target in (other, shared):
        refused = copy(source, target)
        assert refused.returncode == 73 and "not empty" in refused.stderr
    assert copy(make_folder / "none", make_folder / "made").returncode == 66
    assert not (make_folder / "made").exists()


def test_secrets_need_their_master_key(make_folder, shared):
    source = make_folder / "source"
    server = serve(source, make_folder)
    fill(server, 100)
    server.stop()
    where = ends(source, shared)
    wrong = command("store", "copy", *where, environment={"CONNECTORLOG_TO_MASTER_KEY": OTHER_MASTER_KEY})
    assert wrong.returncode == 78 and "CONNECTORLOG_FROM_MASTER_KEY" in wrong.stderr
    missing = command("store", "copy", *where)
    assert missing.returncode == 78 and "CONNECTORLOG_TO_MASTER_KEY" in missing.stderr
    assert psql(shared[1], "SELECT count(*) FROM store_copy") == "0"
    sealed = command("store", "copy", *where, environment={
        "CONNECTORLOG_FROM_MASTER_KEY": KEYS["CONNECTORLOG_MASTER_KEY"], "CONNECTORLOG_TO_MASTER_KEY": OTHER_MASTER_KEY})
    assert sealed.returncode == 0, sealed.stderr
    there = serve(shared, make_folder, KEYS | {"CONNECTORLOG_MASTER_KEY": OTHER_MASTER_KEY})
    key = there.create_key("recorder")
    there.ingest([entry("crm", 1, request_body=f"it is {SECRET}!", log_time=instant(10**12))], key)
    page = there.get("/v1/teams/1/logs?limit=1").json["logs"][0]
    assert SECRET not in there.get(f"/v1/teams/1/logs/{page['id']}").body.decode()
    there.stop()


def test_passwords_are_no_arguments():
    refused = command(
        "store", "copy", "--from", "clickhouse://me:s3cret-word@127.0.0.1/log", "--from-catalog", "postgres://127.0.0.1/log",
        "--to", "directory")
    assert refused.returncode == 64 and "CONNECTORLOG_FROM_STORE_PASSWORD" in refused.stderr
    assert "s3cret-word" not in refused.stderr + refused.stdout
    lacking = command("store", "copy", "--from", "clickhouse://127.0.0.1/log", "--to", "directory")
    assert lacking.returncode == 64 and "--from-catalog" in lacking.stderr


def test_a_damaged_row_is_named(make_folder, shared):
    clickhouse, _ = shared
    source = make_folder / "source"
    server = serve(source, make_folder)
    fill(server, 300)
    server.stop()
    assert copy(source, shared).returncode == 0
    clickhouse.query(
        "ALTER TABLE log.entries UPDATE status = 299 WHERE team_id = 2 AND connector = 'mail' AND request_id = "
        f"'{entry('mail', 2)['request_id']}'")
    deadline = time.monotonic() + 30
    while clickhouse.query("SELECT count() FROM log.entries WHERE status = 299") != "1\n":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    found = copy(source, shared, "--verify-only")
    assert found.returncode == 65, found.stderr
    assert "entries of team 2, 2026-11-01: " in found.stdout and "rows in both, but not the same" in found.stdout


@pytest.fixture
def make_folder(tmp_path):
    return tmp_path
