"""What is measured of Connector Log, stage by stage, each on a store of its own."""

import contextlib
import datetime
import itertools
import json
import shutil
import signal
import subprocess
import sys
import time

import otlp
from archive import measure_archive
from pages import measure_pages, of_one_team
from programs import BENCHMARKS, program
from questions import QUESTIONS, rows_of, statistics
from server import Server
from workloads import FIRST_DAY

WARM_UP = 20
CHECKED = 5  # answers of each kind that are compared with those of the rivals
IDLE_SECONDS = 5
LARGE_ENTRIES = 400_000
REDACTED_ENTRIES = 20_000


def say(text):
    print(text, file=sys.stderr, flush=True)


@contextlib.contextmanager
def set_up(server, options):
    """Starts it with 20 teams that have secrets; its data directory is gone afterwards."""
    try:
        server.start()
        server.make_teams()
        server.register_secrets(options.secrets, options.seed)
        yield server
    finally:
        server.stop()
        if not options.keep:
            shutil.rmtree(server.data, ignore_errors=True)


@contextlib.contextmanager
def fresh(options, name, *arguments):
    """A server with an empty store of its own."""
    with set_up(Server(options.binary, options.folder / name, options.ports, *arguments), options) as server:
        yield server


def client(server, path, *more):
    return [program("load"), "--port", str(server.port), "--key", server.key, "--file", path, "--pid", str(server.pid),
            *map(str, more)]


def load(server, path, *more, connections=4, batch=1000):
    ended = subprocess.run(client(server, path, "--batch", batch, "--connections", connections, *more),
                           stdout=subprocess.PIPE, text=True, check=True)
    result = json.loads(ended.stdout)
    if result["errors"]:
        raise SystemExit(f"{result['errors']:,} entries were not taken")
    return result | {"connections": connections, "lines_per_request": batch}


def redaction(options, full):
    """What redaction costs an entry, in the benchmark's own program: the same entries through the wall, and only copied."""
    flags = ["-c", "release", "--static-swift-stdlib"] if sys.platform == "linux" else ["-c", "release"]
    build = ["swift", "build", *flags, "--product", "redaction-benchmark"]
    subprocess.run(build, cwd=BENCHMARKS.parent, stdout=subprocess.DEVNULL, check=True)
    folder = subprocess.run(["swift", "build", *flags, "--show-bin-path"], cwd=BENCHMARKS.parent,
                            stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    some = options.folder / "redaction.ndjson"
    with open(full, "rb") as lines:
        some.write_bytes(b"".join(itertools.islice(lines, REDACTED_ENTRIES)))
    ended = subprocess.run([f"{folder}/redaction-benchmark", some], stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(ended.stdout)


def load_until_settled(server, path, *more, **how):
    """A load, and what compaction costs after it."""
    before = server.cpu_seconds()
    result = load(server, path, *more, **how)
    result["settled_s"] = round(server.settle(), 1)
    result["settled_cpu_s"] = round(server.cpu_seconds() - before, 2)
    result["entries_per_cpu_s_settled"] = round(result["accepted"] / result["settled_cpu_s"])
    result["peak_mb"] = server.memory_mb("VmHWM")
    return result


# MARK: - Queries

def prepare(server, picks):
    """Gives each pick of `entry by id` an id that the store has, near the drawn entry's time."""
    for pick in picks["entry by id"]:
        rows = server.get(f"/v1/teams/{pick.team}/logs?limit=1&to={pick.later()}")["logs"]
        pick.identifier = rows[0]["id"]


def query(server, picks, options, count, warm_up=WARM_UP):
    """Each kind of question in turn, one at a time, by clients/ask.c."""
    result = {}
    for question in QUESTIONS:
        if question.name not in picks:
            continue
        paths = options.folder / "paths"
        chosen = picks[question.name][:count + warm_up]
        paths.write_text("".join(question.path(pick) + "\n" for pick in chosen))
        ended = subprocess.run([program("ask"), "--port", str(server.port), "--key", server.key, "--paths", paths,
                                "--warm-up", str(warm_up), "--seconds", str(options.seconds)],
                               stdout=subprocess.PIPE, text=True, check=True)
        answer = json.loads(ended.stdout)
        result[question.name] = statistics(answer["us"]) | {"bytes": answer["bytes"] // len(answer["us"])}
    return result


def count_rows(server, picks):
    """Rows of the first few answers of each kind."""
    return {question.name: [rows_of(server.get(question.path(pick))) for pick in picks[question.name][:CHECKED]]
            for question in QUESTIONS if question.name in picks}


def query_under_ingest(server, picks, path, options, count):
    """The same while the load client sends later days at full rate, again and again."""
    days = max(1, min(14, (datetime.date.today() - FIRST_DAY).days))
    sender = subprocess.Popen(
        client(server, path, "--lines", 200_000, "--copies", 0, "--first-copy", 1, "--first-day", 1, "--day-step", 1,
               "--day-span", days), stdout=subprocess.PIPE, text=True)
    try:
        before = server.cpu_seconds()
        while server.cpu_seconds() - before < 1 and sender.poll() is None:
            time.sleep(0.05)
        queries = query(server, picks, options, count, warm_up=5)
        if sender.poll() is not None:
            raise SystemExit("the load ended before the queries did")
        sender.send_signal(signal.SIGTERM)
        ingest = json.loads(sender.communicate(timeout=120)[0])
    finally:
        sender.kill()
        sender.wait()
    return {"ingest": ingest, "queries": queries}


# MARK: - Stages

def full_entries(options, path, picks):
    """Ingest with 1,000 lines a request, the disk, the start, memory at rest, queries at rest and under ingest."""
    with fresh(options, "full") as server:
        say(f"ingest: {options.entries:,} full entries, 1,000 lines a request")
        result = {"load": load_until_settled(server, path)}
        result["bytes_per_entry"] = round(server.bytes_when_closed() / options.entries, 1)
        result["start_ms"] = server.start()
        time.sleep(IDLE_SECONDS)
        result["idle_mb"] = server.memory_mb("VmRSS")
        say("queries")
        if server.count() != options.entries:
            raise SystemExit(f"the store has {server.count():,} entries of {options.entries:,}")
        prepare(server, picks)
        result["rows"] = count_rows(server, picks)
        result["queries"] = query(server, picks, options, options.queries)
        result["query_peak_mb"] = server.memory_mb("VmHWM")
        say("queries while ingest runs at full rate")
        result["under_ingest"] = query_under_ingest(server, picks, path, options, options.queries_under_ingest)
        result["under_ingest"]["peak_mb"] = server.memory_mb("VmHWM")
    return result


def large_requests(options, path):
    say("ingest: 20,000 lines a request")
    copies = -(-LARGE_ENTRIES // options.entries)  # a few requests alone would not show what four connections do
    with fresh(options, "large") as server:
        return load(server, path, "--copies", copies, batch=20_000) | {"peak_mb": server.memory_mb("VmHWM")}


def lean_entries(options, path):
    say("ingest: lean entries")
    with fresh(options, "lean") as server:
        result = {"load": load_until_settled(server, path)}
        result["bytes_per_entry"] = round(server.bytes_when_closed() / options.entries, 1)
    return result


def single_entries(options, path):
    """Durable before its answer, each of them, on 64 connections."""
    say("ingest: one entry a request, 64 connections")
    with fresh(options, "single") as server:
        return load(server, path, "--lines", options.single_entries, batch=1, connections=64)


def killed(options, path):
    """kill -9 as soon as the last request is answered; then counts."""
    say("kill -9 after 100,000 acknowledged entries")
    with fresh(options, "killed") as server:
        acknowledged = load(server, path, "--lines", 100_000)["accepted"]
        server.kill()
        started = server.start()
        return {"acknowledged": acknowledged, "found": server.count(), "start_ms": started}


def pages(options, path):
    """Pages, with all entries in one team."""
    say("pages")
    one = of_one_team(path, options.folder / "one-team.ndjson")
    with fresh(options, "pages") as server:
        load_until_settled(server, one)
        return measure_pages(server, FIRST_DAY.isoformat())


def spans(options, path):
    """OTLP over HTTP and over gRPC, each on a store of its own."""
    result = {}
    made = otlp.requests(path, options.entries)
    for way in ("http", "grpc"):
        python = sys.executable if way == "http" else otlp.python_with_grpc()
        if not python:
            say("OTLP over gRPC: left out, no Python has grpcio (scripts/test installs it)")
            continue
        say(f"OTLP over {way}: {otlp.SPANS} spans a request")
        with fresh(options, f"otlp-{way}") as server:
            result[way] = otlp.send(server, made, way, python)
    return result


def archive(options):
    """A HAR of 200 MB by the command, into a server that has just started."""
    say("an HTTP Archive of 200 MB")
    with fresh(options, "archive") as server:
        return measure_archive(server, options.folder, options.binary, options.seed)
