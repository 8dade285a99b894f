"""A shared store, ClickHouse and PostgreSQL behind the server on one machine: what it takes and keeps, how it answers.

Beside it, in the same run: the embedded store with the same lines; the same rows sent to ClickHouse straight, as one would
who has them finished in large batches; and each question as a statement written by hand (statements.py), asked of the same
tables right before or after ours.
"""

import concurrent.futures
import contextlib
import json
import subprocess
import time
import urllib.parse

from databases import ClickHouse, Postgres
from programs import program
from questions import statistics
from server import Server
from stages import CHECKED, WARM_UP, fresh, load, load_until_settled, prepare, say, set_up
from statements import FAULTS, SHARED_QUESTIONS, STATEMENTS, key_of, keys_of_ours, of_team

TABLES = ("entries", "entries_by_id", "entries_by_state", "faults")
BATCH = 50_000  # rows of an insert that is made straight
INSERTS_AT_ONCE = 4  # as many as our connections
TRIAL = 8  # picks by which the fastest statement is found
FAULT_COUNT, FAULT_TEAM, FAULTS_AT_ONCE = 5_000, 1, 500
# Servers of a shared store do not start without one; this one guards nothing.
ENVIRONMENT = {"CONNECTORLOG_MASTER_KEY": "5a" * 32}


def prepare_shared():
    """Says what is missing before anything is measured."""
    Postgres.find_binaries()
    ClickHouse.find_binary()


def measure_shared(options, path, picks):
    say(f"a shared store: {options.entries:,} full entries into the embedded one, to compare")
    with fresh(options, "shared-embedded") as server:
        embedded = load_until_settled(server, path)
    with running(options) as store:
        say(f"a shared store: {options.entries:,} full entries, 1,000 lines a request")
        result = {"clickhouse_version": store.clickhouse.version, "postgres_version": store.postgres.version,
                  "embedded": embedded, "load": store.load(path)}
        if store.server.count() != options.entries:
            raise SystemExit(f"the store has {store.server.count():,} entries of {options.entries:,}")
        result["bytes"] = store.bytes_an_entry(options.entries)
        say(f"a shared store: the same rows straight into ClickHouse, {BATCH:,} at once")
        result["straight"] = Straight(store.clickhouse, options).measure()
        send_faults(store.server)
        say("a shared store: queries")
        picks = picks | {FAULTS.name: [of_team(pick, FAULT_TEAM) for pick in picks["entry by id"]]}
        prepare(store.server, picks)
        result["queries"] = {question.name: ask_both(store, options, question, picks[question.name])
                             for question in SHARED_QUESTIONS}
        store.merge()
        result["merged_bytes"] = store.bytes_an_entry(options.entries)
    return result


# MARK: - The processes

class Store:
    def __init__(self, server, clickhouse, postgres):
        self.server, self.clickhouse, self.postgres = server, clickhouse, postgres

    def cpu_seconds(self):
        return {"server": self.server.cpu_seconds(), "clickhouse": self.clickhouse.cpu_seconds(),
                "postgres": self.postgres.cpu_seconds()}

    def load(self, path):
        """A load, the commits that it was, and the CPU seconds of each process: until the last answer, and with merges."""
        before, commits = self.cpu_seconds(), self.commits()
        result = load(self.server, path)
        answered = self.cpu_seconds()
        result["commits"] = self.commits() - commits
        result["settled_s"] = round(settle(self.clickhouse), 1)
        settled = self.cpu_seconds()
        result["cpu_s"] = {name: round(answered[name] - before[name], 2) for name in before}
        result["settled_cpu_s"] = {name: round(settled[name] - before[name], 2) for name in before}
        result["peak_mb"] = self.server.memory_mb("VmHWM")
        return result

    def commits(self):
        return int(self.postgres.sql("SELECT last FROM commit_clock"))

    def bytes_an_entry(self, entries):
        """By table, of the parts that count; those that merges replaced are removed some minutes later."""
        sizes = dict(self.clickhouse.rows(
            "SELECT table, sum(bytes_on_disk) FROM system.parts "
            f"WHERE active AND database = '{ClickHouse.database}' GROUP BY table"))
        tables = {name: round(int(sizes.get(name, 0)) / entries, 1) for name in TABLES}
        return tables | {"all": round(sum(map(int, sizes.values())) / entries, 1),
                         "postgres": round(int(self.postgres.sql("SELECT pg_database_size('postgres')")) / entries, 1)}

    def merge(self):
        """Each day to one part: as ClickHouse does by itself, sooner or later."""
        for table in TABLES:
            self.clickhouse.ask(f"OPTIMIZE TABLE {ClickHouse.database}.{table} FINAL")


@contextlib.contextmanager
def running(options):
    """A server with 20 teams that have secrets, on databases of its own; all of it is gone afterwards."""
    with (Postgres(options, options.ports.take()).running() as postgres, ClickHouse(options).running() as clickhouse):
        where = ("--store", clickhouse.url, "--catalog", postgres.url)
        subprocess.run([options.binary, "store", "migrate", *where], stdout=subprocess.DEVNULL, check=True)
        server = Server(options.binary, options.folder / "shared", options.ports, *where, environment=ENVIRONMENT)
        with set_up(server, options):
            yield Store(server, clickhouse, postgres)


def settle(clickhouse, longest=3600):
    """Waits until ClickHouse has merged nothing for five seconds. Returns how long that took."""
    started = quiet_since = time.monotonic()
    while time.monotonic() - quiet_since < 5 and time.monotonic() - started < longest:
        time.sleep(0.5)
        if int(clickhouse.ask("SELECT count() FROM system.merges")):
            quiet_since = time.monotonic()
    return quiet_since - started


# MARK: - Rows straight into ClickHouse

class Straight:
    """The rows of all tables as the server made them, in the order of their arrival, in files of the format Native that are
    sent as they are: no line is parsed, nothing redacted, nothing agreed on."""

    database = "straight"

    def __init__(self, clickhouse, options):
        self.clickhouse, self.folder = clickhouse, options.folder / "straight"

    def measure(self):
        self.folder.mkdir()
        self.clickhouse.ask(f"CREATE DATABASE {self.database}")
        batches = self.export()
        before, started = self.clickhouse.cpu_seconds(), time.perf_counter()
        with concurrent.futures.ThreadPoolExecutor(INSERTS_AT_ONCE) as threads:
            list(threads.map(self.insert, batches))
        took = time.perf_counter() - started
        cpu = self.clickhouse.cpu_seconds() - before
        settle(self.clickhouse)
        rows = int(self.clickhouse.ask(f"SELECT count() FROM {self.database}.entries"))
        result = {"rows": rows, "wall_s": round(took, 3), "entries_per_s": round(rows / took), "cpu_s": round(cpu, 2),
                  "settled_cpu_s": round(self.clickhouse.cpu_seconds() - before, 2)}
        self.clickhouse.ask(f"DROP DATABASE {self.database}")
        return result

    def export(self):
        """Files of each batch: one a table."""
        arrived, batches = f"{self.database}.arrived", []
        self.clickhouse.ask(f"CREATE TABLE {arrived} ENGINE = MergeTree PARTITION BY tuple() ORDER BY id "
                            f"AS SELECT * FROM {ClickHouse.database}.entries")
        numbered = f"SELECT id, rowNumberInAllBlocks() AS number FROM (SELECT id FROM {arrived} ORDER BY id)"
        ends = self.clickhouse.rows(f"SELECT hex(max(id)) AS last FROM ({numbered}) "
                                    f"GROUP BY intDiv(number, {BATCH}) ORDER BY last", max_threads=1)
        first = "00" * 16
        columns = {table: ", ".join(row[0] for row in self.clickhouse.rows(f"DESCRIBE TABLE {ClickHouse.database}.{table}"))
                   for table in TABLES[:3]}
        for number, (last,) in enumerate(ends):
            files = {}
            for table, names in columns.items():
                state = " AND notEmpty(state_id)" if table == "entries_by_state" else ""
                files[table] = self.folder / f"{number}.{table}"
                files[table].write_bytes(self.clickhouse.bytes_of(
                    f"SELECT {names} FROM {arrived} WHERE id > unhex('{first}') AND id <= unhex('{last}'){state} "
                    "FORMAT Native"))
            batches.append(files)
            first = last
        self.clickhouse.ask(f"DROP TABLE {arrived}")
        for table in columns:
            self.clickhouse.ask(f"CREATE TABLE {self.database}.{table} AS {ClickHouse.database}.{table}")
        return batches

    def insert(self, files):
        for table, path in files.items():
            self.clickhouse.bytes_of(f"INSERT INTO {self.database}.{table} FORMAT Native", path.read_bytes())
            path.unlink()


# MARK: - Queries

def send_faults(server):
    """Root faults of one team, as a vendor reports states of its runs: the workload's lines have none."""
    for first in range(0, FAULT_COUNT, FAULTS_AT_ONCE):
        states = [{"id": f"10000000-0000-4000-8000-{number:012x}", "currentFlowId": {"id": "orders", "versionId": "1"},
                   "currentFlowDeveloperName": "Orders", "isDone": False,
                   "dateModified": f"2026-11-01T{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}Z",
                   "rootFaults": {"Data Save Fault": json.dumps(
                       {"kind": "service", "statusCode": 502, "message": f"Bad Gateway of {number}",
                        "uri": f"https://crm.example.com/api/{number}", "responseBody": "<html>502</html>" * 20})}}
                  for number in range(first, first + FAULTS_AT_ONCE)]
        server.call("POST", f"/api/reporting/1/states?team={FAULT_TEAM}", json.dumps(states).encode(),
                    {"Content-Type": "application/json"})


def ask_both(store, options, question, picks):
    """Our API and the fastest of the statements, one pick at a time; whose turn is first changes."""
    statements = STATEMENTS[question.name]
    trials = {}
    for statement in statements:
        check(store, question, statement, picks[:CHECKED])
        answer = ask(store, options, question, statement, picks[:TRIAL + 2], warm_up=2)
        trials[statement.label] = statistics(answer["beside_us"])["median_ms"]
    best = min(statements, key=lambda statement: trials[statement.label])
    answer = ask(store, options, question, best, picks[:options.queries + WARM_UP], WARM_UP)
    ours, beside = statistics(answer["us"]), statistics(answer["beside_us"])
    return {"ours": ours, "beside": beside, "statement": best.label, "trials": trials,
            "ratio": round(ours["median_ms"] / beside["median_ms"], 2)}


def ask(store, options, question, statement, picks, warm_up):
    ours, beside = options.folder / "paths", options.folder / "statements"
    ours.write_text("".join(question.path(pick) + "\n" for pick in picks))
    beside.write_text("".join(statement_path(statement, pick) + "\n" for pick in picks))
    ended = subprocess.run([program("ask"), "--port", str(store.server.port), "--key", store.server.key, "--paths", ours,
                            "--beside-port", str(store.clickhouse.port), "--beside-paths", beside,
                            "--warm-up", str(warm_up), "--seconds", str(options.seconds * 2)],
                           stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(ended.stdout)


def statement_path(statement, pick):
    members = statement.settings | {"database": ClickHouse.database, "query": f"{statement.sql(pick)} FORMAT RowBinary"}
    return "/?" + urllib.parse.urlencode(members)


def check(store, question, statement, picks):
    """That both find the same rows, in the same order."""
    for pick in picks:
        ours = keys_of_ours(question.name, store.server.get(question.path(pick)))
        beside = store.clickhouse.rows(f"SELECT {key_of(question.name)} FROM ({statement.sql(pick)})",
                                       database=ClickHouse.database, **statement.settings)
        if ours != beside:
            raise SystemExit(f"'{question.name}', {statement.label}: {len(ours)} rows of ours, {len(beside)} by hand")
