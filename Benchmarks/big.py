"""A large store: lean entries of many days, each day a copy of one file with other ids (clients/workload.c).

The same questions are asked when the first copy is in and when all are. The last copy is of the workload's own day, so
none lies in the future. No file of the whole size is written: the load client changes the copies as it sends them.
"""

import random
import time

from questions import pick_all
from stages import IDLE_SECONDS, WARM_UP, fresh, load_until_settled, prepare, query, say
from workloads import workload


def measure_big(options):
    base = min(options.big_base, options.big // 2)
    copies = -(-options.big // base)
    path = workload(base, options.seed, lean=True)
    first_day = 1 - copies
    result = {"entries": base * copies, "copies": copies}
    with fresh(options, "big") as server:
        for name, begin, end in (("first", 0, 1), ("all", 1, copies)):
            say(f"big: ingest of {base * (end - begin):,} lean entries")
            load = load_until_settled(
                server, path, "--copies", end - begin, "--first-copy", begin, "--first-day", first_day + begin,
                "--day-step", 1)
            result[name] = reopened(server, base * end)
            say(f"big: queries of {base * end:,} entries")
            picks = pick_all(path, random.Random(options.seed), options.queries + WARM_UP, copies=end,
                             first_day=first_day, lean=True)
            prepare(server, picks)
            result[name] |= {"load": load, "queries": query(server, picks, options, options.queries)}
    return result


def reopened(server, entries):
    """Bytes of the closed store, and how it starts again."""
    size = server.bytes_when_closed()
    result = {"entries": entries, "bytes_per_entry": round(size / entries, 1), "start_ms": server.start()}
    time.sleep(IDLE_SECONDS)
    return result | {"idle_mb": server.memory_mb("VmRSS"), "found": server.count()}
