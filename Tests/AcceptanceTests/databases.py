"""A real ClickHouse and a real PostgreSQL for tests, as processes that can be killed and started again."""

import os
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request

from server import free_port

POSTGRES = next((path for path in ("/usr/lib/postgresql/15/bin", "/usr/local/bin") if os.path.exists(f"{path}/initdb")), None)
CLICKHOUSE = shutil.which("clickhouse-server", path=os.environ["PATH"] + ":/usr/sbin")
ARE_THERE = POSTGRES is not None and CLICKHOUSE is not None

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
<mark_cache_size>100000000</mark_cache_size></yandex>"""


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
    def __init__(self, folder):
        self.folder, self.port = folder, free_port()
        for name in ("data", "tmp", "files", "schemas"):
            (folder / name).mkdir(parents=True)
        (folder / "users.xml").write_text(USERS)
        (folder / "config.xml").write_text(
            CONFIGURATION.format(folder=folder, http=self.port, tcp=free_port(), interserver=free_port()))

    @property
    def url(self):
        return f"clickhouse://127.0.0.1:{self.port}/log"

    def start(self):
        self.process = subprocess.Popen(
            [CLICKHOUSE, f"--config-file={self.folder}/config.xml"], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return self.wait(lambda: self.query("SELECT 1") == "1\n")

    def query(self, sql):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", sql.encode(), timeout=30) as answer:
                return answer.read().decode()
        except (urllib.error.URLError, OSError):
            return None


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
