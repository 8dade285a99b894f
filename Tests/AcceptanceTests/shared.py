"""Servers that share a store, and what is sent to them while something breaks."""

import http.client
import http.cookiejar
import re
import threading
import time
import urllib.parse
import urllib.request

from entries import entry
from server import NO_RATE_LIMIT, Server, command

KEYS = {
    "CONNECTORLOG_MASTER_KEY": "5a" * 32,
    "CONNECTORLOG_ADMIN_KEY": "clk_owner-of-a-store-that-servers-share-0123456789",
}


class SharedServer(Server):
    """The owner's key is in its environment: there is no file of it in a data directory."""

    @property
    def owner_key(self):
        return self.environment["CONNECTORLOG_ADMIN_KEY"]


class ServerMaker:
    """Makes servers on one store, each with a data directory of its own."""

    def __init__(self, store, catalog, tmp_path_factory):
        self.where = ("--store", store, "--catalog", catalog)
        self.folders = tmp_path_factory
        self.made = []

    def migrate(self):
        migrated = command("store", "migrate", *self.where)
        assert migrated.returncode == 0, migrated.stderr
        return self

    def __call__(self):
        server = SharedServer(
            self.folders.mktemp("server") / "data", (*self.where, *NO_RATE_LIMIT), dict(KEYS))
        self.made.append(server)
        return server.start()

    def kill(self):
        for server in self.made:
            server.kill()


def eventually(is_so, seconds):
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.05)


def rows(server, connector, key="owner"):
    """All of a connector's entries, page after page by `before` alone, as the compatible API has it."""
    found, before = [], None
    while True:
        path = f"/v1/teams/1/connector_builder/connectors/{connector}/logs?limit=100"
        answer = server.get(path + (f"&before={before}" if before else ""), key)
        assert answer.status == 200, answer
        page = answer.json["logs"]
        if not page:
            return found
        found += page
        before = page[-1]["log_time"].replace("+", "%2B")


def signed_in(server):
    """Opens addresses of a server as a browser that its owner has signed in with."""
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    form = opener.open(f"{server.url}/sign-in", timeout=10).read().decode()
    token = re.search(r'name="csrf_token" value="([^"]+)"', form).group(1)
    body = urllib.parse.urlencode({"key": server.owner_key, "csrf_token": token}).encode()
    opener.open(f"{server.url}/sign-in", body, timeout=10).read()
    return opener


# MARK: Load


class Sender(threading.Thread):
    """Sends batches with idempotency keys, each again and again until some server acknowledges it."""

    def __init__(self, servers, key, connector, batches):
        super().__init__()
        self.servers, self.key, self.connector, self.batches = servers, key, connector, batches
        self.failures = []
        self.acknowledged = 0

    def run(self):
        for number in range(self.batches):
            lines = [entry(self.connector, number * 20 + n) for n in range(20)]
            deadline = time.monotonic() + 90
            turn = number
            while True:
                turn += 1
                try:
                    answer = self.servers[turn % len(self.servers)].ingest(
                        lines, self.key, Idempotency_Key=f"{self.connector}-{number}")
                    if answer.status == 200 and answer.json["accepted"] == 20:
                        self.acknowledged += 20
                        break
                    if answer.status != 503 or "retry-after" not in answer.headers:
                        self.failures.append((answer.status, answer.body[:300]))
                        return
                except (OSError, http.client.HTTPException):
                    pass
                if time.monotonic() > deadline:
                    self.failures.append("never acknowledged")
                    return
                time.sleep(0.1)


def send_while(servers, key, name, break_something):
    senders = [Sender(servers, key, f"{name}-{n}", 40) for n in range(4)]
    for sender in senders:
        sender.start()
    time.sleep(0.7)
    break_something()
    for sender in senders:
        sender.join()
    failures = [failure for sender in senders for failure in sender.failures]
    assert failures == [], failures
    return senders


def expect_exactly_once(server, senders):
    for sender in senders:
        shown = [row["request_id"] for row in rows(server, sender.connector)]
        assert len(shown) == len(set(shown)) == sender.acknowledged == 800
