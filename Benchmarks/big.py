"""A large store: lean entries of many days, each day a copy of one file with other ids (clients/workload.c).

The same questions are asked when the first copy is in and when all are. The last copy is of the workload's own day, so
none lies in the future. No file of the whole size is written: the load client changes the copies as it sends them.
"""

import random
import time

from processes import memory_mb, size_of
from questions import pick_all
from stages import IDLE_SECONDS, WARM_UP, fresh, load_until_settled, prepare, query, say
from workloads import workload


def measure_big(options):
    base = min(options.big_base, options.big)
    copies = -(-options.big // base)
    path = workload(base, options.seed, lean=True)
    first_day = 1 - copies
    result = {"entries": base * copies, "base": base, "copies": copies}
    with fresh(options, "big") as server:
        for name, begin, end in (("first", 0, 1), ("all", 1, copies)):
            if begin < end:
                say(f"big: ingest of {base * (end - begin):,} lean entries")
                result[f"{name}_load"] = load_until_settled(
                    server, path, "--copies", end - begin, "--first-copy", begin, "--first-day", first_day + begin,
                    "--day-step", 1)
            if name == "all":
                result |= reopened(server, base * copies)
            say(f"big: queries of {base * end:,} entries")
            # Those of the first copy are asked of its day; at the end, of all days, and counts of the last.
            picks = pick_all(path, random.Random(options.seed), options.queries + WARM_UP, copies=end,
                             first_day=first_day, lean=True)
            prepare(server, picks)
            result[f"{name}_queries"] = query(server, picks, options, options.queries)
    return result


def reopened(server, entries):
    """Bytes of the closed store, and how it starts again."""
    server.stop()
    result = {"bytes_per_entry": round(size_of(server.data) / entries, 1), "start_ms": server.start()}
    time.sleep(IDLE_SECONDS)
    result["idle_mb"] = round(memory_mb(server.pid, "VmRSS"), 1)
    result["found"] = server.count()
    return result
