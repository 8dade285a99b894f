#!/usr/bin/env python3
"""Measures the server as one would run it, and beside it the plain alternatives, and checks its goals.

    python3 Benchmarks/run.py                    a million entries
    python3 Benchmarks/run.py --quick            a hundred thousand, in three minutes
    python3 Benchmarks/run.py --big 100000000    also a store of a hundred million lean entries
    python3 Benchmarks/run.py --only full,lean   some stages
    python3 Benchmarks/run.py --no-rivals        without SQLite and PostgreSQL
    python3 Benchmarks/run.py --dir /mnt/fast    the stores on another disk

Clients run on the same machine and take their share of the cores; each request is answered after its entries are synced
to disk. Queries come one at a time on one connection; what they ask for is drawn anew for each, with a fixed seed.
Needs Python, a C compiler for the clients (cc), for the invoker wrk and nginx, and for the shared store ClickHouse and
PostgreSQL. Prints a table and writes all figures as
JSON.
"""

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import table
from big import measure_big
from invoker import measure_invoker, prepare_invoker
from machine import machine
from programs import BENCHMARKS, CACHE, Missing
from questions import pick_all
from rival_stores import all_rivals
from server import Ports
from shared import measure_shared, prepare_shared
from stages import (WARM_UP, archive, full_entries, killed, large_requests, lean_entries, pages, redaction, single_entries,
                    spans)
from workloads import workload

STAGES = ("full", "large", "lean", "single", "killed", "redaction", "pages", "otlp", "archive", "invoker", "shared")


def main():
    options = parse()
    notes = left_out(options)
    if not options.no_build:
        subprocess.run(["scripts/release"], cwd=BENCHMARKS.parent, stdout=subprocess.DEVNULL, check=True)
    full, lean = workload(options.entries, options.seed), workload(options.entries, options.seed, lean=True)
    options.folder = Path(tempfile.mkdtemp(prefix="connectorlog-bench-", dir=options.dir))
    try:
        result = measure(options, full, lean)
    finally:
        if options.keep:
            print(f"kept {options.folder}", file=sys.stderr)
        else:
            shutil.rmtree(options.folder, ignore_errors=True)
    result["notes"] += notes
    result["missed"] = table.missed(result)
    print("\n" + "\n".join(table.lines(result)))
    output = Path(options.json)
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(result, indent=2) + "\n")
    print(f"\n{len(result['missed'])} goals missed; written to {output}")
    return 1 if options.check and result["missed"] else 0


# What a stage needs of the machine beside a C compiler.
PREPARATIONS = {"invoker": prepare_invoker, "shared": prepare_shared}


def left_out(options):
    """Leaves out stages whose tools are missing, and says so: an error where goals are checked."""
    notes = []
    for stage, prepare in PREPARATIONS.items():
        if stage not in options.only:
            continue
        try:
            prepare()
        except Missing as missing:
            if options.check:
                raise
            options.only = [other for other in options.only if other != stage]
            notes.append(str(missing))
    return notes


def measure(options, full, lean):
    picks = pick_all(full, random.Random(options.seed), options.queries + WARM_UP)
    stages = {
        "full": lambda: full_entries(options, full, picks),
        "large": lambda: large_requests(options, full),
        "lean": lambda: lean_entries(options, lean),
        "single": lambda: single_entries(options, full),
        "killed": lambda: killed(options, full),
        "redaction": lambda: redaction(options, full),
        "pages": lambda: pages(options, full),
        "otlp": lambda: spans(options, full),
        "archive": lambda: archive(options),
        "invoker": lambda: measure_invoker(options),
        "shared": lambda: measure_shared(options, full, picks),
    }
    result = {"machine": machine(options.folder), "entries": options.entries, "notes": [],
              "bytes_an_entry": {name: path.stat().st_size / options.entries
                                 for name, path in (("full", full), ("lean", lean))},
              "ours": {name: stages[name]() for name in STAGES if name in options.only}}
    if not options.no_rivals:
        result["rivals"], result["notes"] = all_rivals(options, full, lean, picks)
        result["notes"] += disagreements(result)
    if options.big:
        result["ours"]["big"] = measure_big(options)
    return result


def disagreements(result):
    """Stores that gave another number of rows to the same questions."""
    ours = table.look(result, "ours", "full", "rows") or {}
    return [f"{name} disagrees on '{question}': {rows}, and ours {ours[question]}"
            for name, rival in result["rivals"].items() for question, rows in rival["rows"].items()
            if question in ours and rows != ours[question][:len(rows)]]


def stages_of(text):
    chosen = [] if text == "none" else text.split(",")
    if unknown := set(chosen) - set(STAGES):
        raise argparse.ArgumentTypeError(f"no stage {', '.join(sorted(unknown))}")
    return chosen


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--quick", action="store_true", help="a hundred thousand entries, fewer queries")
    parser.add_argument("--big", type=int, default=0, metavar="N", help="a store of N lean entries as well")
    parser.add_argument("--big-base", type=int, default=1_000_000, metavar="N", help="entries of one of its days")
    parser.add_argument("--only", type=stages_of, default=STAGES, metavar="STAGES",
                        help="full,large,lean,single,killed,redaction,pages,otlp,archive,invoker,shared, or none")
    parser.add_argument("--no-rivals", action="store_true")
    parser.add_argument("--dir", help="where the stores are put (default: the system's temporary folder)")
    parser.add_argument("--keep", action="store_true", help="leave the stores there")
    parser.add_argument("--first-port", type=int, help="servers take this port and those after it")
    parser.add_argument("--secrets", type=int, default=100, metavar="N", help="registered secrets of each team, 100 at most")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", default=str(CACHE / "result.json"))
    parser.add_argument("--binary", type=Path, default=BENCHMARKS.parent / ".build/release/connectorlog",
                        help="another program than the release build")
    parser.add_argument("--no-build", action="store_true")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a goal is missed")
    options = parser.parse_args()
    if options.quick:
        options.entries = min(options.entries, 100_000)
    options.queries, options.queries_under_ingest = (200, 100) if options.quick else (500, 200)
    options.seconds, options.rounds = (3, 3) if options.quick else (10, 5)
    options.single_entries = 30_000 if options.quick else 100_000
    options.ports = Ports(options.first_port)
    return options


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Missing as missing:
        sys.exit(str(missing))
