"""Retention and erasure: what is over age goes by itself; what is erased is gone from answers and from the disk."""

import base64
import datetime
import http.client
import json
import random
import threading
import time

import pytest

from entries import entry
from server import Server, command, ndjson, send

OK, USAGE, NO_PERMISSION = 0, 64, 77
DAY = datetime.timedelta(days=1)


def secret(name):
    """A kilobyte that no compression shortens, so that it lies in the files as it is."""
    return random.Random(name).randbytes(1024)


def leak(connector, number, **more):
    """An entry whose body is `secret`."""
    return entry(connector, number) | {
        "response_body": base64.b64encode(secret(f"{connector}-{number}")).decode(),
        "response_body_encoding": "base64"} | more


def on_disk(server, *secrets):
    """Which of the secrets lie in the data directory, by a piece of theirs."""
    files = [path.read_bytes() for path in server.data.rglob("*") if path.is_file()]
    return [secret for secret in secrets
            if any(secret[at:at + 32] in file for at in range(0, 1024 - 32, 100) for file in files)]


def ingest(server, lines, **headers):
    answer = server.ingest(lines, server.owner_key, **headers)
    assert answer.status == 200 and answer.json["accepted"] == len(lines), answer
    return answer


def of_team(lines):
    return [line | {"team_id": 1} for line in lines]


def wait_for(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.1)


def erasures(server):
    return server.pages("/v1/teams/1/erasures", "erasures")


def ids(server, connector):
    return {row["id"] for row in server.pages(f"/v1/teams/1/logs?connector={connector}", "logs")}


class TestErasure:
    def test_erased_bytes_are_gone_from_the_disk_when_the_answer_comes(self, make_server):
        server = make_server()
        for start in range(0, 60, 5):
            ingest(server, of_team([leak("crm", n) for n in range(start, start + 5)] + [leak("shop", start)]))
        fault = {"type": "fault", "team_id": 1, "name": "Bad Gateway", "state_id": "run-3", "message": "gone"}
        ingest(server, [fault])
        time.sleep(3)  # compaction moves some of it
        everything = [secret(f"crm-{n}") for n in range(60)]
        assert len(on_disk(server, *everything)) == 60

        row = next(row for row in server.pages("/v1/teams/1/logs?connector=crm", "logs") if "/leads/17?" in row["uri"])
        one = server.request("DELETE", f"/v1/teams/1/logs/{row['id']}")
        assert one.status == 200 and one.json["entries"] == 1 and one.json["completed_at"], one
        assert on_disk(server, secret("crm-17")) == []
        assert server.get(f"/v1/teams/1/logs/{row['id']}").status == 404
        assert server.get("/v1/teams/1/states/run-1").json["calls"] == 11  # 10...19 of crm, 10 and 15 of shop

        state = server.request("DELETE", "/v1/teams/1/states/run-3").json
        assert (state["entries"], state["faults"], state["states"]) == (12, 1, 1)
        assert on_disk(server, *(secret(f"crm-{n}") for n in range(30, 40)), secret("shop-35")) == []
        assert server.get("/v1/teams/1/states/run-3").status == 404

        log = server.request("DELETE", "/v1/teams/1/connectors/crm/logs").json
        assert log["entries"] == 49
        assert on_disk(server, *everything) == []
        assert len(ids(server, "crm")) == 0 and len(ids(server, "shop")) == 10
        assert len(on_disk(server, secret("shop-0"), secret("shop-40"))) == 2

        server.restart()
        assert on_disk(server, *everything) == []
        assert len(ids(server, "crm")) == 0 and len(ids(server, "shop")) == 10
        told = [(row["kind"], row["target"], row["entries"]) for row in erasures(server)]
        assert told == [("connector", "crm", 49), ("state", "run-3", 12), ("entry", row["id"], 1)]

    def test_sent_again_with_its_key_nothing_comes_back(self, make_server):
        server = make_server()
        lines = of_team([leak("crm", n) for n in range(20)])
        first = ingest(server, lines, Idempotency_Key="once")
        assert server.request("DELETE", "/v1/teams/1/connectors/crm/logs").json["entries"] == 20
        for _ in range(2):
            again = ingest(server, lines, Idempotency_Key="once")
            assert again.body == first.body
            assert ids(server, "crm") == set() and on_disk(server, secret("crm-3")) == []
            server.restart()

    def test_ingest_goes_on_meanwhile_and_loses_nothing(self, make_server):
        server = make_server()
        for start in range(0, 6000, 500):
            ingest(server, of_team([leak("leak", n) if n % 50 == 0 else entry("leak", n)
                                    for n in range(start, start + 500)]))
        acknowledged, stop, failures = [], threading.Event(), []

        def work(name):
            connection = server.connection()
            number = 0
            while not stop.is_set():
                lines = of_team([entry(name, number + n) for n in range(20)])
                answer = send(connection, "POST", "/v1/ingest", ndjson(lines), server.owner_key,
                              {"Content-Type": "application/x-ndjson"})
                if answer.status != 200 or answer.json["accepted"] != 20:
                    failures.append(answer)
                    return
                number += 20
            acknowledged.append((name, number))

        workers = [threading.Thread(target=work, args=(f"worker-{n}",)) for n in range(3)]
        for worker in workers:
            worker.start()
        try:
            erased = server.request("DELETE", "/v1/teams/1/connectors/leak/logs", timeout=120).json
        finally:
            stop.set()
            for worker in workers:
                worker.join()
        assert failures == []
        assert erased["entries"] == 6000
        assert ids(server, "leak") == set() and on_disk(server, *(secret(f"leak-{n}") for n in range(0, 6000, 500))) == []
        assert len(acknowledged) == 3
        for name, number in acknowledged:
            assert len(ids(server, name)) == number

    @pytest.mark.parametrize("seed", range(8))
    def test_a_kill_leaves_all_of_it_or_an_erasure_that_is_ended(self, make_server, seed):
        server = make_server()
        kept = 0
        # Many small blocks, so that there are many steps to be killed in.
        for start in range(0, 3000, 20):
            ingest(server, of_team([leak("leak", n) if n % 30 == 0 else entry("leak", n)
                                    for n in range(start, start + 20)] + [entry("kept", start)]))
            kept += 1

        def ask():
            try:
                server.request("DELETE", "/v1/teams/1/connectors/leak/logs")
            except (OSError, http.client.HTTPException):
                pass

        asking = threading.Thread(target=ask)
        asking.start()
        time.sleep(0.01 + 0.03 * seed)
        server.kill()
        asking.join()
        server.start()
        told = erasures(server)
        secrets = [secret(f"leak-{n}") for n in range(0, 3000, 30)]
        if not told:
            assert len(ids(server, "leak")) == 3000  # it was never asked, as far as anybody was told
        else:
            wait_for(lambda: erasures(server)[0]["completed_at"])
            assert erasures(server)[0]["entries"] == 3000
            assert ids(server, "leak") == set()
            assert on_disk(server, *secrets) == []
        assert len(ids(server, "kept")) == kept


class TestRetention:
    def aged(self, connector, *days):
        now = datetime.datetime.now(datetime.timezone.utc)
        return of_team([entry(connector, n, log_time=(now - age * DAY).isoformat(), state_id=f"{connector}-{age}")
                        for n, age in enumerate(days)])

    def rows(self, server, connector):
        """States of the rows that are there, the youngest first, and whether they have their details."""
        rows = server.pages(f"/v1/teams/1/logs?connector={connector}", "logs")
        found = [(row["state_id"], server.get(f"/v1/teams/1/logs/{row['id']}").json) for row in rows]
        return [(state, whole["details_removed_at"] is None) for state, whole in found]

    def test_what_is_over_age_goes_and_details_go_before(self, make_server):
        server = make_server(arguments=("--rate-limit-per-hour", "0", "--retention-entries-days", "30",
                                        "--retention-details-days", "10"))
        assert server.get("/v1/teams/1/retention").json == {"entries_days": 30, "details_days": 10, "is_default": True}
        ingest(server, self.aged("crm", 0, 5, 12, 20, 32, 60))
        server.restart()  # maintenance looks for what is over age at its start, and every half minute
        wait_for(lambda: len(self.rows(server, "crm")) == 4)
        wait_for(lambda: self.rows(server, "crm") == [
            ("crm-0", True), ("crm-5", True), ("crm-12", False), ("crm-20", False)])
        row = server.get("/v1/teams/1/logs?connector=crm&to=" + datetime.datetime.now(datetime.timezone.utc).strftime(
            "%Y-%m-%dT%H:%M:%SZ")).json["logs"][-1]
        whole = server.get(f"/v1/teams/1/logs/{row['id']}").json
        assert whole["request_body"] is None and whole["response_headers"] == {} and whole["uri"] == row["uri"]
        wait_for(lambda: server.get("/v1/teams/1/states/crm-60").status == 404)
        assert server.get("/v1/teams/1/states/crm-20").status == 200

        put = server.request("PUT", "/v1/teams/1/retention", json.dumps({"entries_days": 7, "details_days": None}),
                             headers={"Content-Type": "application/json"})
        assert put.status == 200 and put.json == {"entries_days": 7, "details_days": None, "is_default": False}
        server.restart()
        wait_for(lambda: self.rows(server, "crm") == [("crm-0", True), ("crm-5", True)])


class TestCommandLine:
    def test_erases_lists_and_sets_retention(self, make_server):
        server = make_server()
        admin = {"CONNECTORLOG_URL": server.url, "CONNECTORLOG_API_KEY": server.create_key("admin")}
        editor = admin | {"CONNECTORLOG_API_KEY": server.create_key("editor")}
        ingest(server, of_team([leak("crm", n) for n in range(20)]))
        assert command("logs", "erase", "--connector", "crm", environment=admin).returncode == USAGE
        assert command("logs", "erase", "--connector", "crm", "--yes", environment=editor).returncode == NO_PERMISSION
        assert len(ids(server, "crm")) == 20
        some = sorted(ids(server, "crm"))[0]
        one = command("logs", "erase", some, "--yes", "--json", environment=admin)
        assert one.returncode == OK and json.loads(one.stdout)["entries"] == 1
        run = command("logs", "erase", "--state-id", "run-1", "--yes", environment=admin)
        assert run.returncode == OK and "run-1" in run.stdout
        listed = command("logs", "erasures", "--json", environment=admin)
        assert [row["kind"] for row in json.loads(listed.stdout)["erasures"]] == ["state", "entry"]
        assert len(ids(server, "crm")) == 9

        shown = command("team", "retention", "--json", environment=editor)
        assert json.loads(shown.stdout) == {"entries_days": None, "details_days": None, "is_default": True}
        assert command("team", "retention", "--entries-days", "30", environment=editor).returncode == NO_PERMISSION
        set = command("team", "retention", "--entries-days", "30", "--details-days", "7", environment=admin)
        assert set.returncode == OK and "30 days" in set.stdout and "team" in set.stdout
        assert command("team", "retention", "--reset", environment=admin).returncode == OK
        assert server.get("/v1/teams/1/retention").json["is_default"]
