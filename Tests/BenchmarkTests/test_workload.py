"""The workload is the same on every machine, and its copies differ from it where they have to, and nowhere else."""

import hashlib
import json
import subprocess

from conftest import generate
from programs import program
from workloads import moved


def copies(path, *arguments):
    return subprocess.run([program("load"), "--file", path, "--print", *map(str, arguments)], stdout=subprocess.PIPE,
                          check=True).stdout


def test_generates_the_same_bytes_everywhere(workload_file):
    assert hashlib.sha256(workload_file.read_bytes()).hexdigest() == (
        "6daee98377356e33e016968bd23dfc4add62688533a3623299f9946010571dc3")


def test_lean_entries_are_the_full_ones_without_headers_and_bodies(records):
    lean = [json.loads(line) for line in generate("-n", 500, "--seed", 7, "--lean").splitlines()]
    dropped = {"request_headers", "response_headers", "request_body", "response_body"}
    assert lean == [{name: value for name, value in record.items() if name not in dropped} for record in records]


def test_the_client_prints_the_file_as_it_is_without_a_move(workload_file):
    assert copies(workload_file, "--batch", 7) == workload_file.read_bytes()


def test_the_client_takes_the_first_lines_alone(workload_file, lines):
    assert copies(workload_file, "--batch", 7, "--lines", 30) == b"".join(lines[:30])


def test_copies_of_the_client_are_those_that_the_queries_ask_for(workload_file, lines):
    printed = copies(workload_file, "--copies", 3, "--first-copy", 1, "--first-day", -40, "--day-step", 35)
    assert printed == b"".join(moved(line, copy, -40 + 35 * (copy - 1)) for copy in (1, 2, 3) for line in lines)


def test_days_start_again_after_the_span(workload_file, lines):
    printed = copies(workload_file, "--copies", 3, "--first-day", 1, "--day-step", 1, "--day-span", 2, "--lines", 20)
    moves = ((0, 1), (1, 2), (2, 1))
    assert printed == b"".join(moved(line, copy, days) for copy, days in moves for line in lines[:20])


def test_a_copy_moves_days_and_changes_ids_and_keeps_the_rest(lines, records):
    changed = [json.loads(moved(line, 5, 30)) for line in lines]
    for before, after in zip(records, changed):
        assert after["log_time"][10:] == before["log_time"][10:]
        day = {"2026-10-31": "2026-11-30", "2026-11-01": "2026-12-01"}[before["log_time"][:10]]
        assert after["log_time"][:10] == day
        assert all(after[name] != before[name] for name in ("request_id", "state_id", "trace_id"))
        assert all(after.get(name) == before.get(name) for name in (
            "team_id", "connector_identifier", "event", "method", "status", "duration_ms", "flow_id", "flow_name"))
        # What was equal stays equal, so that a store finds in a copy what it finds in the file.
        assert after["request_headers"]["X-Request-Id"] == after["request_id"]
        if "traceparent" in after["request_headers"]:
            assert after["request_headers"]["traceparent"].split("-")[1] == after["trace_id"]
        if "response_headers" in after:
            assert after["response_headers"]["Date"][5:11] in ("30 Nov", "01 Dec")
    states = lambda entries: [[r["state_id"] for r in entries].index(r["state_id"]) for r in entries]
    assert states(changed) == states(records)
    assert all(len(moved(line, 5, 30)) == len(line) for line in lines)
