"""Acknowledged means durable: the process is killed at random moments under load, and nothing acknowledged is lost.

Beside connectors of its own, every client of every round writes to one connector that all share, always at the same few
instants: their ties have to be told apart across kills, by times that the store read back and not by what it remembered.
"""

import datetime
import http.client
import os
import random
import threading
import time

from entries import START, entry, instant
from server import ndjson, send

ROUNDS = int(os.environ.get("CONNECTORLOG_KILL_ROUNDS", 50))
SEED = 20261101
CONNECTIONS = 4
SHARED = "shared"
INSTANTS = 3


class Client(threading.Thread):
    """Sends batch after batch on one connection until the server dies; remembers what was acknowledged.

    Each batch holds entries of the client's own connector, at instants of their own, and one of the shared connector.
    """

    def __init__(self, server, key, connector, seed):
        super().__init__()
        self.connector, self.server, self.key = connector, server, key
        self.random = random.Random(seed)
        self.acknowledged = {}
        self.open = {}
        self.failure = None

    def run(self):
        number = 0
        connection = self.server.connection(timeout=30)
        while True:
            size = self.random.choice((1, 1, 5, 50, self.random.randrange(1, 201)))
            batch = [entry(self.connector, number + n) for n in range(size)]
            number += size
            batch.append(shared_entry(self.connector, number))
            self.open = {line["request_id"]: line for line in batch}
            try:
                answer = send(connection, "POST", "/v1/ingest", ndjson(batch), self.key,
                              {"Content-Type": "application/x-ndjson"})
            except (OSError, ValueError, EOFError, http.client.HTTPException):
                return  # not acknowledged
            if answer.status != 200 or answer.json["accepted"] != len(batch):
                self.failure = (answer.status, answer.body[:500])
                return
            self.acknowledged |= self.open
            self.open = {}


def shared_entry(client, number):
    """An entry of the shared connector; the client is in its `request_id`, and not in its time."""
    line = entry(f"{client}-{SHARED}", number)
    return line | {"connector_identifier": SHARED, "log_time": instant(number % INSTANTS)}


def microseconds(text):
    """Since the start of the tests' time."""
    return (datetime.datetime.fromisoformat(text) - START) // datetime.timedelta(microseconds=1)


def same(sent, got):
    """Whether the summary shows the entry as it was sent.

    Entries that share no instant keep their `log_time`; a tie of the shared connector moves on by whole microseconds.
    """
    moved = microseconds(got["log_time"]) - microseconds(sent["log_time"])
    return (moved >= 0 if sent["connector_identifier"] == SHARED else moved == 0) and (all(got[name] == sent[name] for name in ("connector_identifier", "event", "method", "uri", "status",
                                                     "duration_ms", "request_id", "flow_id", "flow_name", "state_id"))
            and str(got["flow_version"]) == str(sent["flow_version"]))


def rows_of(server, connector, key):
    """All rows of a connector by `request_id`; no two share one, nor a time."""
    rows = server.pages(f"/v1/teams/1/logs?connector={connector}", "logs", key)
    found = {row["request_id"]: row for row in rows}
    assert len(found) == len(rows), "stored twice"
    assert len({row["log_time"] for row in rows}) == len(rows), "two entries at one instant"
    return found


def test_nothing_acknowledged_is_lost_at_fifty_kills(make_server):
    choice = random.Random(SEED)
    server = make_server()
    key = server.create_key("editor")
    acknowledged = kept_beyond = 0
    connectors = []
    for round in range(ROUNDS):
        clients = [Client(server, key, f"r{round}-c{n}", choice.random()) for n in range(CONNECTIONS)]
        for client in clients:
            client.start()
        # Up to 0.6 s, short ones more often: kills fall into the first commits as well as into compaction.
        time.sleep(0.6 * choice.random() ** 2 + 0.005)
        server.kill()
        for client in clients:
            client.join(60)
            assert not client.is_alive()
        server.start()
        shared = rows_of(server, SHARED, key)
        for client in clients:
            assert client.failure is None, client.failure
            connectors.append((client.connector, client.acknowledged))
            sent = client.acknowledged.keys() | client.open.keys()
            found = rows_of(server, client.connector, key) | {name: shared[name] for name in sent & shared.keys()}
            lost = client.acknowledged.keys() - found.keys()
            assert not lost, f"round {round}: {len(lost)} of {len(client.acknowledged)} acknowledged entries are lost"
            assert all(same(line, found[name]) for name, line in client.acknowledged.items())
            # The batch under way is there whole or not at all.
            beyond = found.keys() - client.acknowledged.keys()
            assert beyond in (set(), client.open.keys()), "half a batch"
            acknowledged += len(client.acknowledged)
            kept_beyond += len(beyond)
            for name in choice.sample(sorted(client.acknowledged), min(2, len(client.acknowledged))):
                whole = server.get(f"/v1/teams/1/logs/{found[name]['id']}", key).json
                sent = client.acknowledged[name]
                for member in ("request_headers", "response_headers", "request_body", "response_body"):
                    assert whole[member] == sent[member], member
    assert acknowledged > ROUNDS * 20, "the load was too small to show anything"

    # Once more at the end, all rounds: later kills and compactions took nothing of earlier rounds.
    assert server.stop() == 0
    server.start()
    shared = rows_of(server, SHARED, key)
    total = len(shared)
    for connector, lines in connectors:
        found = rows_of(server, connector, key)
        assert found.keys() | shared.keys() >= lines.keys()
        assert all(same(line, found.get(name) or shared[name]) for name, line in lines.items())
        total += len(found)
    assert total == acknowledged + kept_beyond
    print(f"{ROUNDS} kills, {acknowledged} acknowledged entries, {kept_beyond} more were on disk without an answer")
