"""The program from start to stop, as a newcomer uses it. Short: it is also run on the release build."""

import time

from entries import entry
from server import NO_RATE_LIMIT


def test_starts_with_the_sample_serves_and_stops(make_server):
    server = make_server(arguments=("--sample", *NO_RATE_LIMIT))
    assert server.get("/healthz", key=None).status == 200
    page = server.get("/", key=None)
    assert page.status in (200, 302, 303, 307)
    if page.status != 200:
        page = server.get(page.headers["location"], key=None)
    assert page.status == 200 and b"<html" in page.body and page.headers["content-type"].startswith("text/html")
    deadline = time.monotonic() + 60
    while not server.get("/v1/teams/1/logs").json["logs"]:
        assert time.monotonic() < deadline, "the sample recorded nothing"
        time.sleep(0.1)
    key = server.create_key("editor")
    assert server.ingest([entry("smoke", 1)], key).json["accepted"] == 1
    rows = server.get("/v1/teams/1/connector_builder/connectors/smoke/logs", key).json["logs"]
    assert [row["request"] for row in rows] == ["GET /v1/leads/1?page=1"]
    assert b"openapi: 3.1" in server.get("/openapi.yaml", key=None).body
    assert server.get("/metrics").status == 200
    assert server.stop() == 0
