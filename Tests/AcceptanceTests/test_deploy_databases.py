"""The databases as deploy/ sets them up: roles of PostgreSQL, users of ClickHouse, and a cluster of two shards with two
replicas."""

import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree

import pytest

import databases
from databases import ARE_THERE, CLUSTER_IS_THERE, ClickHouse, ZooKeeper
from deployment import DEPLOY, KEYS, PASSWORDS, SharedServer, files, open_store
from entries import entry
from server import NO_RATE_LIMIT, command, free_port

pytestmark = pytest.mark.skipif(
    not ARE_THERE and os.environ.get("CI") != "true", reason="ClickHouse and PostgreSQL are not installed")

SNIPPETS = files("clickhouse/**/*.xml")


@pytest.mark.parametrize("path", SNIPPETS, ids=lambda path: path.name)
def test_snippets_are_well_formed(path):
    # Today's name of the root; a version before 21.10 merges it with nothing but a configuration of the same.
    assert ElementTree.parse(path).getroot().tag == "clickhouse"


# MARK: Roles


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    with open_store(tmp_path_factory.mktemp("roles") / "store") as store:
        yield store


def test_roles_are_not_made_without_passwords(store):
    for name in PASSWORDS:
        refused = store.make_roles(PASSWORDS | {name: ""})
        assert refused.returncode != 0 and "set CONNECTORLOG_OWNER_PASSWORD" in refused.stderr, refused


def test_passwords_are_kept_as_hashes(store):
    hashes = store.sql("SELECT rolname, left(rolpassword, 14) FROM pg_authid WHERE rolname ~ '^connectorlog' ORDER BY 1")
    assert hashes.splitlines() == ["connectorlog|SCRAM-SHA-256$", "connectorlog_owner|SCRAM-SHA-256$"]


def test_a_server_works_with_the_rights_of_its_role(store):
    server = store.make_server()
    key = server.create_key("editor")
    assert server.ingest([entry("crm", n) for n in range(30)], key).json["accepted"] == 30
    assert server.post_json("/v1/teams/1/secrets", {"secret_name": "token", "secret_value": "made-up-value-4711"}).status == 201
    assert server.request("DELETE", "/v1/teams/1/connector_builder/connectors/crm").status == 204
    erased = server.request("DELETE", "/v1/teams/1/states/run-1")
    assert erased.status in (200, 204), erased
    assert server.get("/readyz", key=None).status == 200
    assert "permission denied" not in server.output() and "maintenance failed" not in server.output()


def test_the_role_of_servers_may_do_no_more(store):
    for statement in ("DROP TABLE audit", "CREATE TABLE mine (n int)", "ALTER TABLE team ADD COLUMN n int", "TRUNCATE audit",
                      "CREATE TEMP TABLE mine (n int)", "SELECT * FROM pg_authid", "COPY team TO '/tmp/team'"):
        said = store.sql(statement, "connectorlog")
        assert "permission denied" in said or "must be" in said, f"{statement}: {said}"
    assert store.sql("SELECT count(*) FROM team", "connectorlog") == "1"


# MARK: Users of ClickHouse


def test_grants_are_enough_and_no_more(tmp_path):
    """By today's engine in a process of its own, where it is installed (chdb): the version of the other tests has no
    grants."""
    pytest.importorskip("chdb")
    made = "(a Int64, b String) ENGINE = MergeTree ORDER BY a"
    entries = "connectorlog.entries_local"
    tried = {
        "connectorlog_owner": (
            ["CREATE DATABASE IF NOT EXISTS connectorlog", f"CREATE TABLE IF NOT EXISTS {entries} {made}", "SELECT version()",
             f"CREATE TABLE IF NOT EXISTS connectorlog.entries AS {entries} "
             "ENGINE = Distributed(connectorlog, connectorlog, entries_local, rand())"],
            ["CREATE DATABASE other", f"SELECT count() FROM {entries}", f"DROP TABLE {entries}"]),
        "connectorlog": (
            ["SELECT version()", "SELECT uniqExact(shard_num) FROM system.clusters", "SELECT count() FROM system.mutations",
             "SELECT zookeeper_path, replica_name, total_replicas FROM system.replicas",
             f"INSERT INTO {entries} VALUES (1, 'x')", f"SELECT count() FROM {entries}",
             f"ALTER TABLE {entries} UPDATE b = 'y' WHERE a = 1", f"ALTER TABLE {entries} DELETE WHERE a = 1"],
            [f"CREATE TABLE connectorlog.mine {made}", f"DROP TABLE {entries}", "SELECT count() FROM system.users",
             "SELECT * FROM file('/etc/passwd', 'CSV', 'a String')", "SELECT * FROM url('http://127.0.0.1:1/', 'CSV', 'a String')"]),
    }
    users = ElementTree.parse(DEPLOY / "clickhouse/users.d/connectorlog.xml").getroot()
    (tmp_path / "config.xml").write_text(
        f"<clickhouse><path>{tmp_path}/data/</path><users_config>{tmp_path}/users.xml</users_config>"
        "<macros><shard>1</shard></macros><remote_servers><connectorlog><shard><replica><host>127.0.0.1</host>"
        "<port>1</port></replica></shard></connectorlog></remote_servers></clickhouse>")
    for user, (allowed, refused) in tried.items():
        # The engine runs as `default`: it gets the grants.
        grants = ElementTree.tostring(users.find(f"users/{user}/grants"), "unicode")
        (tmp_path / "users.xml").write_text(
            f"<clickhouse><profiles><default/></profiles><quotas><default/></quotas><users><default><password/>"
            f"<networks><ip>::/0</ip></networks><profile>default</profile><quota>default</quota>{grants}</default></users></clickhouse>")
        program = (
            "import chdb\n"
            f"engine = chdb.connect({f'{tmp_path}/data?config-file={tmp_path}/config.xml'!r})\n"
            f"for statement in {allowed!r}: engine.query(statement)\n"
            f"for statement in {refused!r}:\n"
            "    try: engine.query(statement)\n"
            "    except Exception as error: assert 'Not enough privileges' in str(error), error\n"
            "    else: raise SystemExit(statement)\n")
        ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
        assert ran.returncode == 0, f"{user}: {ran.stdout[-500:]} {ran.stderr[-1500:]}"


# MARK: The cluster


class ClusterServer(ClickHouse):
    """One of the four, configured by the snippets, with addresses of this machine in the place of theirs."""

    def __init__(self, folder, name, ports, keeper):
        super().__init__(folder)
        self.name, self.ports = name, ports
        self.port = ports[name, 8123]
        self.environment = {
            "CLICKHOUSE_SHARD": name.split("-")[1], "CLICKHOUSE_REPLICA": name, "CLICKHOUSE_CLUSTER_SECRET": "made-up-1",
            "CLICKHOUSE_INTERSERVER_PASSWORD": "made-up-2"}
        # The main file of today's packages begins so.
        main = databases.CONFIGURATION.replace("yandex", "clickhouse").format(
            folder=folder, http=self.port, tcp=ports[name, 9000], interserver=ports[name, 9009], more="")
        (folder / "config.xml").write_text(main)
        (folder / "config.d").mkdir()
        # Without what this version does not have: the keeper. It listens here, and not for all.
        for path in files("clickhouse/config.d/*.xml"):
            if path.name not in ("keeper.xml", "network.xml"):
                (folder / "config.d" / path.name).write_text(self.here(path, keeper))

    def here(self, path, keeper):
        tree = ElementTree.parse(path)
        # Not known to this version either, as its comment says.
        for cluster in tree.iterfind("remote_servers/connectorlog"):
            cluster.remove(cluster.find("secret"))
        for element in tree.iter():
            host, port = element.find("host"), element.find("port")
            if host is not None and port is not None:
                host.text, port.text = "127.0.0.1", str(
                    keeper if port.text == "9181" else self.ports[host.text.removesuffix(".internal"), int(port.text)])
        return ElementTree.tostring(tree.getroot(), "unicode")

    def start(self):
        before = dict(os.environ)
        os.environ.update(self.environment)
        try:
            return super().start()
        finally:
            os.environ.clear()
            os.environ.update(before)

    def kill(self):
        if self.process and self.process.poll() is None:
            super().kill()


NAMES = ["clickhouse-1-1", "clickhouse-1-2", "clickhouse-2-1", "clickhouse-2-2"]


@pytest.fixture(scope="module")
def keeper(tmp_path_factory):
    """ZooKeeper in the place of the keeper, where it is installed; else the port of nobody."""
    if not CLUSTER_IS_THERE:
        yield free_port(), False
        return
    zookeeper = ZooKeeper(tmp_path_factory.mktemp("keeper") / "zookeeper").start()
    yield zookeeper.port, True
    zookeeper.kill()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory, keeper):
    folder = tmp_path_factory.mktemp("cluster")
    ports = {(name, port): free_port() for name in NAMES for port in (8123, 9000, 9009)}
    servers = [ClusterServer(folder / name, name, ports, keeper[0]) for name in NAMES]
    try:
        yield [server.start() for server in servers]
    finally:
        for server in servers:
            server.kill()


def test_the_snippets_name_four_servers_and_three_keepers():
    cluster = ElementTree.parse(DEPLOY / "clickhouse/config.d/cluster.xml").getroot()
    hosts = [host.text for host in cluster.iterfind("remote_servers/connectorlog//host")]
    assert hosts == [f"{name}.internal" for name in NAMES]
    keeper = ElementTree.parse(DEPLOY / "clickhouse/config.d/keeper.xml").getroot()
    asked = [(node.find("host").text, node.find("port").text) for node in cluster.iterfind("zookeeper/node")]
    port = keeper.find("keeper_server/tcp_port").text
    members = [(server.find("hostname").text, port) for server in keeper.iterfind("keeper_server/raft_configuration/server")]
    assert asked == members and len(members) == 3
    ids = [server.find("id").text for server in keeper.iterfind("keeper_server/raft_configuration/server")]
    assert ids == ["1", "2", "3"]


def test_servers_load_the_snippets(cluster):
    for server in cluster:
        shard = server.name.split("-")[1]
        assert server.query("SELECT macro, substitution FROM system.macros ORDER BY macro") == \
            f"replica\t{server.name}\nshard\t{shard}\n"
        rows = server.query("SELECT shard_num, replica_num, port FROM system.clusters WHERE cluster = 'connectorlog'")
        assert rows.splitlines() == [
            f"{name.split('-')[1]}\t{name.split('-')[2]}\t{server.ports[name, 9000]}" for name in NAMES]


def test_parts_that_last_are_written_with_zstd(cluster):
    """As versions need it whose columns have no codecs; small parts, which are soon merged, with LZ4."""
    server = cluster[0]
    # A checksum of 16 bytes, then the method: 0x90 is ZSTD, 0x82 LZ4.
    for table, rows, method in (("few", 10_000, 0x82), ("many", 3_000_000, 0x90)):
        server.query(f"CREATE TABLE default.{table} (n UInt64) ENGINE = MergeTree ORDER BY n")
        server.query(f"INSERT INTO default.{table} SELECT number FROM numbers({rows})")
        server.query(f"OPTIMIZE TABLE default.{table} FINAL")
        columns = (server.folder / f"data/data/default/{table}").glob("*_1/n.bin")  # the merged one
        assert [column.read_bytes()[16] for column in columns] == [method], table


def test_two_shards_of_two_replicas_take_and_show_entries(cluster, keeper, store, tmp_path):
    if not keeper[1]:
        pytest.skip("ZooKeeper is not installed")
    hosts = ",".join(f"127.0.0.1:{server.port}" for server in cluster)
    addresses = ("--store", f"clickhouse://{hosts}/connectorlog?cluster=connectorlog", "--catalog", store.catalog("connectorlog"))
    owner = (*addresses[:2], "--catalog", store.catalog("connectorlog_owner"))
    deadline = time.monotonic() + 30
    while (migrated := command("store", "migrate", *owner)).returncode:
        # Until ZooKeeper is up.
        assert time.monotonic() < deadline, migrated.stderr
        time.sleep(0.5)
    server = SharedServer(tmp_path / "data", (*addresses, *NO_RATE_LIMIT), dict(KEYS)).start()
    try:
        key = server.create_key("editor")
        for number in range(6):
            assert server.ingest([entry("sharded", number)], key).json["accepted"] == 1
        shown = server.get("/v1/teams/1/logs?connector=sharded", key).json["logs"]
        assert len(shown) == 6
    finally:
        server.kill()
    counts = [int(each.query("SELECT count() FROM connectorlog.entries_local")) for each in cluster]
    # Both replicas of a shard have the same, and each shard has some.
    assert counts[0] == counts[1] > 0 and counts[2] == counts[3] > 0 and counts[0] + counts[2] == 6, counts
