"""The table says which goals were met by the figures beside them."""

import table

MACHINE = {"cpu": "CPU", "cores": 2, "memory_gb": 8, "system": "Linux", "kernel": "6", "file_system": "ext4",
           "swift": "6.3"}


def result(**ours):
    return {"machine": MACHINE, "entries": 1000, "bytes_an_entry": {"full": 1500, "lean": 500}, "notes": [],
            "ours": ours}


def load(rate):
    return {"entries_per_s": rate, "settled_cpu_s": 1, "entries_per_cpu_s_settled": 100_000, "entries_per_cpu_s": 1,
            "client_cpu_s": 1, "request_ms": {"median": 1, "p99": 2}, "refused": 0, "peak_mb": 300}


def test_a_goal_that_is_reached_exactly_is_met():
    assert table.missed(result(full={"load": load(150_000)})) == []


def test_names_what_is_missed():
    assert table.missed(result(full={"load": load(149_999)})) == ["Ingest: entries/s, 1,000 lines a request"]


def test_an_entry_lost_at_a_kill_is_a_miss():
    assert table.missed(result(killed={"acknowledged": 100, "found": 100})) == []
    assert table.missed(result(killed={"acknowledged": 100, "found": 99})) == [
        "Ingest: acknowledged, then lost at kill -9"]


def test_a_page_that_is_slow_or_large_is_a_miss():
    def page(milliseconds, size):
        return {"median_ms": milliseconds, "first_ms": 1.0, "first_visit_bytes": size}

    assert table.missed(result(pages={"pages": {"dashboard": page(100, 60_000)}})) == []
    assert table.missed(result(pages={"pages": {"dashboard": page(101, 60_001), "keys": page(2, 10)}})) == [
        "Pages, one at a time, all entries in one team: milliseconds: dashboard",
        "Pages, one at a time, all entries in one team: milliseconds: KB sent on a first visit, the largest page"]
    # What reads all texts is shown, and has no goal.
    assert table.missed(result(pages={"pages": {"search, within words": page(500, 10)}})) == []


def test_redaction_is_shown_with_its_share():
    figures = {"copied_us": 1.0, "redacted_us": 2.0, "redaction_us": 1.6}
    of_all = result(full={"load": load(150_000)}, redaction=figures)
    assert table.missed(of_all) == ["Redaction: redaction of an entry, 200 secrets, us"]
    rows = {row.label.strip(): row.value for _, rows in table.sections(of_all) for row in rows}
    assert rows["its share of an entry's CPU, with compaction, %"] == 16.0
    assert rows["without secrets"] == 1.0


def test_queries_under_ingest_are_held_against_those_at_rest():
    figures = {"median_ms": 1, "p99_ms": 2}
    full = {"load": load(150_000), "queries": {"entry by id": figures},
            "under_ingest": {"ingest": {"entries_per_s": 1},
                             "queries": {"entry by id": {"median_ms": 1, "p99_ms": 10.2}}}}
    assert table.missed(result(full=full)) == [
        "The same while ingest runs at full rate: p99 in multiples of that at rest: entry by id"]


def test_a_large_store_is_held_against_its_first_day():
    figures = lambda median: {"entry by id": {"median_ms": median, "p99_ms": 9}}
    big = {"entries": 200, "first": {"entries": 100, "queries": figures(1)},
           "all": {"entries": 200, "found": 200, "start_ms": 2001, "queries": figures(3.01)}}
    assert table.missed(result(big=big)) == ["200 lean entries: start, ms", "200 lean entries: entry by id, median"]


def test_an_archive_that_takes_much_memory_is_a_miss():
    figures = {"megabytes": 200, "entries": 5000, "seconds": 10, "megabytes_per_s": 20, "drawings": 50, "command_peak_mb": 101,
               "command_cpu_s": 1, "server_before_mb": 40, "server_peak_mb": 301, "server_cpu_s": 2}
    title = "An HTTP Archive by connectorlog ingest: "
    assert table.missed(result(archive=figures)) == [title + "peak MB of the command", title + "peak MB of the server"]
    assert table.missed(result(archive=figures | {"command_peak_mb": 100, "server_peak_mb": 300})) == []


def test_stages_that_were_left_out_have_no_lines():
    text = "\n".join(table.lines(result(full={"load": load(1_000_000)})))
    assert "1,000,000" in text and "met" in text
    assert "kill" not in text and "PostgreSQL" not in text


def test_rivals_stand_beside_ours():
    measured = result(full={"load": load(200_000), "bytes_per_entry": 140.5})
    measured["rivals"] = {"sqlite": {"version": "3", "full": {"entries_per_s": 23_000, "bytes_per_entry": 1474}}}
    lines = list(table.lines(measured))
    rate = next(line for line in lines if line.startswith("entries/s"))
    assert rate.split()[-5:] == ["200,000", ">=", "150,000", "met", "23,000"]
    assert next(line for line in lines if line.startswith("bytes an entry")).split()[-1] == "1,474"


def test_numbers_are_short():
    assert [table.number(value) for value in (None, 0, 0.004, 1.5, 12.345, 123.45, 1234567)] == [
        "", "0", "0", "1.5", "12.35", "123.5", "1,234,567"]


def test_spans_below_their_goal_are_a_miss():
    def spans(rate):
        return {"spans_per_s": rate, "spans_per_cpu_s": 1, "request_ms": {"p99": 1}, "peak_mb": 1}

    assert table.missed(result(otlp={"http": spans(60_000), "grpc": spans(40_000)})) == []
    assert len(table.missed(result(otlp={"http": spans(59_999), "grpc": spans(39_999)}))) == 2


def invoker(**more):
    figures = {"calls_per_s": 10_000, "cpu_us": 90, "median_ms": 3, "p99_ms": 9}
    steady = {"median_ms": 0.5, "p99_ms": 2}
    return {"nginx_version": "1.22.1", "connections": 32, "rate": 2000, "share_of_nginx": 0.5, "errors": 0, "settled_cpu_us": 95,
            "saturated": {"direct": figures, "nginx": figures | {"calls_per_s": 20_000}, "invoker": figures},
            "steady": {"direct": steady, "nginx": steady, "invoker": steady},
            "added": {"nginx": {"median_ms": 0.1, "p99_ms": 0.2}, "invoker": {"median_ms": 0.4, "p99_ms": 3}},
            "rss_mb": 100, "peak_mb": 120, "calls": 50_000, "found": 50_010, "cut_off": 10, "not_once": 0,
            "idle": {"connections": 10_000, "before_mb": 40, "idle_mb": 300, "peak_mb": 310, "not_once": 0}} | more


def test_the_invoker_stands_beside_nginx():
    assert table.missed(result(invoker=invoker())) == []
    lines = list(table.lines(result(invoker=invoker())))
    assert any(line.split()[-4:] == ["nginx", "1.22.1", "no", "proxy"] for line in lines)
    assert next(line for line in lines if line.startswith("calls/s")).split()[-3:] == ["10,000", "20,000", "10,000"]


def test_an_invoker_that_is_slow_or_loses_calls_is_a_miss():
    slow = {"median_ms": 0.41, "p99_ms": 3.1}
    title = "The invoker, 1 KB of JSON, 32 connections: "
    figures = invoker(share_of_nginx=0.49, added={"nginx": slow, "invoker": slow})
    assert table.missed(result(invoker=figures)) == [
        title + "share of nginx's", title + "added to no proxy, median ms", title + "added, p99"]
    assert table.missed(result(invoker=invoker(not_once=1))) == [title + "calls that are not in the log exactly once"]
    idle = invoker()["idle"] | {"idle_mb": 301}
    assert table.missed(result(invoker=invoker(idle=idle))) == [title + "10,000 idle connections, MB"]


def shared_store(rate=60_000, size=220, ratio=1.3):
    figures = {"median_ms": 13, "p99_ms": 20, "n": 500}
    cpu = {"server": 10, "clickhouse": 15, "postgres": 5}
    tables = {"entries": 200, "entries_by_id": 7, "entries_by_state": 13, "faults": 0, "all": size, "postgres": 50}
    return {"clickhouse_version": "18.16.1", "postgres_version": "15.1", "embedded": load(120_000),
            "straight": {"entries_per_s": 150_000, "settled_cpu_s": 20}, "bytes": tables | {"all": 240},
            "merged_bytes": tables,
            "load": load(rate) | {"requests": 1000, "commits": 250, "cpu_s": cpu, "settled_cpu_s": cpu},
            "queries": {"entry by id": {"ours": figures, "beside": figures | {"median_ms": 10}, "statement": "places",
                                        "trials": {"places": 10}, "ratio": ratio}}}


def test_a_shared_store_stands_beside_the_embedded_one_and_statements_by_hand():
    measured = result(shared=shared_store())
    assert table.missed(measured) == []
    rows = {row.label.strip(): row for _, rows in table.sections(measured) for row in rows}
    assert rows["share of the embedded store's"].value == 0.5
    assert rows["requests a commit"].value == 4
    assert rows["CPU us an entry, with merges"].value == 30_000
    assert rows["entry by id"].note == "13 ms, by hand 10 (places); n 500"


def test_a_shared_store_that_is_slow_or_large_is_a_miss():
    missed = table.missed(result(shared=shared_store(rate=59_999, size=220.1, ratio=1.31)))
    assert [name.split(": ")[-1] for name in missed] == [
        "entries/s, 1,000 lines a request", "bytes an entry in ClickHouse, merged", "entry by id"]
