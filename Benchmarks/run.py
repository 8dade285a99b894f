#!/usr/bin/env python3
"""Measures the server as one would run it: writes over sockets, bytes on disk, memory, and queries over HTTP.

    python3 Benchmarks/run.py                    a million full entries
    python3 Benchmarks/run.py --quick            a hundred thousand
    python3 Benchmarks/run.py --dir /mnt/fast    the store on another disk

The load client (workload/load.py) runs on the same machine and takes its share of the cores; each request is answered
after its entries are synced to disk. Queries come one at a time on one kept-alive connection; what they ask for is
drawn anew for each, with a fixed seed. Standard library only. Prints a table and writes it as JSON.
"""

import argparse
import datetime
import http.client
import json
import os
import platform
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
CACHE = REPOSITORY / ".cache/bench"
WORKLOAD = REPOSITORY / "Benchmarks/workload"
TEAMS = 20
QUERIES = 500
WARM_UP = 20

# What the project holds itself to, on two cores that the load client shares.
TARGETS = {
    "entries_per_s": (">=", 40_000), "bytes_per_entry": ("<=", 260), "peak_mb": ("<=", 500),
    "entry by id": ("<=", 10), "100 of a connector before a time": ("<=", 10), "entries of a state": ("<=", 10),
}


def main():
    options = parse()
    if not options.no_build:
        subprocess.run(["swift", "build", "-c", "release", "--product", "connectorlog"], cwd=REPOSITORY, check=True)
    binary = Path(options.binary or REPOSITORY / ".build/release/connectorlog")
    workload = generate(options.entries, options.seed)
    folder = Path(tempfile.mkdtemp(prefix="connectorlog-bench-", dir=options.dir))
    server = Server(binary, folder)
    try:
        result = {"machine": machine(folder), "entries": options.entries, "connections": options.connections,
                  "lines_per_request": options.batch}
        server.start()
        for team in range(2, TEAMS + 1):
            server.post("/v1/teams", {"name": f"Team {team}", "id": team})
        print(f"loading {options.entries:,} entries", file=sys.stderr)
        before = server.cpu_seconds()
        result["load"] = load(server, workload, options)
        settled = server.settle()
        result["load"]["settled_s"] = round(settled, 1)
        result["load"]["settled_cpu_s"] = round(server.cpu_seconds() - before, 2)
        result["load"]["bytes_per_entry"] = size_when_closed(server) / options.entries
        result["load"]["peak_mb"] = round(server.peak_mb, 1)
        started = time.perf_counter()
        server.start()
        result["start_ms"] = round((time.perf_counter() - started) * 1e3, 1)
        print("querying", file=sys.stderr)
        result["queries"] = query(server, workload, random.Random(options.seed))
        result["query_peak_mb"] = round(server.read_peak_mb(), 1)
        result["missed"] = missed(result)
    finally:
        server.stop()
        if options.keep:
            print(f"kept {folder}", file=sys.stderr)
        else:
            shutil.rmtree(folder)
    report(result)
    output = Path(options.json)
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(result, indent=2) + "\n")
    print(f"\nwritten to {output}")
    return 1 if options.check and result["missed"] else 0


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--quick", action="store_true", help="a hundred thousand entries")
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--batch", type=int, default=1000, help="lines a request")
    parser.add_argument("--dir", help="where the store is put (default: the system's temporary folder)")
    parser.add_argument("--keep", action="store_true", help="leave the store there")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", default=str(CACHE / "result.json"))
    parser.add_argument("--binary", help="another program than the release build")
    parser.add_argument("--no-build", action="store_true")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a target is missed")
    options = parser.parse_args()
    if options.quick:
        options.entries = 100_000
    return options


def generate(entries, seed):
    path = CACHE / f"workload-{entries}-{seed}.ndjson"
    if not path.exists():
        print(f"generating {path.name}", file=sys.stderr)
        CACHE.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        with open(partial, "wb") as file:
            subprocess.run([sys.executable, WORKLOAD / "gen_events.py", "-n", str(entries), "--seed", str(seed)],
                           stdout=file, check=True)
        partial.rename(path)
    return path


class Server:
    def __init__(self, binary, folder):
        self.binary, self.data = binary, folder / "data"
        self.process = None
        self.peak_mb = 0.0

    def start(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("CONNECTORLOG_")}
        self.process = subprocess.Popen(
            [self.binary, "serve", "--data", self.data, "--port", str(self.port), "--rate-limit-per-hour", "0",
             "--log-level", "warning"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=environment)
        deadline = time.monotonic() + 60
        while True:
            try:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
                self.connection.request("GET", "/readyz")
                response = self.connection.getresponse()
                response.read()
                if response.status == 200:
                    break
            except OSError:
                pass
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit("the server does not start")
            time.sleep(0.002)
        self.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.key = (self.data / "admin-key").read_text().strip()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.peak_mb = max(self.peak_mb, self.read_peak_mb())
            self.connection.close()
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(60)

    def cpu_seconds(self):
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def settle(self):
        """Waits until compaction has nothing left to do: three seconds without work. Returns how long that took."""
        started = quiet_since = time.monotonic()
        last = self.cpu_seconds()
        while time.monotonic() - quiet_since < 3 and time.monotonic() - started < 600:
            time.sleep(0.5)
            now = self.cpu_seconds()
            if now - last > 0.02:
                quiet_since = time.monotonic()
            last = now
        return quiet_since - started

    def read_peak_mb(self):
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1024
        raise SystemExit("no VmHWM")

    def call(self, method, path, body=None, headers=None):
        self.connection.request(method, path, body, {"Authorization": f"Bearer {self.key}"} | (headers or {}))
        response = self.connection.getresponse()
        data = response.read()
        if response.status >= 300:
            raise SystemExit(f"{method} {path}: {response.status} {data[:300]!r}")
        return data

    def get(self, path):
        return self.call("GET", path)

    def post(self, path, value):
        return json.loads(self.call("POST", path, json.dumps(value).encode(), {"Content-Type": "application/json"}))


def load(server, workload, options):
    ended = subprocess.run(
        [sys.executable, WORKLOAD / "load.py", "--port", str(server.port), "--key", server.key, "--file", workload,
         "--batch", str(options.batch), "--connections", str(options.connections), "--pid", str(server.process.pid)],
        capture_output=True, text=True, check=True)
    result = json.loads(ended.stdout)
    if result["errors"]:
        raise SystemExit(f"{result['errors']} entries were not taken")
    return result


def size_when_closed(server):
    """Bytes of the whole data directory once the server has stopped: nothing waits in a write-ahead log."""
    server.stop()
    return sum(path.stat().st_size for path in server.data.rglob("*") if path.is_file())


def query(server, workload, choice):
    picks = draw(workload, choice, QUERIES + WARM_UP)
    day = "from=2026-11-01T00:00:00Z&to=2026-11-02T00:00:00Z"
    ids = []
    for pick in picks:  # an id near the drawn entry's time; not measured
        rows = json.loads(server.get(f"/v1/teams/{pick['team_id']}/logs?limit=1&to={later(pick['log_time'])}"))["logs"]
        ids.append((pick["team_id"], rows[0]["id"]))
    kinds = {
        "entry by id": lambda n: f"/v1/teams/{ids[n][0]}/logs/{ids[n][1]}",
        "100 of a connector before a time": lambda n: (
            f"/v1/teams/{picks[n]['team_id']}/connector_builder/connectors/{picks[n]['connector_identifier']}/logs"
            f"?limit=100&before={picks[n]['log_time']}"),
        "entries of a state": lambda n: (
            f"/v1/teams/{picks[n]['team_id']}/states/{urllib.parse.quote(picks[n]['state_id'])}/logs"),
        "latest failed 100": lambda n: f"/v1/teams/{picks[n]['team_id']}/logs?outcome=failed&limit=100",
        "outcomes by hour": lambda n: f"/v1/teams/{picks[n]['team_id']}/stats/outcomes?interval=hour&{day}",
    }
    result = {}
    for name, path in kinds.items():
        times, size = [], 0
        for number in range(len(picks)):
            target = path(number)
            started = time.perf_counter()
            data = server.get(target)
            ended = time.perf_counter()
            if number >= WARM_UP:
                times.append((ended - started) * 1e3)
                size += len(data)
        times.sort()
        result[name] = {"median_ms": round(times[len(times) // 2], 3), "p99_ms": round(times[int(len(times) * 0.99)], 3),
                        "max_ms": round(times[-1], 3), "bytes": size // len(times)}
    return result


def draw(workload, choice, count):
    """Lines from random places of the file."""
    size, picks = workload.stat().st_size, []
    with open(workload, "rb") as file:
        while len(picks) < count:
            file.seek(choice.randrange(size))
            file.readline()
            if line := file.readline():
                picks.append(json.loads(line))
    return picks


def later(instant):
    moment = datetime.datetime.fromisoformat(instant.replace("Z", "+00:00")) + datetime.timedelta(seconds=1)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def measured(result):
    values = {name: result["load"][name] for name in ("entries_per_s", "bytes_per_entry", "peak_mb")}
    return values | {name: row["median_ms"] for name, row in result["queries"].items()}


def missed(result):
    values = measured(result)
    return [name for name, (side, limit) in TARGETS.items()
            if (values[name] < limit if side == ">=" else values[name] > limit)]


def machine(folder):
    cpu = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                if line.startswith("model name")), platform.processor())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    system = next((line.split("=")[1].strip('"') for line in Path("/etc/os-release").read_text().splitlines()
                   if line.startswith("PRETTY_NAME")), platform.platform())
    swift = subprocess.run(["swift", "--version"], capture_output=True, text=True).stdout.split("\n")[0]
    kind = subprocess.run(["stat", "-f", "-c", "%T", folder], capture_output=True, text=True).stdout.strip()
    return {"cpu": cpu, "cores": len(os.sched_getaffinity(0)), "memory_gb": round(memory, 1), "system": system,
            "kernel": platform.release(), "swift": swift, "file_system": kind}


def report(result):
    about, load_result = result["machine"], result["load"]
    print(f"\n{about['cpu']}, {about['cores']} cores, {about['memory_gb']} GB; {about['system']}, Linux {about['kernel']}, "
          f"{about['file_system']}; {about['swift']}")
    print(f"{result['entries']:,} full entries, {result['connections']} connections, "
          f"{result['lines_per_request']:,} lines a request, each answered after the sync\n")
    rows = [
        ("entries a second", f"{load_result['entries_per_s']:,}", "entries_per_s"),
        ("entries a second of server CPU", f"{load_result['entries_per_cpu_s']:,}", None),
        ("server CPU, seconds", f"{load_result['server_cpu_s']}", None),
        ("the same until compaction had ended", f"{load_result['settled_cpu_s']}", None),
        ("request, median / p99, ms", f"{load_result['request_ms']['median']} / {load_result['request_ms']['p99']}", None),
        ("bytes on disk an entry, compacted", f"{load_result['bytes_per_entry']:.1f}", "bytes_per_entry"),
        ("peak memory, MB", f"{load_result['peak_mb']} (queries: {result['query_peak_mb']})", "peak_mb"),
        ("start on this store, ms", f"{result['start_ms']}", None),
    ] + [(f"{name}, median / p99, ms", f"{row['median_ms']:.2f} / {row['p99_ms']:.2f}", name)
         for name, row in result["queries"].items()]
    for label, value, target in rows:
        goal = f"{TARGETS[target][0]} {TARGETS[target][1]:,}" if target in TARGETS else ""
        mark = "" if target not in TARGETS else "missed" if target in result["missed"] else "met"
        print(f"{label:50} {value:>24}   {goal:>10} {mark}".rstrip())


if __name__ == "__main__":
    sys.exit(main())
