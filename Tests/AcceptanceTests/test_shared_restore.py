"""Backup and restore of a shared store with the commands of docs/scale-out.md. The copy of ClickHouse is what is there: it is
later than that of PostgreSQL, as it should be, and the version of the tests has no BACKUP."""

import os
import re
import subprocess
import textwrap
import time

import pytest

from databases import ARE_THERE
from deployment import open_store
from entries import entry
from server import REPOSITORY

pytestmark = pytest.mark.skipif(
    not ARE_THERE and os.environ.get("CI") != "true", reason="ClickHouse and PostgreSQL are not installed")

# Stands for the client that the documentation takes: a statement by HTTP.
CLIENT = """#!/bin/sh
while [ "$1" != --query ]; do shift; done
exec curl -sS --fail --data-binary "$2" "http://127.0.0.1:{port}/"
"""


def documented(name):
    page = (REPOSITORY / "docs/scale-out.md").read_text()
    (block,) = re.findall(rf"( *)<!-- test: {name} -->\n *```sh\n(.*?)```", page, re.DOTALL)
    return textwrap.dedent(block[0] + block[1] if not block[1].startswith(block[0]) else block[1])


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    with open_store(tmp_path_factory.mktemp("restored") / "store") as store:
        yield store


def send(server, key, connector, numbers):
    for number in numbers:
        answer = server.ingest([entry(connector, number)], key, Idempotency_Key=f"{connector}-{number}")
        assert answer.status == 200 and answer.json["accepted"] == 1, answer


def shown(server, key, connector):
    return [row["request_id"] for row in server.get(f"/v1/teams/1/logs?connector={connector}&limit=1000", key).json["logs"]]


def test_a_restored_store_has_what_was_committed_and_nothing_else(store, tmp_path):
    server = store.make_server()
    # The documentation's database; the tests' is called log.
    key = server.create_key("editor")
    send(server, key, "kept", range(20))
    (tmp_path / "bin").mkdir()
    client = tmp_path / "bin/clickhouse-client"
    client.write_text(CLIENT.format(port=store.clickhouse.port))
    client.chmod(0o755)
    environment = os.environ | {
        "CATALOG": store.catalog("connectorlog_owner"), "PATH": f"{tmp_path}/bin:{os.environ['PATH']}"}

    def run(name):
        script = documented(name).replace("/backups/", f"{tmp_path}/").replace("connectorlog.$table", "log.$table")
        ran = subprocess.run(["bash", "-c", script], capture_output=True, text=True, env=environment, timeout=60)
        assert ran.returncode == 0, f"{script}\n{ran.stdout}{ran.stderr}"

    run("dump")
    send(server, key, "kept", range(20, 25))
    send(server, key, "lost", range(20))
    server.stop()

    run("restore")
    run("align")
    deadline = time.monotonic() + 20
    while store.clickhouse.query("SELECT count() FROM system.mutations WHERE NOT is_done") != "0\n":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    for table in ("entries", "entries_by_id", "entries_by_state"):
        assert store.clickhouse.query(f"SELECT count() FROM log.{table}") == "20\n"

    server.start()
    assert len(shown(server, key, "kept")) == 20 and shown(server, key, "lost") == []
    # What was lost is sent again, under the same keys: it is taken, once.
    send(server, key, "kept", range(15, 25))
    send(server, key, "lost", range(20))
    for connector, count in (("kept", 25), ("lost", 20)):
        found = shown(server, key, connector)
        assert len(found) == len(set(found)) == count
    state = server.get("/v1/teams/1/states/run-2", key).json
    calls = server.get("/v1/teams/1/states/run-2/logs", key).json["logs"]
    assert state["calls"] == len(calls) == 5
    assert "permission denied" not in server.output()
