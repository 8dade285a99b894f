"""The databases that stand beside the server, or behind it: each a process in a temporary folder, gone afterwards."""

import contextlib
import http.client
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.parse
from pathlib import Path

from processes import cpu_seconds, cpu_seconds_of_family
from programs import Missing


class Postgres:
    """A cluster as `initdb` makes it, with locale C, on a Unix socket and, with a port, on loopback."""

    name = "PostgreSQL"

    def __init__(self, options, port=None):
        self.options, self.port = options, port
        self.binaries = self.find_binaries()
        self.version = subprocess.run([self.binaries / "postgres", "--version"], capture_output=True, text=True,
                                      check=True).stdout.split()[2]

    @staticmethod
    def find_binaries():
        folders = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
        if found := shutil.which("initdb"):
            folders.append(Path(found).resolve().parent)
        for folder in sorted(folders, key=lambda folder: "/15/" not in f"{folder}/"):
            return folder
        raise Missing("PostgreSQL is missing: apt-get install postgresql-15 libpq-dev")

    @contextlib.contextmanager
    def running(self):
        self.folder = Path(tempfile.mkdtemp(prefix="clog-pg-", dir=self.options.dir))
        self.user = {}
        if os.geteuid() == 0:  # PostgreSQL does not run as root
            account = next(account for account in pwd.getpwall() if account.pw_name in ("postgres", "nobody"))
            self.user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
            os.chown(self.folder, account.pw_uid, account.pw_gid)
        self.process = None
        listen = ["listen_addresses=", "port=5432"] if self.port is None else [
            "listen_addresses=127.0.0.1", f"port={self.port}"]
        try:
            subprocess.run([self.binaries / "initdb", "-D", self.folder / "data", "-U", "bench", "-A", "trust",
                            "-E", "UTF8", "--locale=C"],
                           stdout=subprocess.DEVNULL, check=True, cwd=self.folder, **self.user)
            log = open(self.folder / "log", "wb")
            self.process = subprocess.Popen(
                [self.binaries / "postgres", "-D", self.folder / "data", "-k", self.folder,
                 *(part for setting in listen for part in ("-c", setting))],
                stdout=log, stderr=log, cwd=self.folder, **self.user)
            self.wait_until_ready()
            yield self
        finally:
            if self.process:
                self.process.send_signal(signal.SIGINT)
                self.process.wait(120)
            shutil.rmtree(self.folder, ignore_errors=True)

    def wait_until_ready(self):
        for _ in range(600):
            if self.process.poll() is not None:
                raise SystemExit(f"PostgreSQL does not start: {(self.folder / 'log').read_text()[-500:]}")
            if subprocess.run([self.binaries / "pg_isready", "-q", "-h", self.folder, "-p", str(self.port or 5432),
                               "-U", "bench"]).returncode == 0:
                return
            time.sleep(0.1)
        raise SystemExit("PostgreSQL does not start")

    @property
    def connection(self):
        return f"host={self.folder} port={self.port or 5432} user=bench dbname=postgres"

    @property
    def url(self):
        return f"postgres://bench@127.0.0.1:{self.port}/postgres"

    def sql(self, *statements):
        commands = [part for statement in statements for part in ("-c", statement)]
        return subprocess.run([self.binaries / "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1",
                               "-d", self.connection, *commands], stdout=subprocess.PIPE, text=True, check=True).stdout

    def cpu_seconds(self):
        time.sleep(0.3)  # until backends that were left are reaped, and count as ended children
        return cpu_seconds_of_family(self.process.pid)


# Without codecs of columns the server's own compression is what there is (docs/scale-out.md tells operators the same).
CLICKHOUSE = """<yandex>
<logger><level>warning</level><log>{folder}/log</log><errorlog>{folder}/errors</errorlog></logger>
<http_port>{http}</http_port><tcp_port>{tcp}</tcp_port><interserver_http_port>{interserver}</interserver_http_port>
<interserver_http_host>127.0.0.1</interserver_http_host><listen_host>127.0.0.1</listen_host>
<path>{folder}/data/</path><tmp_path>{folder}/tmp/</tmp_path><user_files_path>{folder}/files/</user_files_path>
<format_schema_path>{folder}/schemas/</format_schema_path><users_config>{folder}/users.xml</users_config>
<default_profile>default</default_profile><default_database>default</default_database>
<mark_cache_size>1000000000</mark_cache_size>
<compression><case><min_part_size>4194304</min_part_size><min_part_size_ratio>0</min_part_size_ratio><method>zstd</method>
</case></compression>
</yandex>"""

USERS = """<yandex>
<profiles><default><max_memory_usage>4000000000</max_memory_usage></default></profiles>
<users><default><password></password><networks><ip>127.0.0.1</ip></networks><profile>default</profile>
<quota>default</quota></default></users><quotas><default></default></quotas></yandex>"""


class ClickHouse:
    """One server, as it comes but for zstd in parts that last."""

    name = "ClickHouse"
    database = "log"

    def __init__(self, options):
        self.options, self.binary = options, self.find_binary()

    @staticmethod
    def find_binary():
        binary = shutil.which("clickhouse-server", path=os.environ["PATH"] + ":/usr/sbin")
        if not binary:
            raise Missing("ClickHouse is missing: apt-get install clickhouse-server")
        return binary

    @contextlib.contextmanager
    def running(self):
        self.folder = Path(tempfile.mkdtemp(prefix="clog-ch-", dir=self.options.dir))
        self.port, *others = (self.options.ports.take() for _ in range(3))
        for name in ("data", "tmp", "files", "schemas"):
            (self.folder / name).mkdir()
        (self.folder / "users.xml").write_text(USERS)
        (self.folder / "config.xml").write_text(
            CLICKHOUSE.format(folder=self.folder, http=self.port, tcp=others[0], interserver=others[1]))
        self.process = subprocess.Popen(
            [self.binary, f"--config-file={self.folder}/config.xml"], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            self.wait_until_ready()
            self.version = self.ask("SELECT version()").strip()
            yield self
        finally:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            shutil.rmtree(self.folder, ignore_errors=True)

    def wait_until_ready(self):
        deadline = time.monotonic() + 60
        while True:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"ClickHouse does not start: see {self.folder}/errors")
            with contextlib.suppress(OSError, http.client.HTTPException):
                return self.ask("SELECT 1")
            time.sleep(0.05)

    @property
    def url(self):
        return f"clickhouse://127.0.0.1:{self.port}/{self.database}"

    def bytes_of(self, sql, body=b"", **settings):
        """What it answers to a statement; with a body, to a statement that takes rows."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
        with contextlib.closing(connection):
            connection.request("POST", "/?" + urllib.parse.urlencode(settings | {"query": sql}), body)
            answer = connection.getresponse()
            data = answer.read()
        if answer.status != 200:
            raise SystemExit(f"ClickHouse answers {answer.status} to {sql[:200]}: {data[:500]!r}")
        return data

    def ask(self, sql, **settings):
        return self.bytes_of(sql, **settings).decode()

    def rows(self, sql, **settings):
        """As lists of texts."""
        return [line.split("\t") for line in self.ask(sql, **settings).splitlines()]

    def cpu_seconds(self):
        return cpu_seconds(self.process.pid)
