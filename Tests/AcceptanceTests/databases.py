"""A real ClickHouse and a real PostgreSQL for tests, as processes that can be killed and started again."""

import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

from server import free_port

POSTGRES = next((path for path in ("/usr/lib/postgresql/15/bin", "/usr/local/bin") if os.path.exists(f"{path}/initdb")), None)
CLICKHOUSE = shutil.which("clickhouse-server", path=os.environ["PATH"] + ":/usr/sbin")
ARE_THERE = POSTGRES is not None and CLICKHOUSE is not None
ZOOKEEPER = "/usr/share/java/zookeeper.jar"
CLUSTER_IS_THERE = ARE_THERE and os.path.exists(ZOOKEEPER)

USERS = """<yandex>
<profiles><default><max_memory_usage>4000000000</max_memory_usage></default></profiles>
<users><default><password></password><networks><ip>127.0.0.1</ip></networks><profile>default</profile>
<quota>default</quota></default></users><quotas><default></default></quotas></yandex>"""

CONFIGURATION = """<yandex>
<logger><level>warning</level><log>{folder}/log</log><errorlog>{folder}/errors</errorlog></logger>
<http_port>{http}</http_port><tcp_port>{tcp}</tcp_port><interserver_http_port>{interserver}</interserver_http_port>
<interserver_http_host>127.0.0.1</interserver_http_host><listen_host>127.0.0.1</listen_host>
<path>{folder}/data/</path><tmp_path>{folder}/tmp/</tmp_path><user_files_path>{folder}/files/</user_files_path>
<format_schema_path>{folder}/schemas/</format_schema_path><users_config>{folder}/users.xml</users_config>
<default_profile>default</default_profile><default_database>default</default_database>
<mark_cache_size>100000000</mark_cache_size>{more}</yandex>"""


class Database:
    process = None

    def kill(self):
        """As a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def wait(self, is_up):
        deadline = time.monotonic() + 30
        while not is_up():
            assert self.process.poll() is None and time.monotonic() < deadline, f"{type(self).__name__} does not start"
            time.sleep(0.05)
        return self


class ClickHouse(Database):
    def __init__(self, folder, more=""):
        """`more` are elements of the configuration."""
        self.folder, self.port = folder, free_port()
        self.native_port, self.replication_port = free_port(), free_port()
        for name in ("data", "tmp", "files", "schemas"):
            (folder / name).mkdir(parents=True)
        (folder / "users.xml").write_text(USERS)
        self.configure(more)

    def configure(self, more):
        (self.folder / "config.xml").write_text(CONFIGURATION.format(
            folder=self.folder, http=self.port, tcp=self.native_port, interserver=self.replication_port, more=more))

    @property
    def url(self):
        return f"clickhouse://127.0.0.1:{self.port}/log"

    def start(self, waits=True):
        self.process = subprocess.Popen(
            [CLICKHOUSE, f"--config-file={self.folder}/config.xml"], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return self.wait(self.is_up) if waits else self

    def is_up(self):
        return self.query("SELECT 1") == "1\n"

    def query(self, sql):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", sql.encode(), timeout=30) as answer:
                return answer.read().decode()
        except (urllib.error.URLError, OSError):
            return None


class ZooKeeper(Database):
    def __init__(self, folder):
        self.folder, self.port = folder, free_port()
        folder.mkdir()
        # Short ticks: a session may be as short as two of them.
        (folder / "zoo.cfg").write_text(
            f"tickTime=500\ndataDir={folder}\nclientPort={self.port}\nclientPortAddress=127.0.0.1\nmaxClientCnxns=0\n"
            "admin.enableServer=false\nforceSync=no\n")

    def start(self):
        self.process = subprocess.Popen(
            ["java", "-Xmx256m", "-XX:+UseSerialGC", "-cp", ZOOKEEPER,
             "org.apache.zookeeper.server.quorum.QuorumPeerMain", str(self.folder / "zoo.cfg")],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return self.wait(self.is_up)

    def is_up(self):
        """It takes connections before it serves, and ClickHouse 18.16 may crash when it is hung up on."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.settimeout(1)
                connection.sendall(b"srvr")
                return b"Mode:" in connection.recv(4096)
        except OSError:
            return False


class Cluster:
    """Two shards of two replicas, with a keeper."""

    NAME = "pair"

    def __init__(self, folder):
        folder.mkdir()
        self.keeper = ZooKeeper(folder / "keeper")
        self.shards = [[ClickHouse(folder / f"{shard}-{replica}") for replica in range(2)] for shard in range(2)]
        shards = "".join(
            "<shard><internal_replication>true</internal_replication>"
            + "".join(f"<replica><host>127.0.0.1</host><port>{one.native_port}</port></replica>" for one in shard)
            + "</shard>"
            for shard in self.shards)
        for number, shard in enumerate(self.shards):
            for replica, server in enumerate(shard):
                # Sessions that end soon, and are soon begun anew: the tests wait for it.
                server.configure(
                    f"<zookeeper><node><host>127.0.0.1</host><port>{self.keeper.port}</port></node>"
                    "<session_timeout_ms>3000</session_timeout_ms></zookeeper>"
                    f"<macros><shard>{number}</shard><replica>{replica}</replica></macros>"
                    f"<remote_servers><{self.NAME}>{shards}</{self.NAME}></remote_servers>"
                    "<distributed_ddl><path>/clickhouse/task_queue/ddl</path></distributed_ddl>"
                    "<merge_tree><zookeeper_session_expiration_check_period>1"
                    "</zookeeper_session_expiration_check_period></merge_tree>")

    @property
    def servers(self):
        return [server for shard in self.shards for server in shard]

    @property
    def url(self):
        hosts = ",".join(f"127.0.0.1:{server.port}" for server in self.servers)
        return f"clickhouse://{hosts}/log?cluster={self.NAME}"

    def start(self):
        self.keeper.start()
        for server in self.servers:
            server.start()
        return self

    def restart_crashed(self):
        """As whatever supervises them would: ClickHouse 18.16 may crash when its keeper comes and goes."""
        for server in self.servers:
            if server.process.poll() is not None:
                server.start()

    def kill(self):
        for process in [*self.servers, self.keeper]:
            process.kill()


class Postgres(Database):
    """Refuses to run as root: there it runs as the user whom the package made, or as nobody."""

    def __init__(self, folder):
        self.folder, self.port = folder, free_port()
        folder.mkdir()
        self.prefix = []
        if os.geteuid() == 0:
            shutil.chown(folder, "nobody")
            # On the way to it, too.
            for parent in folder.parents:
                if str(parent).startswith("/tmp/"):
                    parent.chmod(parent.stat().st_mode | 0o055)
            self.prefix = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
        subprocess.run(
            [*self.prefix, f"{POSTGRES}/initdb", "-D", folder / "data", "-U", "log", "--auth=trust", "-E", "UTF8", "--locale=C"],
            check=True, cwd="/", stdout=subprocess.DEVNULL)

    @property
    def url(self):
        return f"postgres://log@127.0.0.1:{self.port}/postgres"

    def start(self):
        self.process = subprocess.Popen(
            [*self.prefix, f"{POSTGRES}/postgres", "-D", self.folder / "data", "-p", str(self.port), "-k", self.folder,
             "-h", "127.0.0.1", "-c", "max_connections=200"],
            cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return self.wait(self.is_up)

    def is_up(self):
        ready = subprocess.run([f"{POSTGRES}/pg_isready" if os.path.exists(f"{POSTGRES}/pg_isready") else "pg_isready",
                                "-h", "127.0.0.1", "-p", str(self.port), "-q"], cwd="/")
        return ready.returncode == 0

    def kill(self):
        """The whole of it: those that serve connections end when their postmaster is gone."""
        super().kill()
        (self.folder / "data" / "postmaster.pid").unlink(missing_ok=True)
        # Memory that the dead one shares with those is free when all have ended.
        time.sleep(0.5)
