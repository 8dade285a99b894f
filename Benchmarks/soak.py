#!/usr/bin/env python3
"""Calls through the invoker for long: memory has to stay flat, and each call has to be in the log exactly once.

    python3 Benchmarks/soak.py                half an hour at half of the load that passes
    python3 Benchmarks/soak.py --minutes 3
    python3 Benchmarks/soak.py --rate 500     calls a second, in place of half of what passes

Each call has an id of its own, and the ids of the whole log are read at the end: one that is missing, one that is there
twice, and one that nobody sent are faults. Resident memory is looked at each second. The first third of the time warms up;
it is flat when the median of the last third is no further above that of the middle third than --growth.
Needs nginx and a C compiler. Exits with 1 when a goal is missed.
"""

import argparse
import json
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import table
from gateway import FOR_CALLS, Nginx, call, calls, connector, recorded
from programs import BENCHMARKS, Missing
from server import Ports
from stages import fresh, say

CONNECTIONS = 32
PROBE_SECONDS = 10
IDS = "soak"
PAGE = 1000


def main():
    options = parse()
    if not options.no_build:
        subprocess.run(["scripts/release"], cwd=BENCHMARKS.parent, stdout=subprocess.DEVNULL, check=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # with all that it started
    options.folder = Path(tempfile.mkdtemp(prefix="connectorlog-soak-", dir=options.dir))
    try:
        result = measure_soak(options)
    finally:
        shutil.rmtree(options.folder, ignore_errors=True)
    if options.json:
        Path(options.json).write_text(json.dumps(result, indent=2) + "\n")
    rows = soak_rows(result)
    print("\n".join(table.section("Soak of the invoker", rows, {})))
    return 1 if any(row.met is False for row in rows) else 0


def measure_soak(options):
    """`rate` None: half of what passes. `warm_up`: calls before anything is measured."""
    with Nginx.vendor(options.folder, options.ports) as vendor, fresh(options, "soak", *FOR_CALLS) as server:
        target = connector(server, vendor)
        made = call(target, "--count", options.warm_up, ids="warm-up", connections=CONNECTIONS)["calls"]
        passes = None
        if not options.rate:
            probe = call(target, "--seconds", PROBE_SECONDS, ids="probe", connections=CONNECTIONS)
            made, passes = made + probe["calls"], probe["calls_per_s"]
        rate = options.rate or passes // 2
        say(f"{options.seconds} s at {rate:,} calls a second" + (f", half of {passes:,}" if passes else ""))
        cpu = server.cpu_seconds()
        result, samples = watched(server, calls(target, "--rate", rate, "--seconds", options.seconds, ids=IDS,
                                                connections=CONNECTIONS))
        cpu = server.cpu_seconds() - cpu
        say("reading the log")
        found = recorded(server, made + result["calls"]) - made
        return {"rate": rate, "passes": passes, "growth_limit": options.growth, "found": found,
                "cpu_us": round(cpu / result["calls"] * 1e6, 1), "peak_mb": server.memory_mb("VmHWM"),
                } | result | memory(samples) | once(server, result["calls"])


def watched(server, command):
    """What the client says, and the server's resident memory of each second."""
    samples = []
    client = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        while client.poll() is None:
            if server.process.poll() is not None:
                raise SystemExit(f"the server ended with {server.process.returncode}")
            samples.append(server.memory_mb("VmRSS"))
            time.sleep(1)
        output = client.communicate()[0]
    finally:
        client.kill()
        client.wait()
    if client.returncode:
        raise SystemExit("the calls broke off")
    return json.loads(output), samples


def memory(samples):
    third = len(samples) // 3
    middle, last = (statistics.median(part) for part in (samples[third:2 * third], samples[-third:]))
    return {"middle_mb": round(middle, 1), "last_mb": round(last, 1), "growth_mb": round(last - middle, 1)}


# MARK: - Exactly once

def once(server, count):
    """How many of the ids up to this one the log has not, and has more than once; and how many that nobody sent."""
    seen, strange = bytearray(count), 0
    for number in numbers(server):
        if number >= count:
            strange += 1
        elif seen[number] < 255:
            seen[number] += 1
    lost = seen.count(0)
    doubled = count - lost - seen.count(1)
    return {"lost": lost, "doubled": doubled, "strange": strange,
            "first_lost": [number for number, times in enumerate(seen) if times == 0][:5] if lost else []}


def numbers(server):
    """Of the ids of all calls, page after page; rows by a pattern, since there are millions."""
    pattern = re.compile(rb'"request_id":"' + IDS.encode() + rb'-([0-9]+)"')
    cursor = ""
    while cursor is not None:
        page = server.call("GET", f"/v1/teams/1/logs?limit={PAGE}" + (f"&cursor={cursor}" if cursor else ""))
        yield from map(int, pattern.findall(page))
        cursor = json.loads(re.search(rb'"next_cursor":("[^"]*"|null)', page).group(1))


def soak_rows(result):
    times, half = result["call_ms"], f", half of {result['passes']:,}" if result["passes"] else ""
    return [
        table.Row("calls", result["calls"], note=f"{table.number(result['wall_s'] / 60)} minutes"),
        table.Row("calls/s", result["calls_per_s"], ">=", round(result["rate"] * 0.95),
                  note=f"{result['rate']:,} wanted{half}"),
        table.Row("median ms", times["median"], note=f"p99 {times['p99']}, max {times['max']}"),
        table.Row("CPU us a call, with compaction", result["cpu_us"]),
        table.Row("errors", result["errors"], "<=", 0),
        table.Row("lost", result["lost"], "<=", 0, note=" ".join(f"{IDS}-{number:09}" for number in result["first_lost"])),
        table.Row("in the log more than once", result["doubled"], "<=", 0),
        table.Row("in the log and never made", result["strange"] + max(0, result["found"] - result["calls"]), "<=", 0),
        table.Row("resident MB, middle third", result["middle_mb"]),
        table.Row("  growth to the last third", result["growth_mb"], "<=", result["growth_limit"],
                  note=f"{result['last_mb']}, peak {result['peak_mb']}"),
    ]


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--rate", type=int, help="calls a second (default: half of what passes)")
    parser.add_argument("--growth", type=float, default=16, metavar="MB", help="that resident memory may grow")
    parser.add_argument("--warm-up", type=int, default=20_000, metavar="N", help="calls before anything is measured")
    parser.add_argument("--secrets", type=int, default=100, metavar="N", help="registered secrets of each team, 100 at most")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", metavar="FILE", help="writes the figures there as well")
    parser.add_argument("--dir", help="where the store is put (default: the system's temporary folder)")
    parser.add_argument("--binary", type=Path, default=BENCHMARKS.parent / ".build/release/connectorlog",
                        help="another program than the release build")
    parser.add_argument("--no-build", action="store_true")
    options = parser.parse_args()
    options.seconds, options.ports, options.keep = round(options.minutes * 60), Ports(), False
    return options


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Missing as missing:
        sys.exit(str(missing))
