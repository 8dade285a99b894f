"""Two servers on a cluster of two shards of two replicas: whatever is killed, each acknowledged entry is there once."""

import os
import time

import pytest

from databases import CLUSTER_IS_THERE, Cluster, Postgres
from entries import entry
from shared import ServerMaker, eventually, expect_exactly_once, rows, send_while

pytestmark = pytest.mark.skipif(
    not CLUSTER_IS_THERE and os.environ.get("CI") != "true", reason="ClickHouse, ZooKeeper and PostgreSQL are not installed")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    cluster = Cluster(tmp_path_factory.mktemp("databases") / "cluster").start()
    yield cluster
    cluster.kill()


@pytest.fixture(scope="module")
def servers(cluster, tmp_path_factory):
    postgres = Postgres(tmp_path_factory.mktemp("postgres") / "postgres").start()
    maker = ServerMaker(cluster.url, postgres.url, tmp_path_factory).migrate()
    yield maker(), maker()
    maker.kill()
    postgres.kill()


@pytest.fixture
def key(servers):
    key = servers[0].create_key("recorder")
    eventually(lambda: servers[1].ingest([entry("warm", 0)], key).status == 200, 10)
    return key


def counts(cluster):
    """How many entries each server has, and whether the replicas of a shard agree."""
    return [[int(server.query("SELECT count() FROM log.entries_local")) for server in shard] for shard in cluster.shards]


def test_rows_are_spread_over_the_shards_and_copied_within_them(servers, key, cluster):
    for number in range(12):
        assert servers[number % 2].ingest([entry("spread", number)], key).status == 200
    found = counts(cluster)
    # Acknowledged is what both have.
    assert all(first == second > 0 for first, second in found), found
    assert [row["request_id"] for row in rows(servers[1], "spread")] == [
        entry("spread", number)["request_id"] for number in reversed(range(12))]


def test_what_is_erased_is_gone_from_every_replica(servers, key, cluster):
    for number in range(8):
        assert servers[number % 2].ingest([entry("gone", number, state_id="gone-run")], key).status == 200
    assert servers[0].request("DELETE", "/v1/teams/1/states/gone-run").status in (200, 204)
    assert rows(servers[1], "gone") == []
    for server in cluster.servers:
        for table in ("entries", "entries_by_state"):
            assert server.query(f"SELECT count() FROM log.{table}_local WHERE state_id = 'gone-run'") == "0\n"


def test_nothing_is_lost_or_doubled_when_a_replica_is_killed_under_load(servers, key, cluster):
    def break_something():
        cluster.shards[0][1].kill()
        # The other replica answers.
        assert servers[0].get("/v1/teams/1/logs?limit=1").status == 200
        time.sleep(1)
        cluster.shards[0][1].start()

    senders = send_while(servers, key, "replica-down", break_something)
    expect_exactly_once(servers[1], senders)


def test_nothing_is_lost_or_doubled_when_a_shard_is_killed_under_load(servers, key, cluster):
    def break_something():
        for server in cluster.shards[1]:
            server.kill()
        # No answer with half of the rows.
        refused = servers[1].get("/v1/teams/1/logs?limit=1")
        assert refused.status == 503 and refused.json["error"]["code"], refused
        assert "retry-after" in refused.headers
        time.sleep(1)
        for server in cluster.shards[1]:
            server.start()

    senders = send_while(servers, key, "shard-down", break_something)
    expect_exactly_once(servers[1], senders)


def test_nothing_is_lost_or_doubled_when_the_keeper_is_killed_under_load(servers, key, cluster):
    def break_something():
        cluster.keeper.kill()
        assert servers[0].get("/v1/teams/1/logs?limit=1").status == 200
        time.sleep(1)
        cluster.keeper.start()
        cluster.restart_crashed()

    senders = send_while(servers, key, "keeper-down", break_something)
    expect_exactly_once(servers[1], senders)
    for server in servers:
        eventually(lambda: server.get("/readyz", key=None).status == 200, 10)
