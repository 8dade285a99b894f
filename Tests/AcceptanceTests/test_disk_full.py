"""A full disk: 507, reads go on, ingest resumes by itself, and nothing acknowledged is lost, nothing refused half stored."""

import base64
import json
import random
import resource
import subprocess
import time
import uuid

import pytest

from entries import entry
from server import Server, command, ndjson, send
from test_invoker import PRIVATE, Gateway
from upstream import Upstream

SEED = 20261121
MEGABYTE = 1 << 20
# The server keeps 8 MiB of it in reserve.
VOLUME = 64 * MEGABYTE
BALLAST = 24 * MEGABYTE
ENTRIES_OF_BATCH = 4


class Load:
    """Batches that do not compress, until one is refused; remembers what was acknowledged."""

    def __init__(self, server, key):
        self.server, self.key = server, key
        self.random = random.Random(SEED)
        self.number = 0
        self.acknowledged = {}
        self.refused = set()

    def batch(self):
        lines = []
        for _ in range(ENTRIES_OF_BATCH):
            self.number += 1
            body = base64.b64encode(self.random.randbytes(90_000)).decode()
            lines.append(entry("disk", self.number, request_body=body, request_id=str(uuid.UUID(int=self.number))))
        return lines

    def send(self):
        lines = self.batch()
        connection = self.server.connection()
        answer = send(connection, "POST", "/v1/ingest", ndjson(lines), self.key,
                      {"Content-Type": "application/x-ndjson"})
        connection.close()
        if answer.status == 200:
            assert answer.json["accepted"] == len(lines)
            self.acknowledged |= {line["request_id"]: line for line in lines}
        else:
            self.refused |= {line["request_id"] for line in lines}
        return answer

    def until_refused(self, most=1000):
        for _ in range(most):
            answer = self.send()
            if answer.status != 200:
                return answer
        raise AssertionError("the disk did not become full")

    def until_taken(self, seconds=30):
        deadline = time.monotonic() + seconds
        while True:
            answer = self.send()
            if answer.status == 200:
                return
            assert answer.status == 507, answer
            assert time.monotonic() < deadline, "ingest did not resume"
            time.sleep(0.1)

    def compare(self):
        """Everything acknowledged is there, whole, and nothing that was refused."""
        rows = {row["request_id"]: row for row in self.server.pages("/v1/teams/1/logs?connector=disk", "logs", self.key)}
        assert rows.keys() == self.acknowledged.keys()
        assert not rows.keys() & self.refused
        for name, line in self.acknowledged.items():
            got = self.server.get(f"/v1/teams/1/logs/{rows[name]['id']}", self.key).json
            assert got["request_body"] == line["request_body"]
            assert got["response_headers"] == line["response_headers"]


def expect_full(server, load, answer, is_unready=True):
    assert answer.status == 507, answer
    assert answer.error_code == "INSUFFICIENT_STORAGE"
    assert 1 <= int(answer.headers["retry-after"]) <= 3600
    assert answer.json["meta"]["request_id"] == answer.headers["x-request-id"]
    assert not is_unready or server.request("GET", "/readyz", key=None).status == 503
    assert server.request("GET", "/healthz", key=None).status == 200
    # Reading goes on, lists and whole entries.
    listed = server.get("/v1/teams/1/logs?connector=disk&limit=5", load.key)
    assert listed.status == 200 and len(listed.json["logs"]) == 5
    last = listed.json["logs"][0]
    whole = server.get(f"/v1/teams/1/logs/{last['id']}", load.key)
    assert whole.json["request_body"] == load.acknowledged[last["request_id"]]["request_body"]


def expect_sound(server):
    checked = command("check", "--data", server.data, "--json")
    assert checked.returncode == 0, checked.stdout
    return json.loads(checked.stdout)


@pytest.fixture
def volume(tmp_path):
    """A small file system; skips where none may be mounted."""
    place = tmp_path / "volume"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={VOLUME}", "tmpfs", place], capture_output=True, text=True)
    if mounted.returncode != 0:
        pytest.skip(f"no file system may be mounted here ({mounted.stderr.strip()}); "
                    "the test by a limit of file sizes runs in its stead")
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


def test_a_full_file_system_refuses_entries_until_there_is_room(volume):
    ballast = volume / "ballast"
    ballast.write_bytes(b"\1" * BALLAST)
    server = Server(volume / "data").start()
    try:
        key = server.create_key("editor")
        load = Load(server, key)
        expect_full(server, load, load.until_refused())
        before = len(load.acknowledged)
        assert before > 20
        # Stays so: what the reserve set free is for what makes room, and not for entries.
        end = time.monotonic() + 3
        while time.monotonic() < end:
            answer = load.send()
            assert answer.status == 507 or answer.status == 200, answer
            time.sleep(0.05)
        expect_full(server, load, load.until_refused())
        # A merge under way may have met it; then merging rests.
        assert server.output().count("maintenance failed") <= 2

        ballast.unlink()
        load.until_taken()
        assert server.request("GET", "/readyz", key=None).status == 200
        load.compare()

        # Full once more, and the power fails.
        expect_full(server, load, load.until_refused())
        server.kill()
        server.start_full()
        load.compare()
        expect_full(server, load, load.until_refused())
        server.kill()
        assert expect_sound(server)["entries"] == len(load.acknowledged)
    finally:
        server.kill()


def test_a_limit_of_file_sizes_refuses_entries_until_it_is_raised(make_server):
    """Where nothing may be mounted; and a quota answers as this does, by another error than ENOSPC."""
    server = make_server()
    key = server.create_key("editor")
    load = Load(server, key)
    for _ in range(3):
        assert load.send().status == 200
    limit = 10 * MEGABYTE
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    # What is small may still fit, so that the server may say that it is ready.
    expect_full(server, load, load.until_refused(), is_unready=False)
    # At first the server can move its write-ahead log into the database, and goes on; at last it cannot.
    end = time.monotonic() + 60
    in_a_row = 0
    while in_a_row < 12:
        in_a_row = in_a_row + 1 if load.send().status == 507 else 0
        time.sleep(0.1 if in_a_row else 0)
        assert time.monotonic() < end, "the limit has no effect"
    expect_full(server, load, load.send(), is_unready=False)
    assert server.process.poll() is None
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    load.until_taken()
    load.compare()
    server.restart()
    load.compare()
    assert expect_sound(server)["entries"] == len(load.acknowledged)


def test_calls_go_through_the_invoker_while_the_disk_is_full(volume):
    """They wait in memory, the server's health says so, and they are in the log once there is room."""
    ballast = volume / "ballast"
    ballast.write_bytes(b"\1" * BALLAST)
    upstream = Upstream()
    server = Server(volume / "data", PRIVATE).start()
    try:
        gateway = Gateway(server, upstream)
        gateway.configure("strict", record="required")
        load = Load(server, server.create_key("editor"))
        load.until_refused()

        def health():
            return server.request("GET", "/healthz", key=None).json

        made = []
        while "warnings" not in health():
            assert len(made) < 200, "no call waits"
            made.append(f"full-{len(made):03}")
            body = base64.b64encode(load.random.randbytes(45_000))
            answer = gateway.call("POST", "/count", data=body, headers={"X-Request-Id": made[-1]})
            assert answer.status_code == 200 and answer.json() == {"size": len(body)}
        assert health() == {"status": "ok", "warnings": ["calls of the invoker wait in memory: the store does not take them"]}
        assert gateway.call("GET", "/ok", "strict").status_code == 503
        assert gateway.call("GET", "/ok").status_code == 200

        ballast.unlink()
        deadline = time.monotonic() + 60
        while "warnings" in health():
            assert time.monotonic() < deadline, "the store takes no calls again"
            time.sleep(0.1)
        stored = [row["request_id"] for row in gateway.calls(len(made) + 1)]
        assert sorted(name for name in stored if name.startswith("full-")) == made
        assert gateway.call("GET", "/ok", "strict").status_code == 200
    finally:
        server.kill()
        upstream.close()
