"""The plain alternatives that one would pick: SQLite rows and PostgreSQL, filled and asked in the same run."""

import contextlib
import datetime
import json
import os
import pwd
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
from pathlib import Path

from processes import cpu_seconds_of_family
from programs import BENCHMARKS, Missing, program
from questions import QUESTIONS, statistics
from stages import CHECKED, WARM_UP, say

SCHEMA = (BENCHMARKS / "rivals/schema.sql").read_text()


def schema(**types):
    return SCHEMA.format(**types)


def measure(store, options, full, lean, picks):
    """The stages of a rival: the same loads, then the same questions of the full entries."""
    result = {"version": store.version}
    say(f"{store.name}: one entry a commit")
    result["single"] = store.load(full, batch=1, lines=store.single_entries, connections=64)
    say(f"{store.name}: lean entries")
    result["lean"] = store.load(lean, batch=1000)
    result["lean"]["bytes_per_entry"] = round(store.size() / options.entries, 1)
    say(f"{store.name}: 20,000 entries a commit")
    result["large"] = store.load(full, batch=20_000)
    say(f"{store.name}: 1,000 entries a commit")
    result["full"] = store.load(full, batch=1000)
    result["full"]["bytes_per_entry"] = round(store.size() / options.entries, 1)
    say(f"{store.name}: queries")
    result["queries"], result["rows"] = {}, {}
    store.prepare_queries()
    if store.count() != options.entries:
        raise SystemExit(f"{store.name} has {store.count():,} rows of {options.entries:,}")
    choice = random.Random(options.seed)
    for question in QUESTIONS:
        parameters = options.folder / "parameters.tsv"
        with open(parameters, "w") as file:
            for pick in picks[question.name][:options.queries + WARM_UP]:
                values = question.parameters(pick, choice.randrange(options.entries) + 1, store.instant)
                print(*values, sep="\t", file=file)
        answer = store.ask(question.sql.replace("{hour}", store.hour), parameters, options.seconds)
        result["queries"][question.name] = statistics(answer["us"])
        result["rows"][question.name] = answer["rows"][:CHECKED]
    return result


def rates(result):
    """`settled_cpu_s` is the store's, with its checkpoint and without the parser of NDJSON."""
    entries, cpu = result["entries"], max(result["settled_cpu_s"], 0.001)
    result["entries_per_s"] = round(entries / result["wall_s"])
    result["entries_per_cpu_s_settled"] = round(entries / cpu)
    result["entries_per_cpu_s_with_parser"] = round(entries / (cpu + result["parse_cpu_s"]))
    return result


class SqliteRows:
    """In one process, by its C API: no socket lies between the store and who asks."""

    name = "SQLite rows"
    hour = "log_time / 3600000000"
    single_entries = 5_000

    def __init__(self, options):
        self.program = program("sqlite_rows")
        self.path = options.folder / "rows.sqlite"
        self.schema = options.folder / "schema.sql"
        self.schema.write_text(schema(id="integer PRIMARY KEY", time="integer"))
        self.version = sqlite3.sqlite_version

    @staticmethod
    def instant(text):
        moment = datetime.datetime.fromisoformat(text) - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
        return moment // datetime.timedelta(microseconds=1)

    def load(self, path, batch, lines=0, connections=1):
        self.remove()
        ended = subprocess.run([self.program, "load", self.path, path, str(batch), str(lines), self.schema],
                               stdout=subprocess.PIPE, text=True, check=True)
        return rates(json.loads(ended.stdout))

    def size(self):
        """After the checkpoint that ends a load the write-ahead log is empty."""
        return sum(path.stat().st_size for path in self.path.parent.glob(self.path.name + "*"))

    def count(self):
        with contextlib.closing(sqlite3.connect(self.path)) as connection:
            return connection.execute("SELECT count(*) FROM entry").fetchone()[0]

    def prepare_queries(self):
        pass

    def ask(self, sql, parameters, seconds):
        sql = re.sub(r"\$(\d)", r"?\1", sql)
        ended = subprocess.run([self.program, "ask", self.path, sql, parameters, str(WARM_UP), str(seconds)],
                               stdout=subprocess.PIPE, text=True, check=True)
        return json.loads(ended.stdout)

    def remove(self):
        for path in self.path.parent.glob(self.path.name + "*"):
            path.unlink()

    @contextlib.contextmanager
    def running(self):
        yield self
        self.remove()


class Postgres:
    """A cluster of its own in a temporary folder, on a Unix socket, as `initdb` makes it, with locale C."""

    name = "PostgreSQL"
    hour = "date_trunc('hour', log_time)"
    single_entries = 20_000

    def __init__(self, options):
        self.options = options
        self.binaries = self.find_binaries()
        self.program = program("postgres_rows")
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

    @staticmethod
    def instant(text):
        return text

    @contextlib.contextmanager
    def running(self):
        self.folder = Path(tempfile.mkdtemp(prefix="clog-pg-", dir=self.options.dir))
        self.user = {}
        if os.geteuid() == 0:  # PostgreSQL does not run as root
            account = next(account for account in pwd.getpwall() if account.pw_name in ("postgres", "nobody"))
            self.user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
            os.chown(self.folder, account.pw_uid, account.pw_gid)
        self.process = None
        try:
            subprocess.run([self.binaries / "initdb", "-D", self.folder / "data", "-U", "bench", "-A", "trust",
                            "-E", "UTF8", "--locale=C"],
                           stdout=subprocess.DEVNULL, check=True, cwd=self.folder, **self.user)
            log = open(self.folder / "log", "wb")
            self.process = subprocess.Popen(
                [self.binaries / "postgres", "-D", self.folder / "data", "-c", "listen_addresses=", "-k", self.folder],
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
            if subprocess.run([self.binaries / "pg_isready", "-q", "-h", self.folder, "-U", "bench"]).returncode == 0:
                return
            time.sleep(0.1)
        raise SystemExit("PostgreSQL does not start")

    @property
    def connection(self):
        return f"host={self.folder} user=bench dbname=postgres"

    def sql(self, *statements):
        commands = [part for statement in statements for part in ("-c", statement)]
        return subprocess.run([self.binaries / "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1",
                               "-d", self.connection, *commands], stdout=subprocess.PIPE, text=True, check=True).stdout

    def cpu_seconds(self):
        time.sleep(0.3)  # until backends that were left are reaped, and count as ended children
        return cpu_seconds_of_family(self.process.pid)

    def load(self, path, batch, lines=0, connections=4):
        self.sql("SET client_min_messages = warning", "DROP TABLE IF EXISTS entry",
                 schema(id="bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY", time="timestamptz"), "CHECKPOINT")
        before = self.cpu_seconds()
        ended = subprocess.run([self.program, "load", self.connection, path, str(batch), str(lines), str(connections)],
                               stdout=subprocess.PIPE, text=True, check=True)
        result = json.loads(ended.stdout)
        result["server_cpu_s"] = round(self.cpu_seconds() - before, 3)
        self.sql("CHECKPOINT")
        result["settled_cpu_s"] = round(self.cpu_seconds() - before, 3)
        return rates(result)

    def size(self):
        """The table with its indexes and long values, without the write-ahead log."""
        return int(self.sql("SELECT pg_total_relation_size('entry')"))

    def count(self):
        return int(self.sql("SELECT count(*) FROM entry"))

    def prepare_queries(self):
        self.sql("VACUUM (ANALYZE) entry")

    def ask(self, sql, parameters, seconds):
        ended = subprocess.run([self.program, "ask", self.connection, sql, parameters, str(WARM_UP), str(seconds)],
                               stdout=subprocess.PIPE, text=True, check=True)
        return json.loads(ended.stdout)


def all_rivals(options, full, lean, picks):
    """What there is of them. One that is missing leaves a note, and the benchmark goes on."""
    result, notes = {}, []
    for name, kind in (("sqlite", SqliteRows), ("postgres", Postgres)):
        try:
            with kind(options).running() as store:
                result[name] = measure(store, options, full, lean, picks)
        except Missing as missing:
            notes.append(f"{kind.name} left out: {missing}")
        except subprocess.CalledProcessError as failure:
            notes.append(f"{kind.name} left out: {Path(str(failure.cmd[0])).name} failed")
    return result, notes
