"""Calls through the invoker, over sockets: real clients on one side, a vendor that misbehaves on the other."""

import concurrent.futures
import contextlib
import hashlib
import http.client
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import time

import pytest
import requests

from examples import example
from server import NO_RATE_LIMIT, Server, free_port
from test_first_start import look_for
from tls import make_certificate
from upstream import MEGABYTE, Upstream

PRIVATE = (*NO_RATE_LIMIT, "--invoker-allow-private-targets")


class Gateway:
    """A server, a vendor behind it, and the connector `crm` between them."""

    def __init__(self, server, upstream):
        self.server, self.upstream = server, upstream
        self.key = server.create_key("recorder")
        self.configure()

    def configure(self, connector="crm", base=None, **invoker):
        path = f"/v1/teams/1/connector_builder/connectors/{connector}"
        if self.server.get(path).status == 404:
            # A connector of a name of one's own is registered by its first entry.
            assert self.server.ingest([{"connector_identifier": connector, "event": "registration"}], self.key).status == 200
        configuration = {"configuration_json": {"base_url": base or self.upstream.url, "invoker": invoker}}
        body = json.dumps({"configuration": configuration}).encode()
        assert self.server.request("PUT", path, body, "owner", {"Content-Type": "application/json"}).status == 204
        time.sleep(1.1)  # what was read before is good for a second

    def url(self, path="", connector="crm"):
        return f"{self.server.url}/invoke/{connector}{path}"

    def call(self, method, path, connector="crm", **more):
        headers = {"X-Connector-Log-Key": self.key} | more.pop("headers", {})
        return requests.request(method, self.url(path, connector), headers=headers, timeout=60, **more)

    def calls(self, count, connector="crm"):
        """The rows of the list once there are so many, or after a minute."""
        deadline = time.monotonic() + 60
        while True:
            rows = [row for row in self.server.pages(f"/v1/teams/1/logs?connector={connector}", "logs") if row["event"] != "registration"]
            if len(rows) >= count or time.monotonic() > deadline:
                return rows
            time.sleep(0.05)

    def entry(self, request_id):
        deadline = time.monotonic() + 60
        while True:
            rows = [row for row in self.server.pages("/v1/teams/1/logs", "logs") if row["request_id"] == request_id]
            if rows:
                assert len(rows) == 1, rows
                return self.server.get(f"/v1/teams/1/logs/{rows[0]['id']}").json
            assert time.monotonic() < deadline, "the call is not in the log"
            time.sleep(0.05)

    def fault(self, request_id):
        faults = [fault for fault in self.server.pages("/v1/teams/1/faults", "faults") if fault["entry_request_id"] == request_id]
        return faults[0] if faults else None


def answers(connection, count):
    """Status and body of so many answers on one connection of HTTP/1.1."""
    with connection.makefile("rb") as stream:
        for _ in range(count):
            status = int(stream.readline().split()[1])
            fields = dict(line.decode().rstrip().lower().split(": ", 1) for line in iter(stream.readline, b"\r\n"))
            if "chunked" in fields.get("transfer-encoding", ""):
                body = b""
                while size := int(stream.readline(), 16):
                    body += stream.read(size)
                    stream.readline()
                while stream.readline() != b"\r\n":
                    pass
            else:
                body = stream.read(int(fields["content-length"]))
            yield status, body


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    upstream = Upstream()
    server = Server(tmp_path_factory.mktemp("invoker") / "data", PRIVATE).start()
    yield Gateway(server, upstream)
    server.kill()
    upstream.close()


@pytest.fixture
def request_id(request):
    return "req-" + hashlib.sha256(request.node.name.encode()).hexdigest()[:16]


def test_the_examples_of_the_documentation(make_server):
    upstream = Upstream()
    server = make_server(arguments=PRIVATE)
    recorder = server.create_key("recorder")
    assert server.ingest([{"connector_identifier": "crm", "event": "registration"}], recorder).status == 200
    environment = os.environ | {"CONNECTORLOG_URL": server.url, "CONNECTORLOG_API_KEY": server.owner_key, "RECORDER_KEY": recorder,
                                "VENDOR_TOKEN": "made-up-token"}

    def run(name):
        (script,) = example("invoker.md", name, "sh")
        script = script.replace("https://api.example.com/v2", upstream.url + "/v2")
        return subprocess.run(["bash", "-e"], input=script, env=environment, capture_output=True, text=True, check=True).stdout

    assert run("configure") == ""
    assert run("call") == '{"ok":true}'
    (seen,) = upstream.requests
    assert seen["target"] == "/v2/orders?status=open" and seen["names"]["authorization"] == "Bearer made-up-token"
    upstream.close()


# MARK: - What passes through


def test_the_answer_comes_unchanged_and_the_call_is_in_the_log(gateway, request_id):
    answer = gateway.call("GET", "/orders/7?expand=lines&q=a%20b", headers={"X-Request-Id": request_id, "X-Event-Type": "data.load"})
    assert answer.status_code == 200 and answer.content == b'{"ok":true}'
    assert answer.headers["X-Vendor"] == "a, b" and answer.headers["Set-Cookie"] == "session=made-up-cookie"
    assert set(answer.headers) == {"Content-Length", "Content-Type", "X-Vendor", "Set-Cookie", "Content-Security-Policy", "X-Content-Type-Options"}
    entry = gateway.entry(request_id)
    assert (entry["method"], entry["status"], entry["outcome"], entry["event"]) == ("GET", 200, "ok", "data.load")
    assert entry["uri"] == gateway.upstream.url + "/orders/7?expand=lines&q=a%20b"
    assert entry["response_body"] == '{"ok":true}' and entry["duration_ms"] > 0
    assert "made-up-cookie" not in json.dumps(entry)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"])
def test_every_method_and_body(gateway, method):
    body = None if method in ("GET", "OPTIONS") else b'{"amount":1}'
    seen = gateway.call(method, "/echo/a;b=1//c%2Fd?x=%7B&y=", data=body, headers={"Content-Type": "application/json"}).json()
    assert (seen["method"], seen["target"]) == (method, "/echo/a;b=1//c%2Fd?x=%7B&y=")
    assert seen["body"] == (body or b"").decode()


def test_head_has_no_body_and_the_connection_goes_on(gateway):
    with requests.Session() as session:
        for _ in range(3):
            answer = session.head(gateway.url("/ok"), headers={"X-Connector-Log-Key": gateway.key}, timeout=60)
            assert answer.status_code == 200 and answer.content == b""
        assert session.get(f"{gateway.server.url}/healthz", timeout=60).json() == {"status": "ok"}


def test_head_of_a_chunked_answer_leaves_nothing_behind(gateway):
    sent = f"HEAD /invoke/crm/chunked HTTP/1.1\r\nHost: a\r\nX-Connector-Log-Key: {gateway.key}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", gateway.server.port), timeout=60) as connection:
        connection.sendall(sent.encode())
        head = b"".join(iter(lambda: connection.recv(65_536), b""))
    assert head.startswith(b"HTTP/1.1 200") and b"connection: close" in head.lower()


def test_early_hints_are_not_the_answer(gateway, request_id):
    assert gateway.call("GET", "/hints", headers={"X-Request-Id": request_id}).content == b"{}"
    entry = gateway.entry(request_id)
    assert entry["status"] == 200 and entry["attributes"] == {"http_version": "1.1"}


@pytest.mark.parametrize("use", ["document", "script", "iframe", "serviceworker"])
def test_browsers_neither_show_nor_run_what_comes_through(gateway, use):
    answer = gateway.call("GET", "/ok", headers={"Sec-Fetch-Dest": use})
    assert answer.status_code == 403 and answer.json()["error"]["code"] == "FORBIDDEN"


@pytest.mark.parametrize("status", [201, 204, 301, 304, 400, 401, 404, 429, 500, 503])
def test_statuses_are_the_vendors(gateway, status):
    answer = gateway.call("GET", f"/status/{status}", allow_redirects=False)
    assert answer.status_code == status
    if status not in (204, 304):
        assert answer.content == b'{"error":"as asked"}'
        assert answer.headers["Location"] == "http://127.0.0.1:1/elsewhere" and answer.headers["Retry-After"] == "7"


def test_headers_of_one_connection_and_of_the_log_end_here(gateway):
    sent = {"Connection": "keep-alive, X-Hop", "X-Hop": "1", "Keep-Alive": "timeout=9", "TE": "gzip", "Proxy-Authorization": "Basic made-up",
            "X-Flow-Id": "orders", "X-Flow-Name": "Orders", "X-Flow-Version": "3", "X-State-Id": "run-1", "X-Event-Type": "data.load",
            "Authorization": "Bearer made-up-vendor-token", "X-Own": "kept", "User-Agent": "test", "Accept": "*/*", "Accept-Encoding": "identity"}
    seen = gateway.call("GET", "/echo", headers=sent).json()
    assert dict(seen["fields"]) == {"Host": f"127.0.0.1:{gateway.upstream.port}", "Authorization": "Bearer made-up-vendor-token",
                                    "X-Own": "kept", "User-Agent": "test", "Accept": "*/*", "Accept-Encoding": "identity"}
    answer = gateway.call("GET", "/hop")
    assert "X-Hop" not in answer.headers and "Keep-Alive" not in answer.headers and answer.headers["X-End"] == "2"


def test_the_run_is_known(gateway, request_id):
    gateway.call("GET", "/status/500", headers={"X-Flow-Id": "orders", "X-Flow-Name": "Orders", "X-Flow-Version": "3", "X-State-Id": "run-7",
                                                "X-Event-Type": "data.load", "X-Request-Id": request_id})
    entry = gateway.entry(request_id)
    assert (entry["flow_id"], entry["flow_name"], entry["flow_version"], entry["state_id"]) == ("orders", "Orders", "3", "run-7")
    assert entry["outcome"] == "failed" and entry["status"] == 500
    assert gateway.server.get("/v1/teams/1/states/run-7").status == 200


def test_the_call_is_a_span_of_its_callers_trace(gateway, request_id):
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    seen = gateway.call("GET", "/echo", headers={"traceparent": parent, "tracestate": "a=b", "X-Request-Id": request_id}).json()
    fields = {name.lower(): value for name, value in seen["fields"]}
    version, trace, span, flags = fields["traceparent"].split("-")
    assert (version, trace, flags) == ("00", "0af7651916cd43dd8448eb211c80319c", "01") and span != "b7ad6b7169203331"
    assert fields["tracestate"] == "a=b"
    entry = gateway.entry(request_id)
    assert (entry["trace_id"], entry["span_id"]) == (trace, span)


def test_trailers_pass_both_ways(gateway):
    with socket.create_connection(("127.0.0.1", gateway.server.port), timeout=60) as connection:
        head = f"POST /invoke/crm/echo HTTP/1.1\r\nHost: a\r\nX-Connector-Log-Key: {gateway.key}\r\n"
        connection.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n5\r\nwhole\r\n0\r\nX-Sum: 5\r\n\r\n".encode())
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        seen = json.loads(answer.read())
    assert seen["body"] == "whole" and [trailer.lower() for trailer in seen["trailers"]] == ["x-sum: 5"]
    curl = subprocess.run(["curl", "-sS", "--raw", "-i", "-H", f"X-Connector-Log-Key: {gateway.key}", gateway.url("/trailers")],
                          capture_output=True, text=True, timeout=60)
    assert "5\nwhole\n0\nX-Sum: 5\nGrpc-Status: 0" in curl.stdout.replace("\r", "")


def test_events_come_as_they_happen(gateway):
    answer = gateway.call("GET", "/events", stream=True)
    delays = [time.time() - float(line.split()[2]) for line in answer.iter_lines() if line]
    assert len(delays) == 4 and max(delays[:-1]) < 0.25, delays


def test_an_answer_that_ends_with_its_connection(gateway, request_id):
    assert gateway.call("GET", "/until-close", headers={"X-Request-Id": request_id}).content == b"all of it"
    assert gateway.entry(request_id)["outcome"] == "ok"


def test_expect_continue_is_answered(gateway):
    curl = subprocess.run(
        ["curl", "-sS", "-H", "Expect: 100-continue", "-H", f"X-Connector-Log-Key: {gateway.key}", "--data-binary", "@-", "-w", "%{time_total}",
         gateway.url("/count")], input=b"x" * 5_000_000, capture_output=True, timeout=60)
    body, _, seconds = curl.stdout.decode().partition("}")
    assert json.loads(body + "}") == {"size": 5_000_000} and float(seconds) < 0.9, curl


def test_a_gigabyte_each_way_passes_in_constant_memory(gateway, request_id):
    before = gateway.server.peak_megabytes()
    sent, seen = hashlib.sha256(), hashlib.sha256()
    answer = gateway.call("GET", "/large/1024", stream=True, headers={"X-Request-Id": request_id})
    for piece in answer.iter_content(1 << 20):
        seen.update(piece)

    def pieces():
        for _ in range(1024):
            sent.update(MEGABYTE)
            yield MEGABYTE

    assert gateway.call("POST", "/count", data=pieces()).json() == {"size": 1 << 30}
    assert seen.digest() == sent.digest()
    assert gateway.server.peak_megabytes() < before + 64
    entry = gateway.entry(request_id)
    assert entry["response_body_truncated"] and entry["response_body_size"] == 1 << 30


def test_a_slow_reader_is_waited_for(gateway):
    before = gateway.server.peak_megabytes()
    answer = gateway.call("GET", "/large/100", stream=True)
    time.sleep(1)
    assert gateway.server.peak_megabytes() < before + 48
    assert sum(len(piece) for piece in answer.iter_content(1 << 20)) == 100 << 20


def test_a_vendor_that_answers_and_reads_nothing_is_waited_for(gateway):
    """What it does not take, its caller does not get rid of."""
    before, sent = gateway.server.peak_megabytes(), 0
    with socket.create_connection(("127.0.0.1", gateway.server.port), timeout=2) as connection:
        connection.sendall(f"POST /invoke/crm/deaf HTTP/1.1\r\nHost: x\r\nX-Connector-Log-Key: {gateway.key}\r\n"
                           f"Content-Length: {1 << 30}\r\n\r\n".encode())
        with contextlib.suppress(OSError):
            while sent < 1 << 30:
                sent += connection.send(MEGABYTE)
    assert sent < 256 << 20 and gateway.server.peak_megabytes() < before + 64


def test_connections_to_the_vendor_are_kept(gateway):
    before = gateway.upstream.connections
    with requests.Session() as session:
        for _ in range(20):
            session.get(gateway.url("/ok"), headers={"X-Connector-Log-Key": gateway.key}, timeout=60)
    assert gateway.upstream.connections - before <= 2


def test_requests_in_one_go_are_answered_in_their_order(gateway):
    key = f"X-Connector-Log-Key: {gateway.key}\r\n"
    sent = "".join(f"GET {path} HTTP/1.1\r\nHost: a\r\n{fields}\r\n"
                   for path, fields in [("/invoke/crm/events", key), ("/healthz", ""), ("/invoke/crm/ok", key), ("/v1/none", ""), ("/invoke/crm/x", "")])
    with socket.create_connection(("127.0.0.1", gateway.server.port), timeout=60) as connection:
        connection.sendall(sent.encode())
        assert [status for status, _ in answers(connection, 5)] == [200, 200, 200, 404, 401]


def test_node_fetch(gateway):
    if not shutil.which("node"):
        pytest.skip("there is no node")
    script = """
        const [url, key] = process.argv.slice(1);
        const answer = await fetch(url, { method: "POST", body: JSON.stringify({ a: 1 }), headers: { "X-Connector-Log-Key": key } });
        console.log(answer.status, (await answer.json()).body);
    """
    node = subprocess.run(["node", "--input-type=module", "-e", script, gateway.url("/echo"), gateway.key], capture_output=True, text=True, timeout=60)
    assert node.stdout.strip() == '200 {"a":1}', node


# MARK: - Faults


@pytest.mark.parametrize("path, name", [
    ("/close", "ConnectionClosed"), ("/reset", "ConnectionReset"), ("/garbage", "MalformedAnswer"),
    ("/no-status/099", "MalformedAnswer"), ("/no-status/000", "MalformedAnswer"), ("/no-status/101", "MalformedAnswer"),
])
def test_no_valid_answer_is_a_bad_gateway(gateway, request_id, path, name):
    answer = gateway.call("GET", path, headers={"X-Request-Id": request_id, "X-State-Id": f"run-{name}"})
    assert answer.status_code == 502 and answer.json()["error"]["code"] == "BAD_GATEWAY"
    entry = gateway.entry(request_id)
    assert entry["status"] is None and entry["outcome"] == "failed" and entry["error_name"] == name
    fault = gateway.fault(request_id)
    assert fault["name"] == "Bad Gateway" and fault["status_code"] == 502 and fault["state_id"] == f"run-{name}"
    assert fault["message"] == answer.json()["error"]["message"]


def test_who_cannot_be_reached_is_a_bad_gateway(gateway, request_id):
    gateway.configure("refuses", f"http://127.0.0.1:{free_port()}")
    gateway.configure("nowhere", "http://no-such-host.invalid")
    for connector, name in [("refuses", "ConnectionRefused"), ("nowhere", "NameNotResolved")]:
        answer = gateway.call("POST", "/x", connector, data=b"{}", headers={"X-Request-Id": f"{request_id}-{connector}"})
        assert answer.status_code == 502, connector
        assert gateway.entry(f"{request_id}-{connector}")["error_name"] == name
        assert gateway.fault(f"{request_id}-{connector}")["name"] == "Bad Gateway"


def test_vendors_are_spoken_to_by_tls(make_server, tmp_path):
    certificate, key = make_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    upstream = Upstream(lambda connection: context.wrap_socket(connection, server_side=True))
    base = f"https://localhost:{upstream.port}"
    doubtful = Gateway(make_server("doubtful", arguments=PRIVATE), upstream)
    doubtful.configure(base=base)
    answer = doubtful.call("GET", "/ok")
    assert answer.status_code == 502 and "certificate is not trusted" in answer.json()["error"]["message"]
    assert doubtful.calls(1)[0]["error_name"] == "TLSFailed"
    trusting = Gateway(make_server("trusting", arguments=(*PRIVATE, "--invoker-trusted-certificates", str(certificate))), upstream)
    trusting.configure(base=base)
    assert trusting.call("GET", "/ok").content == b'{"ok":true}'
    trusting.configure(base=base.replace("localhost", "127.0.0.1"))
    assert "another host" in trusting.call("GET", "/ok").json()["error"]["message"]
    upstream.close()


@pytest.mark.parametrize("path", ["/short", "/cut-chunks"])
def test_an_answer_that_breaks_off_breaks_off_here(gateway, request_id, path):
    with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.exceptions.ConnectionError)):
        gateway.call("GET", path, headers={"X-Request-Id": request_id})
    entry = gateway.entry(request_id)
    assert (entry["status"], entry["outcome"], entry["error_name"]) == (200, "failed", "AnswerBrokeOff")
    assert entry["response_body"] == "begin" and gateway.fault(request_id)["name"] == "Bad Gateway"


def test_over_the_time_limit_is_a_gateway_timeout(gateway, request_id):
    gateway.configure("slow", time_limit_seconds=1)
    begin = time.monotonic()
    answer = gateway.call("GET", "/slow-head", "slow", headers={"X-Request-Id": request_id})
    assert answer.status_code == 504 and answer.json()["error"]["code"] == "GATEWAY_TIMEOUT" and time.monotonic() - begin < 10
    entry = gateway.entry(request_id)
    assert entry["status"] is None and entry["error_name"] == "TimeLimit" and gateway.fault(request_id)["name"] == "Gateway Timeout"
    with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.exceptions.ConnectionError)):
        gateway.call("GET", "/slow-body", "slow", headers={"X-Request-Id": request_id + "-2"})
    assert gateway.entry(request_id + "-2")["error_name"] == "TimeLimit"


def test_a_caller_that_goes_away_ends_the_call(gateway, request_id):
    lost = gateway.upstream.lost
    answer = gateway.call("GET", "/endless", stream=True, headers={"X-Request-Id": request_id})
    next(answer.iter_content(1024))
    answer.close()
    entry = gateway.entry(request_id)
    assert entry["error_name"] == "CallerLeft" and entry["outcome"] == "failed" and gateway.fault(request_id) is None
    deadline = time.monotonic() + 30
    while gateway.upstream.lost == lost:
        assert time.monotonic() < deadline, "the vendor was not told"
        time.sleep(0.05)


@pytest.mark.parametrize("path", ["/early", "/early/empty"])
def test_a_vendor_may_answer_before_the_body_has_come(gateway, request_id, path):
    begin = time.monotonic()
    with socket.create_connection(("127.0.0.1", gateway.server.port), timeout=60) as connection:
        connection.sendall((f"POST /invoke/crm{path} HTTP/1.1\r\nHost: a\r\nX-Connector-Log-Key: {gateway.key}\r\nX-Request-Id: {request_id}\r\n"
                            "Content-Length: 900000000\r\n\r\n" + "x" * 200_000).encode())
        (status, _), = answers(connection, 1)
    assert status == 413 and time.monotonic() - begin < 4
    entry = gateway.entry(request_id)
    assert entry["status"] == 413 and entry["request_body_truncated"] and gateway.fault(request_id) is None


def test_a_caller_that_goes_away_while_it_sends(gateway, request_id):
    with socket.create_connection(("127.0.0.1", gateway.server.port), timeout=60) as connection:
        connection.sendall((f"POST /invoke/crm/count HTTP/1.1\r\nHost: a\r\nX-Connector-Log-Key: {gateway.key}\r\nX-Request-Id: {request_id}\r\n"
                            "Content-Length: 900000\r\n\r\n" + "x" * 200_000).encode())
        time.sleep(0.5)
    entry = gateway.entry(request_id)
    assert entry["error_name"] == "CallerLeft" and gateway.fault(request_id) is None


# MARK: - Who may, and where to


def test_who_may_call(gateway):
    def status(key, path="/ok", connector="crm"):
        return requests.get(gateway.url(path, connector), headers={"X-Connector-Log-Key": key} if key else {}, timeout=60)

    for key, expected in [(None, "UNAUTHORIZED"), ("clk_made-up", "UNAUTHORIZED"), (gateway.server.create_key("viewer"), "FORBIDDEN"),
                          (gateway.server.owner_key, "FORBIDDEN")]:
        answer = status(key)
        assert answer.json()["error"]["code"] == expected and answer.json()["meta"]["request_id"] == answer.headers["X-Request-Id"]
    assert status(gateway.key, connector="none").json()["error"]["code"] == "NOT_FOUND"


def test_a_key_may_stand_in_the_path(gateway, request_id):
    answer = requests.get(f"{gateway.server.url}/invoke/~{gateway.key}/crm/echo?a=1", headers={"X-Request-Id": request_id}, timeout=60)
    assert answer.json()["target"] == "/echo?a=1"
    assert gateway.key not in json.dumps(gateway.entry(request_id))
    assert gateway.key not in gateway.server.output()


def test_paths_stay_below_the_base(gateway):
    with socket.create_connection(("127.0.0.1", gateway.server.port), timeout=60) as connection:
        for path in ["/../x", "/a/%2e%2e/x", "/ok"]:
            connection.sendall(f"GET /invoke/crm{path} HTTP/1.1\r\nHost: a\r\nX-Connector-Log-Key: {gateway.key}\r\n\r\n".encode())
        first, second, third = answers(connection, 3)
    assert first[0] == second[0] == 400 and b"BAD_REQUEST" in first[1] and third[0] == 200


def test_websockets_are_refused(gateway):
    answer = gateway.call("GET", "/ok", headers={"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Key": "bWFkZS11cA=="})
    assert answer.status_code == 400 and "WebSocket" in answer.json()["error"]["message"]


def test_what_a_connector_lacks_is_said(gateway):
    for base, word in [("", "base_url"), ("ftp://x", "base_url")]:
        gateway.configure("wrong", base or "no")
        answer = gateway.call("GET", "/", "wrong")
        assert answer.status_code == 422 and word in answer.json()["error"]["message"]


def test_secrets_are_put_in_and_never_stored(gateway, request_id):
    secret = "made-up-vendor-secret-42"
    path = "/v1/teams/1/connector_builder/connectors/keyed"
    gateway.configure("keyed", headers={"Authorization": "Bearer {{secret:TOKEN}}"})
    assert gateway.call("GET", "/echo", "keyed").status_code == 422
    assert gateway.server.post_json(path + "/secrets", {"secret_name": "TOKEN", "secret_value": secret}).status == 201
    seen = gateway.call("GET", "/echo", "keyed", headers={"Authorization": "Bearer of-the-caller", "X-Request-Id": request_id}).json()
    assert [value for name, value in seen["fields"] if name.lower() == "authorization"] == [f"Bearer {secret}"]
    assert secret not in json.dumps(gateway.entry(request_id))
    # As `echo` would register it: no header may have it.
    assert gateway.server.post_json(path + "/secrets", {"secret_name": "LINE", "secret_value": "made-up-line\n"}).status == 201
    gateway.configure("keyed", headers={"X-Line": "{{secret:LINE}}"})
    refused = gateway.call("GET", "/echo", "keyed")
    assert refused.status_code == 422 and "LINE" in refused.json()["error"]["message"]
    for file in gateway.server.data.iterdir():
        if file.is_file():
            assert secret.encode() not in file.read_bytes(), file
    assert secret not in gateway.server.output()


def test_nothing_secret_of_a_call_is_stored(make_server):
    """Of both sides of calls that pass, and of such as fail; and what is no secret is there, so that this can fail."""
    upstream = Upstream()
    gateway = Gateway(make_server(arguments=PRIVATE), upstream)
    secrets = {name: f"madeup{name}Zq7Lw9Kd3Vn5" for name in (
        "bearer", "cookie", "query", "json", "deep", "form", "apikey", "registered", "answercookie", "answerjson", "template")}
    upstream.secret = secrets["answercookie"]
    path = "/v1/teams/1/connector_builder/connectors/crm/secrets"
    for name in ("registered", "template"):
        assert gateway.server.post_json(path, {"secret_name": name, "secret_value": secrets[name]}).status == 201
    gateway.configure(headers={"X-Of-The-Connector": "{{secret:template}}"})
    headers = {"Authorization": f"Bearer {secrets['bearer']}", "Cookie": f"session={secrets['cookie']}", "X-Api-Key": secrets["apikey"]}
    target = f"/status/200/{secrets['registered']}?access_token={secrets['query']}&plain=seen-{{}}"
    for number in range(50):
        body = {"password": secrets["json"], "a": [{"client_secret": secrets["deep"]}], "token": secrets["answerjson"]}
        gateway.call("POST", target.format("json"), json=body, headers=headers)
        seen = repr(upstream.requests[-1])
        assert [name for name, value in secrets.items() if value not in seen] == ["form", "answercookie"], "what the vendor does not get"
        form = f"grant_type=refresh_token&refresh_token={secrets['form']}"
        gateway.call("POST", target.format("form"), data=form, headers=headers | {"Content-Type": "application/x-www-form-urlencoded"})
        assert secrets["answercookie"] in gateway.call("GET", "/cookie", headers=headers).headers["Set-Cookie"]
        assert gateway.call("GET", target.replace("/status/", "/close/").format("closed"), headers=headers).status_code == 502
    rows = gateway.calls(200)
    entries = [gateway.server.get(f"/v1/teams/1/logs/{row['id']}").body for row in rows]
    entries += [json.dumps(gateway.server.pages("/v1/teams/1/faults", "faults")).encode()]
    entries += [gateway.server.get(page).body for page in ("/metrics", "/v1/teams/1/connector_builder/connectors/crm")]
    assert sum(b"plain=seen-closed" in entry for entry in entries) >= 50
    secrets["key"] = gateway.key
    for name, value in secrets.items():
        assert not any(value.encode() in entry for entry in entries), name
    look_for(gateway.server, list(secrets.values()))
    assert gateway.server.stop() == 0
    look_for(gateway.server, list(secrets.values()))
    upstream.close()


def test_the_page_of_a_connector_says_where_its_calls_go(gateway, request_id):
    gateway.configure("by-page", "https://api.example.com", concurrency=3)
    page = f"{gateway.server.url}/teams/1/connectors/by-page/invoker"

    def hidden(html):
        return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', html))

    with requests.Session() as browser:
        form = hidden(browser.get(f"{gateway.server.url}/sign-in", timeout=60).text)
        browser.post(f"{gateway.server.url}/sign-in", form | {"key": gateway.server.create_key("editor")}, timeout=60)
        form = hidden(browser.get(page, timeout=60).text)
        answer = browser.post(page, form | {"base_url": gateway.upstream.url, "header_name_0": "X-Set", "header_value_0": "here"}, timeout=60)
    assert answer.url == page + "?done=saved" and gateway.server.url + "/invoke/by-page" in answer.text
    time.sleep(1.1)  # what was read before is good for a second
    seen = gateway.call("GET", "/echo", "by-page", headers={"X-Request-Id": request_id}).json()
    assert ["here"] == [value for name, value in seen["fields"] if name.lower() == "x-set"]
    assert gateway.entry(request_id)["uri"] == gateway.upstream.url + "/echo"


def test_private_targets_are_refused_unless_the_owner_allows_them(make_server):
    upstream = Upstream()
    closed = Gateway(make_server("closed"), upstream)
    for base in [upstream.url, f"http://localhost:{upstream.port}"]:
        closed.configure(base=base)
        answer = closed.call("GET", "/ok", headers={"X-Request-Id": "req-private-1"})
        assert answer.status_code == 502 and "private" in answer.json()["error"]["message"]
    assert [row["error_name"] for row in closed.calls(2)] == ["TargetNotAllowed"] * 2 and upstream.requests == []
    listed = Gateway(make_server("listed", arguments=(*NO_RATE_LIMIT, "--invoker-allowed-networks", "10.0.0.0/8, 127.0.0.0/8")), upstream)
    assert listed.call("GET", "/ok").status_code == 200
    upstream.close()


# MARK: - Limits, and a store that cannot record


def test_so_many_calls_at_once(gateway):
    gateway.configure("narrow", concurrency=2)
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        statuses = sorted(answer.status_code for answer in pool.map(lambda _: gateway.call("GET", "/events", "narrow"), range(6)))
    assert statuses.count(200) >= 2 and statuses.count(429) >= 1 and set(statuses) == {200, 429}
    assert gateway.call("GET", "/ok", "narrow").status_code == 200


def test_so_many_calls_a_second(gateway):
    gateway.configure("paced", calls_per_second=2)
    answers = [gateway.call("GET", "/ok", "paced") for _ in range(6)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused and refused[0].headers["Retry-After"] == "1" and refused[0].json()["error"]["code"] == "TOO_MANY_REQUESTS"


# MARK: - Further attempts


def attempts(gateway, request_id, connector, count):
    """The entries of one call, the first attempt first, once there are so many."""
    deadline = time.monotonic() + 30
    while len(rows := [row for row in gateway.calls(1, connector) if row["request_id"] == request_id]) < count:
        assert time.monotonic() < deadline, rows
        time.sleep(0.05)
    assert len(rows) == count
    return [gateway.server.get(f"/v1/teams/1/logs/{row['id']}").json for row in reversed(rows)]


@pytest.fixture
def again(gateway, request_id):
    """A connector whose calls are made up to three times, with a budget of its own."""
    gateway.configure(connector := f"again-{request_id[4:]}", retries=2)
    return connector


@pytest.mark.parametrize("method,how,statuses", [
    ("GET", "close", [None, None, 200]), ("GET", "503", [503, 503, 200]), ("DELETE", "502", [502, 502, 200]), ("PUT", "504", [504, 504, 200]),
    ("GET", "endless", [503, 503, 200]), ("GET", "silent", [503, 503, 200]), ("GET", "trickle", [503, 503, 200])])
def test_a_call_that_may_be_repeated_is_made_again(gateway, again, request_id, method, how, statuses):
    answer = gateway.call(method, f"/flaky/{how}/2/{request_id}", again, headers={"X-Request-Id": request_id}, data=b"kept" if method == "PUT" else None)
    assert (answer.status_code, answer.content) == (200, b"kept" if method == "PUT" else b"at last")
    entries = attempts(gateway, request_id, again, 3)
    assert [entry["status"] for entry in entries] == statuses
    assert gateway.fault(request_id) is None, "the run did not fail"
    if method == "PUT":
        assert [entry["request_body"] for entry in entries] == ["kept"] * 3


def test_a_vendor_says_when_a_call_is_made_again(gateway, again, request_id):
    begin = time.monotonic()
    answer = gateway.call("GET", f"/flaky/429/1/{request_id}", again)
    assert answer.status_code == 200 and time.monotonic() - begin >= 1


def test_the_last_attempt_is_what_the_caller_and_the_run_see(gateway, again, request_id):
    answer = gateway.call("GET", f"/flaky/503/9/{request_id}", again)
    assert (answer.status_code, answer.content) == (503, b"not now")
    answer = gateway.call("GET", f"/flaky/close/9/{request_id}-b", again, headers={"X-Request-Id": request_id, "X-Flow-Id": "f", "X-State-Id": "s-retry"})
    assert answer.status_code == 502 and answer.json()["error"]["code"] == "BAD_GATEWAY"
    attempts(gateway, request_id, again, 3)
    faults = [fault for fault in gateway.server.pages("/v1/teams/1/faults", "faults") if fault["entry_request_id"] == request_id]
    assert len(faults) == 1


@pytest.mark.parametrize("connector,method,body", [
    ("crm", "GET", None), ("again", "POST", b"{}"), ("again", "PATCH", b"{}"), ("again", "PUT", b"x" * 70_000)])
def test_what_is_not_repeated(gateway, again, request_id, connector, method, body):
    """Not asked for; not idempotent; too large to be kept."""
    answer = gateway.call(method, f"/flaky/503/1/{request_id}", again if connector == "again" else connector, data=body)
    assert (answer.status_code, answer.content) == (503, b"not now")


def test_a_caller_that_leaves_ends_the_attempts(gateway, again, request_id):
    with pytest.raises(requests.exceptions.ReadTimeout):
        requests.get(gateway.url(f"/flaky/late/9/{request_id}", again), headers={"X-Connector-Log-Key": gateway.key}, timeout=0.5)
    time.sleep(4)
    assert gateway.upstream.failed[request_id] == 1


def test_further_attempts_have_a_budget(gateway, request_id):
    gateway.configure("storm", retries=5)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: gateway.call("GET", f"/flaky/503/1000/{request_id}", "storm"), range(40)))
    assert {answer.status_code for answer in answers} == {503}
    # Ten, a tenth of the calls, and one a second.
    assert 40 + 10 <= gateway.upstream.failed[request_id] < 40 + 10 + 4 + 60


# MARK: - Records


@pytest.mark.parametrize("method,path,content", [
    ("GET", "/ok", b'{"ok":true}'), ("HEAD", "/ok", b""), ("GET", "/status/204", b""), ("GET", "/chunked", b"{}"), ("GET", "/trailers", b"whole")])
def test_where_records_are_required_an_answer_ends_when_its_record_is_on_disk(gateway, method, path, content, request_id):
    gateway.configure("strict", record="required")
    for number in range(20):
        name = f"{request_id}-{number:03}"
        assert gateway.call(method, path, "strict", headers={"X-Request-Id": name}).content == content
        rows = gateway.server.pages("/v1/teams/1/logs?connector=strict", "logs")
        assert name in [row["request_id"] for row in rows]


def test_every_call_is_in_the_log_once(gateway):
    gateway.configure("many")
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda n: gateway.call("GET", "/ok", "many", headers={"X-Request-Id": f"many-{n:08}"}).raise_for_status(), range(800)))
    assert sorted(row["request_id"] for row in gateway.calls(800, "many")) == [f"many-{n:08}" for n in range(800)]


def test_what_is_under_way_at_the_end_is_recorded(make_server):
    upstream = Upstream()
    gateway = Gateway(make_server("ending", arguments=PRIVATE), upstream)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        calls = [pool.submit(gateway.call, "GET", "/events") for _ in range(4)]
        time.sleep(0.5)
        assert gateway.server.stop() == 0
        assert [call.result().status_code for call in calls] == [200] * 4
    gateway.server.start()
    assert len(gateway.calls(4)) == 4
    upstream.close()
