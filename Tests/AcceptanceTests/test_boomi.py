"""Reports of Boomi Flow over a socket: authentication, joining across restarts and kills, and the log as Boomi reads it."""

import base64
import concurrent.futures
import json
import subprocess
import time
import uuid

import pytest

from examples import example
from server import BINARY, clean_environment

EVENTS = "/api/reporting/1/events"
STATES = "/api/reporting/1/states"
REQUESTS = "/api/service/1/requests"


def event(kind, request, data=None, **more):
    return {"type": f"serviceinvoker.{kind}", "id": str(uuid.uuid4()), "occurredAt": "2026-11-01T12:00:00.5+00:00",
            "tenant": "8c6a8a2e-8f4c-4a76-9f0b-5a9f5f0f6d10", "flow": "orders", "flowVersion": "v1", "state": "state-1",
            "request": request, "service": "crm", "serviceUri": "https://crm.example.com/api", "endpoint": "data/load",
            "data": data} | more


def asked(request, **more):
    return event("request", request, {"method": "POST", "headers": {"Authorization": "Bearer made-up-1"},
                                      "content": json.dumps({"limit": 10})}, **more)


def answered(request, status=200, **more):
    return event("response", request, {"statusCode": status, "content": "{}"}, duration=81, **more)


def report(server, value, key, path=EVENTS, **headers):
    sent = {"Content-Type": "application/json"} | headers
    return server.request("POST", path, json.dumps(value).encode(), key, sent)


def calls(server, key="owner"):
    return server.pages("/v1/teams/1/logs?connector=crm", "logs", key)


def until(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.05)
    return value


@pytest.fixture
def boomi(make_server):
    server = make_server()
    return server, server.create_key("recorder")


def test_a_call_told_in_two_parts_is_one_entry(boomi):
    server, key = boomi
    assert report(server, [asked("r-1")], key).status == 204
    assert report(server, answered("r-1"), key, path=STATES + "/").status == 204
    row = until(lambda: calls(server))[0]
    entry = server.get(f"/v1/teams/1/logs/{row['id']}").json
    assert (entry["method"], entry["status"], entry["duration_ms"]) == ("POST", 200, 81)
    assert entry["uri"] == "https://crm.example.com/api/data/load" and entry["request_id"] == "r-1"
    assert entry["request_body"] == '{"limit":10}' or json.loads(entry["request_body"]) == {"limit": 10}
    assert "made-up" not in json.dumps(entry) and entry["receipt"]
    assert len(calls(server)) == 1


def test_every_kind_of_credentials(boomi):
    server, key = boomi
    id = next(row["id"] for row in server.get("/v1/teams/1/keys").json["keys"] if row["role"] == "recorder")
    form = f"grant_type=client_credentials&client_id={id}&client_secret={key}".encode()
    sent = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = server.request("POST", "/oauth/token", form, None, sent)
    assert answer.status == 200 and answer.headers["cache-control"] == "no-store"
    assert answer.json["token_type"] == "Bearer" and answer.json["expires_in"] == 900
    token = answer.json["access_token"]
    basic = base64.b64encode(f"boomi:{key}".encode()).decode()
    for field in (key, f"Bearer {key}", f"Basic {basic}", f"Bearer {token}"):
        assert report(server, [], None, Authorization=field).status == 204
    # By the scheme Basic, as clients of OAuth do it unless they are told otherwise.
    client = base64.b64encode(f"{id}:{key}".encode()).decode()
    again = server.request("POST", "/oauth/token", b"grant_type=client_credentials", None,
                           sent | {"Authorization": f"Basic {client}"})
    assert again.status == 200
    wrong = server.request("POST", "/oauth/token", form + b"x", None, sent)
    assert wrong.status == 401 and wrong.json["error"] == "invalid_client"
    # The same key signs after a restart.
    server.restart()
    assert report(server, [], None, Authorization=f"Bearer {token}").status == 204
    assert server.request("DELETE", f"/v1/teams/1/keys/{id}").status == 204
    assert report(server, [], None, Authorization=f"Bearer {token}").status == 401
    for secret in (key, token, basic, client):
        assert secret not in server.output()


def test_a_part_outlives_a_kill_and_waits_for_the_other(boomi):
    server, key = boomi
    for number in range(5):
        request = f"r-{number}"
        first, second = (asked(request), answered(request)) if number % 2 else (answered(request), asked(request))
        assert report(server, [first], key).status == 204
        server.restart()
        assert report(server, [second], key).status == 204
        if number % 2:
            server.restart()
        until(lambda: len(calls(server)) == number + 1)
    rows = calls(server)
    assert {row["request_id"] for row in rows} == {f"r-{number}" for number in range(5)}
    assert all(row["method"] == "POST" and row["status"] == 200 for row in rows)
    # Told again after all that, nothing changes.
    assert report(server, [first, second], key).status == 204
    time.sleep(1.5)
    assert len(calls(server)) == 5


def test_no_call_is_lost_or_stored_twice_at_kills_under_load(boomi):
    """Parts of many calls, in any order and some of them twice, while the server is killed again and again."""
    server, key = boomi
    count = 240
    parts = [part for number in range(count) for part in (asked(f"r-{number}"), answered(f"r-{number}"))]
    parts = parts[::2] + parts[1::2]

    def send(batch):
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            try:
                if report(server, batch, key).status == 204:
                    return True
            except (OSError, Exception):
                pass
            time.sleep(0.02)
        return False

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        sent = [pool.submit(send, parts[start:start + 8]) for start in range(0, len(parts), 8)]
        for _ in range(6):
            time.sleep(0.25)
            server.restart()
        assert all(future.result() for future in sent)
    until(lambda: len(calls(server)) >= count)
    time.sleep(1.5)
    rows = calls(server)
    assert len(rows) == count and {row["request_id"] for row in rows} == {f"r-{number}" for number in range(count)}
    assert all(row["status"] == 200 and row["method"] == "POST" for row in rows)


def test_states_and_their_root_faults(boomi):
    server, key = boomi
    state = {"id": "state-1", "currentFlowId": {"id": "orders", "versionId": "v1"}, "currentFlowDeveloperName": "Orders",
             "currentMapElementDeveloperName": "Load", "currentRunningUserEmail": "ann", "isDone": False,
             "dateCreated": "2026-11-01T12:00:00Z", "dateModified": "2026-11-01T12:00:01", "hasRootFaults": True,
             "authorizationHeader": "made-up-2", "joinUri": "https://flow.example.com/join/state-1",
             "values": [{"developerName": "Password", "contentType": "ContentPassword", "contentValue": "made-up-3"}],
             "rootFaults": {"Data Save Fault": json.dumps(
                 {"kind": "service", "statusCode": 502, "message": "Bad Gateway", "responseBody": "{}"})}}
    for path in (STATES, EVENTS):
        assert report(server, state, key, path=path).status == 204
    server.restart()
    assert report(server, [state], key).status == 204
    stored = server.get("/v1/teams/1/states/state-1").json
    assert (stored["status"], stored["flow_name"], stored["current_step"]) == ("failed", "Orders", "Load")
    faults = server.get("/v1/teams/1/states/state-1/faults").json["faults"]
    assert [(fault["name"], fault["status_code"]) for fault in faults] == [("Data Save Fault", 502)]
    server.stop()
    for file in server.data.rglob("*"):
        assert not file.is_file() or b"made-up" not in file.read_bytes(), file


def test_what_is_refused(boomi):
    server, key = boomi
    assert report(server, [], server.create_key("viewer")).status == 403
    assert report(server, [], key, **{"Content-Type": "text/plain"}).status == 415
    assert server.request("POST", EVENTS, b"{", key, {"Content-Type": "application/json"}).status == 400
    assert report(server, [{}], key).error_code == "UNPROCESSABLE_ENTITY"
    assert report(server, [{}, {"type": "never.heard.of"}], key).status == 204
    assert report(server, [], "owner").status == 400
    assert report(server, [], "owner", path=EVENTS + "?team=1").status == 204
    metrics = server.get("/metrics").body.decode()
    assert 'connectorlog_boomi_events_total{result="skipped",type="unknown"} 1' in metrics


def test_the_log_as_boomi_reads_it(boomi):
    server, key = boomi
    viewer = server.create_key("viewer")
    for number in range(12):
        failed = event("failure", f"r-{number}", {"problem": json.dumps({"statusCode": 502, "message": "m"})})
        assert report(server, [asked(f"r-{number}"), failed if number == 11 else answered(f"r-{number}")], key).status == 204
        until(lambda: len(calls(server)) == number + 1)
    page = server.get(REQUESTS, viewer).json
    assert page["_meta"]["total"] == 12 and len(page["items"]) == 10 and page["_links"]["prev"] is None
    rest = server.get(page["_links"]["next"], viewer).json
    assert len(rest["items"]) == 2 and rest["_links"]["next"] is None
    items = page["items"] + rest["items"]
    assert len({item["id"] for item in items}) == 12
    assert {item["tenantId"] for item in items} == {"8c6a8a2e-8f4c-4a76-9f0b-5a9f5f0f6d10"}
    for path in ("/flow/orders", "/flow/orders/v1", "/state/state-1"):
        assert server.get(REQUESTS + path, viewer).json["_meta"]["total"] == 12
    assert server.get(REQUESTS + "/flow/orders/v2", viewer).json["items"] == []
    whole = [server.get(f"{REQUESTS}/{item['id']}", viewer).json for item in items]
    assert sorted(len(item["responses"]) for item in whole) == [0] + [1] * 11
    problem = json.loads(next(item for item in whole if item["failures"])["failures"][0]["problem"])
    assert problem["statusCode"] == 502 and problem["message"] == "m"


def test_the_example_of_the_documentation_works(boomi):
    """The lines of `docs/ingest.md`, as they stand there."""
    server, _ = boomi
    (script,) = example("ingest.md", "boomi", "sh")
    script = script.replace("http://127.0.0.1:8080", server.url)
    ended = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], capture_output=True, text=True, timeout=60, cwd=server.data.parent,
        env=clean_environment({"PATH": f"{BINARY.parent}:/usr/bin:/bin", "CONNECTORLOG_URL": server.url,
                               "CONNECTORLOG_API_KEY": server.owner_key}))
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.split().count("204") == 2, ended.stdout
    row = until(lambda: calls(server))[0]
    assert (row["method"], row["status"], row["outcome"]) == ("POST", 200, "ok")
    assert server.get("/v1/teams/1/states/9f7d2b44-1f0e-4d57-8e1b-6c5a4b3d2e44/faults").json["faults"][0]["status_code"] == 502
