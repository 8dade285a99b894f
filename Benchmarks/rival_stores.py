"""The plain alternatives that one would pick: SQLite rows and PostgreSQL, filled and asked in the same run."""

import contextlib
import datetime
import json
import random
import re
import sqlite3
import subprocess
from pathlib import Path

from databases import Postgres
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


class PostgresRows(Postgres):
    """On a Unix socket, by COPY."""

    hour = "date_trunc('hour', log_time)"
    single_entries = 20_000

    def __init__(self, options):
        self.program = program("postgres_rows")
        super().__init__(options)

    @staticmethod
    def instant(text):
        return text

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
    for name, kind in (("sqlite", SqliteRows), ("postgres", PostgresRows)):
        try:
            with kind(options).running() as store:
                result[name] = measure(store, options, full, lean, picks)
        except Missing as missing:
            notes.append(f"{kind.name} left out: {missing}")
        except subprocess.CalledProcessError as failure:
            notes.append(f"{kind.name} left out: {Path(str(failure.cmd[0])).name} failed")
    return result, notes
