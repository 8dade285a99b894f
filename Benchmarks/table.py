"""The figures as one table: ours, the goal for two cores that the load client shares, and those of the rivals."""

import dataclasses

from questions import QUESTIONS

# Goals of a query: its median and its p99 in milliseconds, where there is one.
QUERY_GOALS = {
    "entry by id": (1.5, 6), "entries of a state": (1.5, 6), "latest 100 of a connector before a time": (1.5, 6),
    "latest 100 failed of a team": (3, None), "outcomes by hour, a team's day": (2, None),
    "a rare word in error messages": (3, None), "a rare word in bodies": (3, None), "any substring": (25, None),
}
UNDER_INGEST = 5
PAGE_MS = 100
WITHOUT_GOAL = ("search, within words",)  # reads the texts of all calls of the range
FIRST_VISIT_KB = 60
BIG_RATIO = 3
BY_HAND = 1.3  # a shared store's query against the same question in SQL
LABEL = 48
# What may stand beside ours, by the member of a row: its name and the width of its column.
RIVALS = {"sqlite": ("SQLite", 14), "postgres": ("PostgreSQL", 16), "nginx": ("nginx", 14), "direct": ("no proxy", 10)}


@dataclasses.dataclass
class Row:
    label: str
    value: float | None
    side: str = ""  # ">=", "<=" or "", which has no goal
    goal: float | None = None
    unit: str = ""
    note: str = ""  # behind the value
    sqlite: float | None = None
    postgres: float | None = None
    nginx: float | None = None  # as a plain reverse proxy
    direct: float | None = None  # without a proxy

    @property
    def met(self):
        if not self.side or self.value is None:
            return None
        return self.value >= self.goal if self.side == ">=" else self.value <= self.goal


def look(result, *path):
    """A figure within the result, or None where it was not measured."""
    for name in path:
        if not isinstance(result, dict) or name not in result:
            return None
        result = result[name]
    return result


def sections(result):
    """[(title, [Row])] of all that was measured."""
    found = [("Ingest", ingest_rows(result)), ("OTLP, full entries as spans", otlp_rows(result)),
             ("Redaction", redaction_rows(result)), ("Disk, memory, start", store_rows(result))]
    if look(result, "ours", "full", "queries"):
        found += [("Queries, one at a time: milliseconds, median / p99", query_rows(result)),
                  ("The same while ingest runs at full rate: p99 in multiples of that at rest", busy_rows(result))]
    found.append(("Pages, one at a time, all entries in one team: milliseconds", page_rows(result)))
    found.append(("An HTTP Archive by connectorlog ingest", archive_rows(look(result, "ours", "archive"))))
    if invoker := look(result, "ours", "invoker"):
        found.append((f"The invoker, 1 KB of JSON, {invoker['connections']} connections", invoker_rows(invoker)))
    if shared := look(result, "ours", "shared"):
        found += [(f"A shared store: ClickHouse {shared['clickhouse_version']} and PostgreSQL {shared['postgres_version']}",
                   shared_rows(shared, result["entries"])),
                  ("Queries of it, in multiples of the best statement written by hand", shared_query_rows(shared))]
    if look(result, "ours", "big"):
        found.append((f"{result['ours']['big']['entries']:,} lean entries", big_rows(result["ours"]["big"])))
    found = [(title, [row for row in rows if row.value is not None]) for title, rows in found]
    return [(title, rows) for title, rows in found if rows]


def otlp_rows(result):
    ours = look(result, "ours", "otlp")
    rows = []
    for way, label, goal in (("http", "OTLP/HTTP in protobuf", 60_000), ("grpc", "OTLP/gRPC", 40_000)):
        rows += [Row(f"spans/s, {label}, 512 a request", look(ours, way, "spans_per_s"), ">=", goal),
                 Row("  spans a CPU second of the server", look(ours, way, "spans_per_cpu_s")),
                 Row("  milliseconds of a request, p99", look(ours, way, "request_ms", "p99")),
                 Row("  peak memory", look(ours, way, "peak_mb"), unit="MB")]
    return rows


def rivals(result, *path):
    return {name: look(result, "rivals", name, *path) for name in ("sqlite", "postgres")}


def ingest_rows(result):
    ours = result["ours"]
    load = look(ours, "full", "load")
    single, large, lean = look(ours, "single"), look(ours, "large"), look(ours, "lean", "load")
    return [
        Row("entries/s, 1,000 lines a request", look(load, "entries_per_s"), ">=", 150_000,
            **rivals(result, "full", "entries_per_s")),
        Row("entries/s, 20,000 lines a request", look(large, "entries_per_s"), ">=", 200_000,
            **rivals(result, "large", "entries_per_s")),
        Row("lean entries/s, 1,000 lines a request", look(lean, "entries_per_s"), ">=", 350_000,
            **rivals(result, "lean", "entries_per_s")),
        Row("one entry a request, 64 connections, /s", look(single, "requests_per_s"), ">=", 15_000,
            **rivals(result, "single", "entries_per_s")),
        Row("entries a CPU second, with compaction", look(load, "entries_per_cpu_s_settled"), ">=", 100_000,
            **rivals(result, "full", "entries_per_cpu_s_settled")),
        Row("  the same, parsing counted for all", look(load, "entries_per_cpu_s_settled"),
            **rivals(result, "full", "entries_per_cpu_s_with_parser")),
        Row("  until the last answer alone", look(load, "entries_per_cpu_s")),
        Row("  lean entries, with compaction", look(lean, "entries_per_cpu_s_settled"),
            **rivals(result, "lean", "entries_per_cpu_s_settled")),
        Row("CPU seconds, with compaction", look(load, "settled_cpu_s"), **rivals(result, "full", "settled_cpu_s")),
        Row("CPU seconds of the load client", look(load, "client_cpu_s"),
            postgres=look(result, "rivals", "postgres", "full", "client_cpu_s")),
        Row("request of 1,000 lines, median ms", look(load, "request_ms", "median"),
            note=f"p99 {look(load, 'request_ms', 'p99')}"),
        Row("request of one entry, median ms", look(single, "request_ms", "median"),
            note=f"p99 {look(single, 'request_ms', 'p99')}"),
        Row("requests refused with 429 or 503, of 1,000 lines", look(load, "refused")),
        Row("  of 20,000 lines", look(large, "refused")),
        Row("acknowledged, then lost at kill -9", lost(look(ours, "killed")), "<=", 0,
            note=f"of {number(look(ours, 'killed', 'acknowledged'))}"),
    ]


def redaction_rows(result):
    ours = result["ours"]
    cost = look(ours, "redaction", "redaction_us")
    a_second = look(ours, "full", "load", "entries_per_cpu_s_settled")
    share = None if cost is None or not a_second else round(cost * a_second / 1e4, 1)
    return [
        Row("redaction of an entry, 200 secrets, us", cost, "<=", 1.5,
            note=f"the same only copied {look(ours, 'redaction', 'copied_us')}"),
        Row("  without secrets", look(ours, "redaction", "redacted_us") and round(
            ours["redaction"]["redacted_us"] - ours["redaction"]["copied_us"], 3)),
        Row("  its share of an entry's CPU, with compaction, %", share),
    ]


def lost(killed):
    return None if killed is None else killed["acknowledged"] - killed["found"]


def store_rows(result):
    ours = result["ours"]
    return [
        Row("bytes an entry, compacted", look(ours, "full", "bytes_per_entry"), "<=", 150,
            **rivals(result, "full", "bytes_per_entry")),
        Row("bytes a lean entry, compacted", look(ours, "lean", "bytes_per_entry"), "<=", 60,
            **rivals(result, "lean", "bytes_per_entry")),
        Row("peak MB, 1,000 lines a request", look(ours, "full", "load", "peak_mb"), "<=", 300),
        Row("peak MB, 20,000 lines a request", look(ours, "large", "peak_mb"), "<=", 300),
        Row("idle MB, 5 s after a start on this store", look(ours, "full", "idle_mb"), "<=", 40),
        Row("peak MB of the queries", look(ours, "full", "query_peak_mb")),
        Row("start on this store, ms", look(ours, "full", "start_ms")),
    ]


def query_rows(result):
    rows = []
    for question in QUESTIONS:
        name = question.name
        figures = {store: look(result, "rivals", store, "queries", name) for store in ("sqlite", "postgres")}
        mine, (median, p99) = look(result, "ours", "full", "queries", name), QUERY_GOALS[name]
        rows.append(Row(name, look(mine, "median_ms"), "<=", median,
                        **{store: look(figure, "median_ms") for store, figure in figures.items()}))
        rows.append(Row("  p99", look(mine, "p99_ms"), "<=" if p99 else "", p99,
                        **{store: look(figure, "p99_ms") for store, figure in figures.items()}))
    return rows


def busy_rows(result):
    full, rows = result["ours"]["full"], []
    rows.append(Row("entries/s meanwhile", look(full, "under_ingest", "ingest", "entries_per_s")))
    for name, idle in full["queries"].items():
        busy = look(full, "under_ingest", "queries", name)
        ratio = round(busy["p99_ms"] / idle["p99_ms"], 1) if busy else None
        rows.append(Row(name, ratio, "<=", UNDER_INGEST, note=f"{busy['p99_ms']} ms" if busy else ""))
    return rows


def page_rows(result):
    pages = look(result, "ours", "pages", "pages") or {}
    rows = [Row(name, figures["median_ms"], "" if name in WITHOUT_GOAL else "<=", PAGE_MS,
                note=f"the first {figures['first_ms']:.1f}, {figures['first_visit_bytes'] / 1e3:.1f} KB on a first visit")
            for name, figures in pages.items()]
    largest = max((figures["first_visit_bytes"] for figures in pages.values()), default=None)
    return rows + [Row("KB sent on a first visit, the largest page", largest and largest / 1e3, "<=", FIRST_VISIT_KB)]


def archive_rows(archive):
    return [
        Row("MB/s", look(archive, "megabytes_per_s"),
            note=f"{number(look(archive, 'megabytes'))} MB, {number(look(archive, 'entries'))} entries in "
                 f"{number(look(archive, 'seconds'))} s"),
        Row("peak MB of the command", look(archive, "command_peak_mb"), "<=", 100),
        Row("peak MB of the server", look(archive, "server_peak_mb"), "<=", 300,
            note=f"{number(look(archive, 'server_before_mb'))} before"),
        Row("CPU seconds of the server", look(archive, "server_cpu_s")),
        Row("CPU seconds of the command", look(archive, "command_cpu_s")),
        Row("drawings of the progress bar", look(archive, "drawings")),
    ]


def invoker_rows(invoker):
    def beside(*path, names=("direct", "nginx")):
        return {name: look(invoker, path[0], name, *path[1:]) for name in names}

    def row(label, *path, side="", goal=None, names=("direct", "nginx")):
        return Row(label, look(invoker, path[0], "invoker", *path[1:]), side, goal, **beside(*path, names=names))

    calls, idle = look(invoker, "calls"), look(invoker, "idle")
    return [
        row("calls/s, as many as pass", "saturated", "calls_per_s"),
        Row("  share of nginx's", look(invoker, "share_of_nginx"), ">=", 0.5),
        row("  CPU us a call, without the vendor's", "saturated", "cpu_us", names=("nginx",)),
        row("  median ms", "saturated", "median_ms"),
        row("  p99", "saturated", "p99_ms"),
        row(f"{invoker['rate']:,} calls/s, median ms", "steady", "median_ms"),
        row("  p99", "steady", "p99_ms"),
        row("  added to no proxy, median ms", "added", "median_ms", side="<=", goal=0.4, names=("nginx",)),
        row("  added, p99", "added", "p99_ms", side="<=", goal=3, names=("nginx",)),
        row("  CPU us a call, without the vendor's", "steady", "cpu_us", names=("nginx",)),
        Row("CPU us a call of both, with compaction", look(invoker, "settled_cpu_us")),
        Row("peak MB", look(invoker, "peak_mb"), note=f"{number(look(invoker, 'rss_mb'))} at the end"),
        Row("errors", look(invoker, "errors"), "<=", 0),
        Row("calls that are not in the log exactly once", look(invoker, "not_once"), "<=", 0,
            note=f"of {number(calls)}; {number(look(invoker, 'cut_off'))} more that wrk cut off"),
        Row(f"{number(look(idle, 'connections'))} idle connections, MB", look(idle, "idle_mb"), "<=", 300,
            note=f"{number(look(idle, 'before_mb'))} before; each made a call, and another behind it"),
        Row("  their calls not in the log exactly once", look(idle, "not_once"), "<=", 0),
    ]


def shared_rows(shared, entries):
    load, embedded, straight = shared["load"], shared["embedded"], shared["straight"]
    answered, settled = load["cpu_s"], load["settled_cpu_s"]

    def microseconds(seconds):
        return round(seconds / entries * 1e6, 1)

    return [
        Row("entries/s, 1,000 lines a request", load["entries_per_s"], ">=", 60_000),
        Row("  share of the embedded store's", round(load["entries_per_s"] / embedded["entries_per_s"], 3),
            note=f"{number(embedded['entries_per_s'])}/s"),
        Row("  share of large batches' straight into ClickHouse", round(load["entries_per_s"] / straight["entries_per_s"], 3),
            note=f"{number(straight['entries_per_s'])}/s"),
        Row("  request of 1,000 lines, median ms", load["request_ms"]["median"], note=f"p99 {load['request_ms']['p99']}"),
        Row("  requests a commit", round(load["requests"] / load["commits"], 2), note=f"{number(load['commits'])} commits"),
        Row("  requests refused with 429 or 503", load["refused"]),
        Row("CPU us an entry, with merges", microseconds(sum(settled.values())),
            note=f"until the last answer {number(microseconds(sum(answered.values())))}"),
        Row("  of Connector Log", microseconds(settled["server"]),
            note=f"of all of it on the embedded store {number(microseconds(embedded['settled_cpu_s']))}"),
        Row("  of ClickHouse", microseconds(settled["clickhouse"]),
            note=f"by large batches {number(microseconds(straight['settled_cpu_s']))}; "
                 f"until the last answer {number(microseconds(answered['clickhouse']))}"),
        Row("  of PostgreSQL", microseconds(settled["postgres"])),
        Row("  of the load client, not in the sum", microseconds(load["client_cpu_s"])),
        Row("peak MB of Connector Log", load["peak_mb"]),
        Row("bytes an entry in ClickHouse, merged", shared["merged_bytes"]["all"], "<=", 220,
            note=f"{number(shared['bytes']['all'])} as its own merges left it"),
        *(Row(f"  {table}", shared["merged_bytes"][table]) for table in ("entries", "entries_by_id", "entries_by_state")),
        Row("  in PostgreSQL, not in the sum", shared["merged_bytes"]["postgres"]),
    ]


def shared_query_rows(shared):
    rows = []
    for name, figures in shared["queries"].items():
        ours, beside = figures["ours"], figures["beside"]
        rows += [Row(name, figures["ratio"], "<=", BY_HAND, unit="x",
                     note=f"{ours['median_ms']} ms, by hand {beside['median_ms']} ({figures['statement']}); n {ours['n']}"),
                 Row("  p99", round(ours["p99_ms"] / beside["p99_ms"], 2), unit="x",
                     note=f"{ours['p99_ms']} ms, by hand {beside['p99_ms']}")]
    return rows


def big_rows(big):
    first, last = big["first"], big["all"]
    rows = [
        Row("entries/s", look(last, "load", "entries_per_s")),
        Row("entries a CPU second, with compaction", look(last, "load", "entries_per_cpu_s_settled")),
        Row("peak MB", look(last, "load", "peak_mb")),
        Row("bytes an entry, compacted", look(last, "bytes_per_entry"), "<=", 60),
        Row("start, ms", look(last, "start_ms"), "<=", 2000),
        Row("idle MB, 5 s after the start", look(last, "idle_mb")),
        Row("entries missing", big["entries"] - last["found"], "<=", 0),
    ]
    for name, after in last["queries"].items():
        before = first["queries"][name]
        ratio = round(after["median_ms"] / before["median_ms"], 2)
        rows.append(Row(f"{name}, median", ratio, "<=", BIG_RATIO, unit="x",
                        note=f"{after['median_ms']} ms, of {first['entries']:,}: {before['median_ms']}"))
    return rows


# MARK: - Text

def number(value):
    if value is None:
        return ""
    if value == 0 or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 100 else f"{value:.2f}".rstrip("0").rstrip(".") or "0"


def missed(result):
    return [f"{title}: {row.label.strip()}" for title, rows in sections(result) for row in rows if row.met is False]


def described(machine):
    return (f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_gb']} GB; {machine['system']}, "
            f"Linux {machine['kernel']}, {machine['file_system']}; {machine['swift']}")


def lines(result):
    yield described(result["machine"])
    yield (f"{result['entries']:,} entries, {result['bytes_an_entry']['full']:,.0f} bytes each and "
           f"{result['bytes_an_entry']['lean']:,.0f} lean; 4 connections; each request answered after the sync")
    for title, rows in sections(result):
        yield from section(title, rows, result)
    for note in result["notes"]:
        yield f"\n{note}"


def section(title, rows, result):
    rivals = [name for name in RIVALS if any(getattr(row, name) is not None for row in rows)]
    heads = "".join(f" {with_version(result, name):>{RIVALS[name][1]}}" for name in rivals)
    yield ""
    yield title
    yield f"{'':{LABEL}} {'ours':>10} {'goal':>12}" + (f" {'':6}{heads}" if rivals else "")
    for row in rows:
        goal = f"{row.side} {number(row.goal)}" if row.side else ""
        mark = {True: "met", False: "MISSED", None: ""}[row.met]
        text = f"{row.label:{LABEL}} {number(row.value) + row.unit:>10} {goal:>12} {mark:6}"
        text += "".join(f" {number(getattr(row, name)):>{RIVALS[name][1]}}" for name in rivals)
        yield (f"{text}  {row.note}" if row.note else text).rstrip()


def with_version(result, name):
    version = look(result, "rivals", name, "version") or look(result, "ours", "invoker", f"{name}_version") or ""
    return f"{RIVALS[name][0]} {version}".strip()
