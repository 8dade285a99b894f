"""Starts the built program on a directory of its own, and talks to it over HTTP."""

import http.client
import json
import os
import random
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("CONNECTORLOG_BINARY", REPOSITORY / ".build/debug/connectorlog")).resolve()

NO_RATE_LIMIT = ("--rate-limit-per-hour", "0")


def free_port():
    """A port below the ephemeral range, so that no client's socket takes it before the server does."""
    for _ in range(200):
        port = random.SystemRandom().randrange(20_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no free port")


@dataclass
class Answer:
    status: int
    headers: dict  # lower-case names; the last of a repeated one
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def error_code(self):
        return self.json["error"]["code"]


def ndjson(lines):
    """Lines of NDJSON from objects; bytes go in as they are."""
    texts = [line if isinstance(line, bytes) else json.dumps(line, separators=(",", ":")).encode() for line in lines]
    return b"".join(text + b"\n" for text in texts)


@dataclass
class Server:
    """One `connectorlog serve` process on `data`. Every start takes a new port, unless it names one."""

    data: Path
    arguments: tuple = NO_RATE_LIMIT
    environment: dict = field(default_factory=dict)
    process: subprocess.Popen = None
    port: int = 0

    def start_full(self):
        """On a full disk: the server answers, but is not ready for entries."""
        return self.start(path="/healthz")

    def start(self, port=None, path="/readyz"):
        self.port = port or free_port()
        self.log = open(self.data.parent / f"{self.data.name}.log", "ab")
        self.process = subprocess.Popen(
            [BINARY, "serve", "--data", self.data, "--port", str(self.port), *self.arguments],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, env=clean_environment(self.environment))
        deadline = time.monotonic() + 30
        while True:
            if self.process.poll() is not None:
                raise RuntimeError(f"serve ended with {self.process.returncode}: {self.output()[-2000:]}")
            try:
                if self.request("GET", path, key=None).status == 200:
                    return self
            except OSError:
                pass
            if time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"serve is not ready after 30 s: {self.output()[-2000:]}")
            time.sleep(0.01)

    def output(self):
        return (self.data.parent / f"{self.data.name}.log").read_text(errors="replace")

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def owner_key(self):
        return (self.data / "admin-key").read_text().strip()

    def kill(self):
        """As a power cut would: no handler runs."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        if self.process:
            self.process.wait()
            self.log.close()

    def stop(self, timeout=30):
        """SIGTERM; returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        self.log.close()
        return code

    def restart(self):
        self.kill()
        return self.start()

    def peak_megabytes(self):
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1024
        raise RuntimeError("no VmHWM")

    def connection(self, timeout=60):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def request(self, method, path, body=None, key="owner", headers=None, timeout=60):
        """One request on a connection of its own. `key` "owner" is the owner's, None sends none."""
        connection = self.connection(timeout)
        try:
            return send(connection, method, path, body, self.owner_key if key == "owner" else key, headers)
        finally:
            connection.close()

    def get(self, path, key="owner"):
        return self.request("GET", path, key=key)

    def post_json(self, path, value, key="owner"):
        return self.request("POST", path, json.dumps(value).encode(), key, {"Content-Type": "application/json"})

    def ingest(self, lines, key, **headers):
        """Sends NDJSON: objects, or bytes that stand as they are."""
        body = lines if isinstance(lines, bytes) else ndjson(lines)
        sent = {"Content-Type": "application/x-ndjson"} | {k.replace("_", "-"): v for k, v in headers.items()}
        return self.request("POST", "/v1/ingest", body, key, sent)

    def create_team(self, name, id=None):
        answer = self.post_json("/v1/teams", {"name": name} | ({"id": id} if id else {}))
        assert answer.status == 201, answer
        return answer.json["id"]

    def create_key(self, role, team=1, **more):
        answer = self.post_json(f"/v1/teams/{team}/keys", {"name": f"test {role}", "role": role} | more)
        assert answer.status == 201, answer
        return answer.json["key"]

    def pages(self, path, member, key="owner", limit=1000):
        """All rows of a list, page after page by cursor."""
        rows, cursor = [], None
        join = "&" if "?" in path else "?"
        while True:
            answer = self.get(f"{path}{join}limit={limit}" + (f"&cursor={cursor}" if cursor else ""), key)
            assert answer.status == 200, answer
            rows += answer.json[member]
            cursor = answer.json["next_cursor"]
            if cursor is None:
                return rows


def send(connection, method, path, body=None, key=None, headers=None):
    """One request on a connection that may be kept alive."""
    sent = dict(headers or {})
    if key is not None:
        sent.setdefault("Authorization", f"Bearer {key}")
    connection.request(method, path, body, sent)
    response = connection.getresponse()
    return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())


def wait_for_sample(server):
    """Until `serve --sample` has recorded its three runs, each of which is stored in one piece; returns their states."""
    deadline = time.monotonic() + 90
    while True:
        states = [state for flow in server.get("/v1/teams/1/flows").json["flows"]
                  for state in server.get(f"/v1/teams/1/flows/{flow['flow_id']}/states").json["states"]]
        if len(states) >= 3:
            return states
        if time.monotonic() > deadline:
            raise RuntimeError(f"the sample was not recorded within 90 s, only {len(states)} runs were")
        time.sleep(0.2)


# What `ingest` notes of the files that it sent stays with the tests.
STATE = tempfile.TemporaryDirectory(prefix="connectorlog-state-")


def clean_environment(more=None):
    """Without settings of whoever runs the tests."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CONNECTORLOG_")}
    return kept | {"XDG_STATE_HOME": STATE.name} | (more or {})


def command(*arguments, environment=None, stdin=None, timeout=120):
    """Runs the program to its end; returns the completed process with text output."""
    return subprocess.run(
        [BINARY, *map(str, arguments)], capture_output=True, text=True, timeout=timeout,
        env=clean_environment(environment), **({"input": stdin} if stdin is not None else {"stdin": subprocess.DEVNULL}))
