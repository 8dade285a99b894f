"""What a newcomer sees first: `serve --sample`."""

import time

import pytest

from server import NO_RATE_LIMIT, Server, wait_for_sample

# What the sample connector sends to its sample vendor, and what the wall has to stop.
FAILED = {"404", "422", "429", "500", "none"}


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("sample") / "data", arguments=("--sample", *NO_RATE_LIMIT)).start()
    try:
        server.states = wait_for_sample(server)
        yield server
    finally:
        server.kill()


def test_shows_three_flow_runs_with_failed_calls_and_root_faults(sample):
    assert len(sample.states) == 3
    # One is still waiting for somebody, so that the first look shows that too.
    assert {state["status"] for state in sample.states} == {"done", "failed", "in_progress"}
    for state in sample.states:
        rows = sample.pages(f"/v1/teams/1/states/{state['state_id']}/logs", "logs")
        assert len(rows) == state["calls"] > 0
        assert sum(row["outcome"] == "failed" for row in rows) == state["failed_calls"]
        faults = sample.pages(f"/v1/teams/1/states/{state['state_id']}/faults", "faults")
        assert len(faults) == state["faults"]
    assert sum(state["failed_calls"] for state in sample.states) >= 6
    assert sum(state["faults"] for state in sample.states) >= 1


def test_the_calls_end_in_every_way_that_calls_end(sample):
    rows = sample.pages("/v1/teams/1/logs", "logs")
    statuses = {"none" if row["status"] is None else str(row["status"]) for row in rows}
    assert statuses >= FAILED | {"200"}
    # A refused connection and a time-out: no response, an error each.
    assert len({row["error_name"] for row in rows if row["status"] is None}) >= 2
    assert all(row["duration_ms"] is not None for row in rows)


def test_the_calls_are_real(sample):
    """Not written beforehand: their times are now, and their responses carry what an HTTP server sends."""
    rows = sample.pages("/v1/teams/1/logs", "logs")
    today = time.strftime("%Y-%m-%d", time.gmtime())
    assert {row["log_time"][:10] for row in rows} <= {today, time.strftime("%Y-%m-%d", time.gmtime(time.time() - 86_400))}
    answered = next(row for row in rows if row["status"] == 200)
    whole = sample.get(f"/v1/teams/1/logs/{answered['id']}").json
    assert whole["response_headers"] and whole["request_headers"] and whole["response_body"]


def test_redaction_is_seen_at_work(sample):
    receipts = [sample.get(f"/v1/teams/1/logs/{row['id']}").json["receipt"]
                for row in sample.pages("/v1/teams/1/logs", "logs")[:20]]
    assert any(receipts)


def test_no_secret_is_in_the_raw_bytes_of_the_data_directory(make_server):
    """A server of our own: what is sent is known, so what must not be on disk is known."""
    server = make_server()
    key = server.create_key("recorder")
    secrets = {name: f"madeup{name}Zq7Lw9Kd3Vn5" for name in (
        "bearer", "cookie", "query", "json", "deep", "form", "userinfo", "fault", "attribute", "errortext", "apikey")}
    basic = "bWFkZXVwdXNlcjptYWRldXBwYXNzd29yZA=="
    for number in range(300):
        answer = server.ingest([{
            "connector_identifier": "secrets", "method": "POST",
            "uri": f"https://user:{secrets['userinfo']}@api.acme.example/v1?access_token={secrets['query']}&page={number}",
            "request_headers": {"Authorization": f"Bearer {secrets['bearer']}", "X-Api-Key": secrets["apikey"],
                                "Proxy-Authorization": f"Basic {basic}"},
            "response_headers": {"Set-Cookie": [f"session={secrets['cookie']}; HttpOnly", "plain=1"]},
            "request_body": '{"password": "%s", "a": [{"client_secret": "%s"}]}' % (secrets["json"], secrets["deep"]),
            "response_body": f"grant_type=refresh_token&refresh_token={secrets['form']}",
            "error_message": f"refused: Bearer {secrets['errortext']}", "attributes": {"api_key": secrets["attribute"]},
            "status": 401, "state_id": "run-1", "flow_id": "flow-1"},
            {"type": "fault", "name": "Bad Gateway", "state_id": "run-1", "flow_id": "flow-1",
             "message": "gone", "response_body": '{"token": "%s"}' % secrets["fault"]}] * 5, key)
        assert answer.json["accepted"] == 10, answer
    pages = [server.get(f"/v1/teams/1/logs/{row['id']}").body for row in server.get("/v1/teams/1/logs?limit=5").json["logs"]]
    assert all(value.encode() not in page for value in [*secrets.values(), basic] for page in pages)
    # While it runs, and again when it is closed: the write-ahead log counts too.
    look_for(server, [*secrets.values(), basic, key])
    assert server.stop() == 0
    look_for(server, [*secrets.values(), basic, key])


def look_for(server, values):
    files = [path for path in server.data.rglob("*") if path.is_file() and path.name != "admin-key"]
    assert files
    for path in [*files, server.data.parent / f"{server.data.name}.log"]:
        content = path.read_bytes()
        for value in values:
            assert value.encode() not in content, f"{value[:12]} is in {path.name}"
