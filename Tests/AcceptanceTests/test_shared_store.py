"""Two servers on one ClickHouse and one PostgreSQL: one log, whichever answers, and whatever is killed."""

import concurrent.futures
import json
import os
import queue
import subprocess
import threading
import time
import urllib.parse
import uuid

import pytest

from databases import ARE_THERE
from entries import entry, instant
from server import NO_RATE_LIMIT, command
from shared import KEYS, ServerMaker, SharedServer, eventually, expect_exactly_once, rows, send_while, signed_in

pytestmark = pytest.mark.skipif(
    not ARE_THERE and os.environ.get("CI") != "true", reason="ClickHouse and PostgreSQL are not installed")


@pytest.fixture(scope="module")
def make_server(databases, tmp_path_factory):
    clickhouse, postgres = databases
    maker = ServerMaker(clickhouse.url, postgres.url, tmp_path_factory).migrate()
    yield maker
    maker.kill()


@pytest.fixture(scope="module")
def servers(make_server):
    return make_server(), make_server()


# MARK: Migration


def test_migration_may_be_given_again_and_a_dry_run_prints_it(databases, servers):
    clickhouse, postgres = databases
    where = ("--store", clickhouse.url, "--catalog", postgres.url)
    before = clickhouse.query("SELECT name, create_table_query FROM system.tables WHERE database = 'log' ORDER BY name")
    again = command("store", "migrate", *where)
    assert again.returncode == 0 and "PostgreSQL: up to date already" in again.stdout
    assert clickhouse.query(
        "SELECT name, create_table_query FROM system.tables WHERE database = 'log' ORDER BY name") == before
    dry = command("store", "migrate", "--dry-run", *where)
    assert "CREATE TABLE IF NOT EXISTS log.entries" in dry.stdout
    assert not [word for word in ("DROP", "DELETE", "TRUNCATE") if word in dry.stdout]


def test_a_store_that_was_not_migrated_is_refused(databases, tmp_path):
    clickhouse, postgres = databases
    other = clickhouse.url.replace("/log", "/empty")
    with pytest.raises(RuntimeError, match="run connectorlog store migrate"):
        SharedServer(tmp_path / "data", ("--store", other, "--catalog", postgres.url), dict(KEYS)).start()


def psql(url, sql):
    answer = subprocess.run(["psql", "-X", "-q", "-t", "-A", "-c", sql, url], capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.strip()


def test_servers_may_make_their_first_start_at_once(databases, tmp_path):
    """As Compose and Kubernetes start them, with one owner's key for all."""
    clickhouse, postgres = databases
    for number in range(5):
        name = f"together_{number}"
        psql(postgres.url, f"CREATE DATABASE {name}")
        catalog = urllib.parse.urlsplit(postgres.url)._replace(path=f"/{name}").geturl()
        where = ("--store", clickhouse.url.replace("/log", f"/{name}"), "--catalog", catalog)
        assert command("store", "migrate", *where).returncode == 0
        servers = [SharedServer(tmp_path / f"{name}-{one}", (*where, *NO_RATE_LIMIT), dict(KEYS)) for one in range(4)]
        with concurrent.futures.ThreadPoolExecutor(len(servers)) as threads:
            starts = [threads.submit(server.start) for server in servers]
        try:
            assert [start.exception() for start in starts] == [None] * len(servers)
            for server in servers:
                assert [team["id"] for team in server.get("/v1/teams").json["teams"]] == [1]
            assert psql(catalog, "SELECT count(*) FROM api_key") == "1"
        finally:
            for server in servers:
                server.kill()


def test_passwords_are_no_arguments(tmp_path):
    refused = command("serve", "--data", tmp_path / "data", "--store", "clickhouse://me:s3cret-word@127.0.0.1",
                      "--catalog", "postgres://127.0.0.1/log")
    assert refused.returncode == 78
    assert "CONNECTORLOG_STORE_PASSWORD" in refused.stderr and "s3cret-word" not in refused.stderr + refused.stdout


def test_servers_of_one_store_need_one_master_key(databases, tmp_path):
    clickhouse, postgres = databases
    refused = command("serve", "--data", tmp_path / "data", "--store", clickhouse.url, "--catalog", postgres.url)
    assert refused.returncode == 78 and "CONNECTORLOG_MASTER_KEY" in refused.stderr


# MARK: One log


def test_what_one_server_takes_the_other_shows(servers):
    first, second = servers
    key = first.create_key("editor")
    eventually(lambda: second.get("/v1/teams/1/logs", key).status == 200, 5)
    lines = [entry("crm", n) for n in range(250)]
    assert first.ingest(lines, key).json["accepted"] == 250
    shown = rows(second, "crm", key)
    assert [row["request_id"] for row in shown] == [line["request_id"] for line in reversed(lines)]
    state = second.get("/v1/teams/1/states/run-3", key).json
    assert (state["calls"], state["flow_name"]) == (10, "Nightly sync")
    page = second.get("/v1/teams/1/logs?text=leads/77?", key)
    assert [row["request_id"] for row in page.json["logs"]] == [lines[77]["request_id"]]


def test_entries_of_one_instant_are_told_apart_over_both_servers(servers):
    key = servers[0].create_key("recorder")
    eventually(lambda: servers[1].ingest([entry("ties-warm", 0)], key).status == 200, 5)

    def send(server, name):
        for n in range(10):
            lines = [entry("ties", n, log_time=instant(0), request_id=f"{name}-{n}-{m}") for m in range(20)]
            assert server.ingest(lines, key).json["accepted"] == 20

    threads = [threading.Thread(target=send, args=(server, name)) for server in servers for name in
               (f"{server.port}-a", f"{server.port}-b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    shown = rows(servers[0], "ties")
    assert len(shown) == len({row["id"] for row in shown}) == 800
    assert len({row["log_time"] for row in shown}) == 800


def test_a_key_that_is_revoked_by_one_server_is_refused_by_the_other(servers):
    first, second = servers
    made = first.post_json("/v1/teams/1/keys", {"name": "short-lived", "role": "viewer"}).json
    eventually(lambda: second.get("/v1/teams/1/logs", made["key"]).status == 200, 5)
    assert first.request("DELETE", f"/v1/teams/1/keys/{made['id']}").status in (200, 204)
    eventually(lambda: second.get("/v1/teams/1/logs", made["key"]).status == 401, 5)


def test_a_secret_holds_on_all_servers_before_the_answer(servers, databases):
    """Whatever the other server has heard of it: what it takes after the answer has the secret removed, or is refused."""
    first, second = servers
    key = first.create_key("recorder")
    eventually(lambda: second.ingest([entry("wall", 0)], key).status == 200, 5)
    for number in range(40):
        value = f"made-up-value-of-secret-{number:03}-4711"
        made = first.post_json("/v1/teams/1/secrets", {"secret_name": f"s{number}", "secret_value": value})
        assert made.status == 201, made
        while True:
            answer = second.ingest([entry("wall", number, request_body=f"it is {value}!")], key)
            if answer.status == 200:
                break
            assert answer.status == 503 and answer.headers["retry-after"], answer
    eventually(lambda: len(second.pages("/v1/teams/1/logs?connector=wall", "logs")) == 41, 5)
    assert first.get("/v1/teams/1/logs?connector=wall&text=made-up-value").json["logs"] == []
    assert databases[0].query(
        "SELECT count() FROM log.entries WHERE position(request_body, 'made-up-value-of-secret-0') > 0") == "0\n"


def test_a_secret_that_one_server_was_told_the_other_removes(servers, databases):
    first, second = servers
    key = first.create_key("recorder")
    eventually(lambda: second.ingest([entry("secretive", 0)], key).status == 200, 5)
    value = "made-up-value-" + uuid.uuid4().hex
    made = first.post_json("/v1/teams/1/secrets", {"secret_name": "token", "secret_value": value})
    assert made.status == 201, made
    time.sleep(1)
    second.ingest([entry("secretive", 1, request_body=f"it is {value}!")], key)
    shown = second.get("/v1/teams/1/logs?connector=secretive&limit=1").json["logs"][0]
    whole = second.get(f"/v1/teams/1/logs/{shown['id']}").body
    assert value.encode() not in whole and b"it is " in whole
    assert databases[0].query(f"SELECT count() FROM log.entries WHERE position(request_body, '{value}') > 0") == "0\n"


def test_a_run_that_one_server_takes_grows_on_the_page_of_the_other(servers):
    first, second = servers
    key = first.create_key("recorder")
    first.ingest([entry("live", 0, state_id="live-run")], key)
    events = signed_in(second).open(f"{second.url}/teams/1/states/live-run/events", timeout=30)
    seen = queue.Queue()

    def read():
        for line in events:
            if line.startswith(b"data: "):
                seen.put((time.monotonic(), json.loads(line[6:])))

    threading.Thread(target=read, daemon=True).start()
    assert len(seen.get(timeout=10)[1]["events"]) == 1
    for number in (1, 2):
        time.sleep(0.5)
        sent = time.monotonic()
        first.ingest([entry("live", number, state_id="live-run")], key)
        arrived, news = seen.get(timeout=10)
        assert f'data-time="{1_793_534_400_000_000 + number * 1000} ' in news["events"][0]["html"]
        assert arrived - sent < 2, arrived - sent


def test_an_idempotency_key_holds_over_both_servers(servers):
    key = servers[0].create_key("recorder")
    eventually(lambda: servers[1].ingest([entry("once-warm", 0)], key).status == 200, 5)
    answers = [server.ingest([entry("once", 1)], key, Idempotency_Key="the-same") for server in servers * 2]
    assert [answer.status for answer in answers] == [200] * 4
    assert len({answer.body for answer in answers}) == 1 and len(rows(servers[0], "once")) == 1


# MARK: Faults


@pytest.mark.parametrize("victim", ["server", "clickhouse", "postgres"])
def test_nothing_is_lost_or_doubled_when_one_is_killed_under_load(victim, make_server, databases):
    clickhouse, postgres = databases
    servers = [make_server(), make_server()]
    key = servers[0].create_key("recorder")
    eventually(lambda: servers[1].ingest([entry("warm", 0)], key).status == 200, 5)

    def break_something():
        if victim == "server":
            servers[0].kill()
            time.sleep(0.5)
            servers[0].start()
        else:
            database = clickhouse if victim == "clickhouse" else postgres
            database.kill()
            refused = servers[1].get("/v1/teams/1/logs?limit=1")
            assert refused.status == 503 and refused.json["error"]["code"], refused
            time.sleep(1)
            database.start()

    senders = send_while(servers, key, f"{victim}-down", break_something)
    expect_exactly_once(servers[1], senders)
    # All is well again without a restart.
    for server in servers:
        eventually(lambda: server.get("/readyz", key=None).status == 200, 10)
