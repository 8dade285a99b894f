"""The files of the workload: made once by workload/gen_events.py, and read again for what the queries ask for."""

import datetime
import re
import subprocess
import sys

from programs import BENCHMARKS, CACHE

FIRST_DAY = datetime.date(2026, 11, 1)


def workload(entries, seed=1, lean=False):
    path = CACHE / f"workload-{entries}-{seed}{'-lean' if lean else ''}.ndjson"
    if not path.exists():
        print(f"generating {path.name}", file=sys.stderr)
        CACHE.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        with open(partial, "wb") as file:
            subprocess.run([sys.executable, BENCHMARKS / "workload/gen_events.py", "-n", str(entries),
                            "--seed", str(seed), *(["--lean"] if lean else [])],
                           stdout=file, stderr=subprocess.DEVNULL, check=True)
        partial.rename(path)
    return path


def draw(path, choice, count, wanted=lambda entry: True):
    """Lines from random places of the file, of those that are `wanted`."""
    size, picks = path.stat().st_size, []
    with open(path, "rb") as file:
        while len(picks) < count:
            file.seek(choice.randrange(size))
            file.readline()
            line = file.readline()
            if line and wanted(line):
                picks.append(line)
    return picks


# MARK: - Copies, as clients/workload.c makes them

SPOT = re.compile(rb'Date":"(?P<http_day>\w{3}, \d\d \w{3} \d{4})'
                  rb'|(?P<uuid>(?<![0-9a-f])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})'
                  rb'|(?P<digits>[0-9a-f]{10,})'
                  rb'|(?P<day>(?<![0-9a-f])2\d{3}-\d\d-\d\d(?=T))')
WORD = (1 << 64) - 1


def moved(line, copy, days):
    """The line as copy number `copy` of the file has it, `days` later."""
    keys = keys_of(copy)

    def change(match):
        kind, text = match.lastgroup, match[match.lastgroup]
        if kind == "http_day":
            moment = datetime.datetime.strptime(text.decode(), "%a, %d %b %Y") + datetime.timedelta(days=days)
            return b'Date":"' + moment.strftime("%a, %d %b %Y").encode()
        if kind == "day":
            return str(datetime.date.fromisoformat(text.decode()) + datetime.timedelta(days=days)).encode()
        if kind == "uuid" and line[:match.start()].endswith(b'"flow_id":"'):
            return text
        fixed = (14, 19) if kind == "uuid" else ()
        return "".join(digit if digit == "-" or place in fixed else f"{(int(digit, 16) + keys[place % 32]) % 16:x}"
                       for place, digit in enumerate(text.decode())).encode()

    return SPOT.sub(change, line)


def keys_of(copy):
    if copy == 0:
        return [0] * 32
    keys, state = [], copy
    for _ in range(32):
        state = mixed = (state + 0x9E3779B97F4A7C15) & WORD
        mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9 & WORD
        mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB & WORD
        keys.append((mixed ^ mixed >> 31) & 15)
    return keys
