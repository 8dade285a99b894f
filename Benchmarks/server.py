"""Connector Log itself: a process of the release program with a data directory of its own."""

import http.client
import json
import os
import random
import signal
import socket
import string
import subprocess
import time
from pathlib import Path

from processes import cpu_seconds, memory_mb, size_of

TEAMS = 20
SILENT_SECONDS = 30  # the server closes what is silent for a minute


class Server:
    def __init__(self, binary, data, ports, *arguments, environment=None):
        self.binary, self.data, self.ports, self.arguments = binary, Path(data), ports, arguments
        self.environment = environment or {}
        self.process, self.called = None, 0

    def start(self):
        """Returns the milliseconds until it was ready."""
        self.port, self.otlp_port = self.ports.take(), self.ports.take()
        environment = {name: value for name, value in os.environ.items() if not name.startswith("CONNECTORLOG_")}
        environment |= self.environment
        started = time.perf_counter()
        self.process = subprocess.Popen(
            [self.binary, "serve", "--data", self.data, "--port", str(self.port), "--rate-limit-per-hour", "0",
             "--log-level", "warning", "--otlp-grpc-port", str(self.otlp_port), *self.arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=environment)
        deadline = time.monotonic() + 300
        while not self.is_ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit("the server does not start")
            time.sleep(0.002)
        took = (time.perf_counter() - started) * 1e3
        self.key = (self.data / "admin-key").read_text().strip()
        return round(took, 1)

    def is_ready(self):
        try:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
            self.connection.request("GET", "/readyz")
            response = self.connection.getresponse()
            response.read()
            return response.status == 200
        except (OSError, http.client.HTTPException):
            return False

    def make_teams(self):
        for team in range(2, TEAMS + 1):
            self.call("POST", "/v1/teams", json.dumps({"name": f"Team {team}", "id": team}).encode(),
                      {"Content-Type": "application/json"})

    def register_secrets(self, count, seed):
        """As many of each team, of 20 to 60 characters: redaction looks for them in every entry."""
        letters = string.ascii_letters + string.digits + "-_.~+/"
        source = random.Random(seed)
        for team in range(1, TEAMS + 1):
            for number in range(count):
                value = "".join(source.choices(letters, k=source.randint(20, 60)))
                self.call("POST", f"/v1/teams/{team}/secrets",
                          json.dumps({"secret_name": f"secret-{number}", "secret_value": value}).encode(),
                          {"Content-Type": "application/json"})

    def stop(self):
        if self.process and self.process.poll() is None:
            self.connection.close()
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(300)

    def kill(self):
        self.process.kill()
        self.process.wait(60)

    @property
    def pid(self):
        return self.process.pid

    def cpu_seconds(self):
        return cpu_seconds(self.pid)

    def memory_mb(self, name):
        return round(memory_mb(self.pid, name), 1)

    def bytes_when_closed(self):
        """Of the whole data directory once the server has stopped: nothing waits in a write-ahead log."""
        self.stop()
        return size_of(self.data)

    def settle(self, longest=7200):
        """Waits until compaction has nothing left to do: five seconds without work. Returns how long that took."""
        started = quiet_since = time.monotonic()
        last = self.cpu_seconds()
        while time.monotonic() - quiet_since < 5 and time.monotonic() - started < longest:
            time.sleep(0.5)
            used = self.cpu_seconds()
            if used - last > 0.02:
                quiet_since = time.monotonic()
            last = used
        return quiet_since - started

    def call(self, method, path, body=None, headers=None):
        if time.monotonic() - self.called > SILENT_SECONDS:
            self.connection.close()  # and the request opens it again
        self.called = time.monotonic()
        self.connection.request(method, path, body, {"Authorization": f"Bearer {self.key}"} | (headers or {}))
        response = self.connection.getresponse()
        data = response.read()
        if response.status >= 300:
            raise SystemExit(f"{method} {path}: {response.status} {data[:300]!r}")
        return data

    def get(self, path):
        return json.loads(self.call("GET", path))

    def count(self):
        """All entries of all teams, by the counts of their days."""
        year = "from=2026-01-01T00:00:00Z&to=2027-01-01T00:00:00Z"
        return sum(bucket["ok"] + bucket["failed"] for team in range(1, TEAMS + 1) for bucket in
                   self.get(f"/v1/teams/{team}/stats/outcomes?interval=day&{year}")["buckets"])


class Ports:
    """Free ports of loopback: the system's choice, or those from a first one on."""

    def __init__(self, first=None):
        self.next = first

    def take(self):
        while True:
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", self.next or 0))
                    return probe.getsockname()[1]
                except OSError:
                    if not self.next:
                        raise
                finally:
                    if self.next:
                        self.next += 1
