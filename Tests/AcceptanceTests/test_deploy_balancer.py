"""nginx with the configuration of deploy/nginx, before two servers of one store."""

import contextlib
import http.client
import http.server
import json
import os
import shutil
import signal
import ssl
import subprocess
import threading
import time
import uuid

import grpc
import pytest
import requests
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2

from databases import ARE_THERE
from deployment import DEPLOY, open_store
from entries import PICTURE, entry
from server import free_port, ndjson
from tls import make_certificate

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
pytestmark = pytest.mark.skipif(
    (NGINX is None or not ARE_THERE) and os.environ.get("CI") != "true",
    reason="nginx, ClickHouse and PostgreSQL are not installed")

FAILED_SIGN_INS = 50
TRACES = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"


def eventually(is_so, seconds=10):
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.05)


class Balancer:
    """The configuration with ports, paths and names of this machine in the place of its own."""

    def __init__(self, folder, servers, upstreams="nginx/upstreams.conf", names="connectorlog-{}.internal"):
        self.folder, self.port, self.otlp_port = folder, free_port(), free_port()
        folder.mkdir()
        self.certificate, key = make_certificate(folder)
        main = (DEPLOY / "nginx/nginx.conf").read_text()
        site = (DEPLOY / "nginx/connectorlog.conf").read_text()
        upstreams = (DEPLOY / upstreams).read_text()
        replaced = {
            "listen 8443 ": f"listen 127.0.0.1:{self.port} ", "listen 4317 ": f"listen 127.0.0.1:{self.otlp_port} ",
            "/etc/nginx/tls/certificate.pem": str(self.certificate), "/etc/nginx/tls/key.pem": str(key),
            "/dev/stdout": f"{folder}/access.log", "/dev/stderr": f"{folder}/error.log",
        }
        for old, new in replaced.items():
            assert old in site
            site = site.replace(old, new)
        for number, server in enumerate(servers, start=1):
            for old, new in ((8080, server.port), (4317, server.otlp_port)):
                name = f"{names.format(number)}:{old}"
                assert name in upstreams
                upstreams = upstreams.replace(name, f"127.0.0.1:{new}")
        # Its user's folders, which need not be this one's.
        places = "".join(f"    {kind}_temp_path {folder}/{kind};\n"
                         for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        include = "    include /etc/nginx/connectorlog/*.conf;\n"
        assert include in main
        main = main.replace(include, f"{places}    include {folder}/site/*.conf;\n")
        main = main.replace("/run/nginx.pid", f"{folder}/nginx.pid").replace("/dev/stderr", f"{folder}/error.log")
        # Here for tests; the number of a machine's cores is too much for them.
        main = main.replace("worker_processes auto", "worker_processes 1").replace("16384", "1024").replace("65536", "2048")
        if os.geteuid() == 0:
            main += "user root;\n"
        (folder / "site").mkdir()
        (folder / "site/connectorlog.conf").write_text(site)
        (folder / "site/upstreams.conf").write_text(upstreams)
        (folder / "nginx.conf").write_text(main)

    def command(self, *more):
        return [NGINX, "-p", self.folder, "-e", f"{self.folder}/error.log", "-c", f"{self.folder}/nginx.conf", *more]

    def start(self):
        self.process = subprocess.Popen(self.command("-g", "daemon off;"), stdin=subprocess.DEVNULL)
        eventually(lambda: self.is_up())
        return self

    def is_up(self):
        assert self.process.poll() is None, (self.folder / "error.log").read_text()
        with contextlib.suppress(requests.ConnectionError):
            return self.get("/healthz").status_code > 0
        return False

    def stop(self):
        self.process.terminate()
        self.process.wait(10)

    def request(self, method, path, key=None, **more):
        headers = ({"Authorization": f"Bearer {key}"} if key else {}) | more.pop("headers", {})
        return requests.request(method, f"https://localhost:{self.port}{path}", headers=headers, verify=self.certificate,
                                timeout=60, allow_redirects=False, **more)

    def get(self, path, key=None, **more):
        return self.request("GET", path, key, **more)

    def ingest(self, lines, key, **headers):
        sent = {"Content-Type": "application/x-ndjson"} | {name.replace("_", "-"): value for name, value in headers.items()}
        return self.request("POST", "/v1/ingest", key, data=ndjson(lines), headers=sent)

    def access_log(self):
        return (self.folder / "access.log").read_text()


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    with open_store(tmp_path_factory.mktemp("balanced") / "store") as store:
        yield store


def make_server(store):
    port = free_port()
    server = store.make_server(
        "--behind-proxy", "--otlp-grpc-port", str(port), "--invoker-allow-private-targets",
        "--failed-authentications-per-hour", str(FAILED_SIGN_INS))
    server.otlp_port = port
    return server


@pytest.fixture(scope="module")
def servers(store):
    return make_server(store), make_server(store)


@pytest.fixture(scope="module")
def balancer(servers, tmp_path_factory):
    balancer = Balancer(tmp_path_factory.mktemp("nginx") / "run", servers).start()
    yield balancer
    balancer.stop()


@pytest.fixture(scope="module")
def key(servers):
    key = servers[0].create_key("editor")
    eventually(lambda: all(server.get("/v1/teams/1/logs", key).status == 200 for server in servers))
    return key


@pytest.mark.parametrize("upstreams, names", [
    ("nginx/upstreams.conf", "connectorlog-{}.internal"), ("compose/upstreams.conf", "server-{}")])
def test_nginx_takes_the_configuration(upstreams, names, servers, tmp_path):
    balancer = Balancer(tmp_path / "nginx", servers, upstreams, names)
    path = tmp_path / "nginx/site/upstreams.conf"
    # For nginx 1.27.3 or newer, as in the container: whether it is older here is not known.
    path.write_text(path.read_text().replace(" resolve ", " "))
    tested = subprocess.run(balancer.command("-t"), capture_output=True, text=True)
    assert tested.returncode == 0, (tmp_path / "nginx/error.log").read_text()


def test_a_large_body_goes_through(balancer, key):
    lines = [entry("large", n, request_body="x" * 250_000, response_body="y" * 250_000) for n in range(40)]
    answer = balancer.ingest(lines, key)
    assert answer.status_code == 200 and answer.json()["accepted"] == 40, answer.text
    assert len(balancer.get("/v1/teams/1/logs?connector=large", key).json()["logs"]) == 40
    # Nothing of it was kept on the way.
    assert not [path for kind in ("client_body", "proxy") for path in (balancer.folder / kind).rglob("*") if path.is_file()]


def test_what_is_refused_is_refused_by_the_server(balancer, key):
    lines = [entry("nobody", n, request_body="x" * 200_000) for n in range(20)]
    unknown = balancer.ingest(lines, "clk_nobody-knows-this-key-0123456789-0123456789")
    assert unknown.status_code == 401 and unknown.json()["error"]["code"] == "UNAUTHORIZED"
    # By its length alone: nothing of it need be sent.
    context = ssl.create_default_context(cafile=balancer.certificate)
    connection = http.client.HTTPSConnection("localhost", balancer.port, timeout=20, context=context)
    connection.putrequest("POST", "/v1/ingest")
    for name, value in (("Authorization", f"Bearer {key}"), ("Content-Type", "application/x-ndjson"),
                        ("Content-Length", str(200 << 20))):
        connection.putheader(name, value)
    connection.endheaders()
    too_large = connection.getresponse()
    assert too_large.status == 413 and json.loads(too_large.read())["meta"]["request_id"]
    connection.close()
    long_address = balancer.get("/v1/teams/1/logs?text=" + "a" * 15_000, key)
    assert long_address.status_code in (200, 400) and long_address.headers["Content-Type"].startswith("application/json")


def sign_in(balancer, key):
    session = requests.Session()
    # Not those of the environment, which would be looked at first.
    session.trust_env = False
    session.verify = str(balancer.certificate)
    form = session.get(f"https://localhost:{balancer.port}/sign-in").text
    token = form.split('name="csrf_token" value="')[1].split('"')[0]
    answer = session.post(f"https://localhost:{balancer.port}/sign-in", data={"key": key, "csrf_token": token},
                          allow_redirects=False)
    assert answer.status_code == 303 and "Secure" in answer.headers["Set-Cookie"], (answer.status_code, answer.headers)
    return session


def test_pages_of_both_servers_know_a_session(balancer, servers, key):
    session = sign_in(balancer, key)
    for _ in range(4):
        page = session.get(f"https://localhost:{balancer.port}/teams/1", allow_redirects=True)
        assert page.status_code == 200 and "Dashboard" in page.text
    addresses = {line.split()[8] for line in balancer.access_log().splitlines() if " /teams/1 " in line}
    assert addresses == {f"127.0.0.1:{server.port}" for server in servers}


def test_a_live_page_grows_while_it_is_looked_at(balancer, servers, key):
    # A run in progress, with more to come.
    state = {"type": "state", "team_id": 1, "state_id": "live-1", "flow_id": "nightly-sync", "status": "in_progress"}
    lines = [state, entry("live", 0, state_id="live-1")]
    assert balancer.ingest(lines, key).status_code == 200
    session = sign_in(balancer, key)
    with session.get(f"https://localhost:{balancer.port}/teams/1/states/live-1/events", stream=True, timeout=20) as stream:
        assert stream.status_code == 200 and stream.headers["Content-Type"].startswith("text/event-stream")
        chunks = stream.iter_content(chunk_size=None)
        next(chunks)
        began = time.monotonic()
        # To each server: a page is told at once of what its own server takes.
        for number, server in enumerate(servers, start=1):
            assert server.ingest([entry("live", number, state_id="live-1", uri=f"https://a.example/grown/{number}")], key).status == 200
        text = b""
        while b"/grown/" not in text:
            text += next(chunks)
        assert time.monotonic() - began < 10


def test_what_a_client_says_of_its_address_is_not_believed(balancer):
    statuses = []
    for number in range(FAILED_SIGN_INS * 2 + 2):
        answer = balancer.get("/v1/teams/1/logs", "clk_wrong-0123456789-0123456789-0123456789",
                              headers={"X-Forwarded-For": f"203.0.113.{number}"})
        statuses.append(answer.status_code)
    assert statuses[0] == 401 and statuses[-1] == 429


class Vendor(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = b"of the vendor"
        self.send_response(200)
        self.send_header("X-Accel-Redirect", "/v1/teams")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def test_a_vendor_steers_nothing_and_keys_in_addresses_are_in_no_log(balancer, servers, key):
    vendor = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Vendor)
    threading.Thread(target=vendor.serve_forever, daemon=True).start()
    try:
        assert balancer.ingest([entry("steering", 0)], key).status_code == 200
        configured = servers[0].request(
            "PUT", "/v1/teams/1/connector_builder/connectors/steering",
            json.dumps({"configuration": {"configuration_json": {"base_url": f"http://127.0.0.1:{vendor.server_port}"}}}).encode(),
            key, {"Content-Type": "application/json"})
        assert configured.status == 204, configured

        def call():
            return balancer.get(f"/invoke/~{key}/steering/orders?api_key=of-the-vendor")

        eventually(lambda: call().status_code == 200)
        assert call().content == b"of the vendor"
    finally:
        vendor.shutdown()
        vendor.server_close()
    assert call().status_code == 502
    logs = balancer.access_log() + (balancer.folder / "error.log").read_text()
    assert " /invoke/~ " in logs
    assert key not in logs and "of-the-vendor" not in logs


def test_links_in_answers_lead_through_it(balancer, key):
    assert balancer.ingest([entry("linked", 0)], key).status_code == 200
    made = balancer.request("POST", "/v1/teams/1/connector_builder/connectors/linked/logo", key,
                            files={"logo": ("logo.png", PICTURE, "image/png")})
    assert made.status_code == 201 and made.json()["logo_url"].startswith(f"https://localhost:{balancer.port}/"), made.text


def test_figures_of_one_server_are_not_shown(balancer):
    assert balancer.get("/metrics").status_code == 404


def export(balancer, key):
    request = trace_service_pb2.ExportTraceServiceRequest()
    span = request.resource_spans.add().scope_spans.add().spans.add(
        trace_id=uuid.uuid4().bytes, span_id=uuid.uuid4().bytes[:8], name="GET", kind=3,
        start_time_unix_nano=time.time_ns() - 1_000_000, end_time_unix_nano=time.time_ns())
    for name, value in (("http.request.method", "GET"), ("url.full", "https://api.acme.example/spans"),
                        ("connector.identifier", "spanning")):
        span.attributes.add(key=name).value.string_value = value
    credentials = grpc.ssl_channel_credentials(balancer.certificate.read_bytes())
    with grpc.secure_channel(f"localhost:{balancer.otlp_port}", credentials, [("grpc.enable_http_proxy", 0)]) as channel:
        send = channel.unary_unary(TRACES, request_serializer=None, response_deserializer=None)
        return send(request.SerializeToString(), metadata=[("authorization", f"Bearer {key}")], timeout=20)


def test_spans_go_through_by_grpc(balancer, key):
    export(balancer, key)
    assert "/spans" in balancer.get("/v1/teams/1/logs?text=/spans", key).text


# MARK: Last, for servers end here


def test_a_request_under_way_is_answered_by_a_server_that_stops(balancer, servers, key):
    stopping = servers[0]
    body = ndjson([entry("slow", n) for n in range(200)])
    started = threading.Event()

    def slowly():
        for place in range(0, len(body), len(body) // 10 + 1):
            yield body[place:place + len(body) // 10 + 1]
            started.set()
            time.sleep(0.1)

    answers = []
    # Several: some are with the one that stops.
    threads = [threading.Thread(target=lambda: answers.append(balancer.request(
        "POST", "/v1/ingest", key, data=slowly(), headers={"Content-Type": "application/x-ndjson"}))) for _ in range(4)]
    for thread in threads:
        thread.start()
    started.wait(10)
    time.sleep(0.3)
    stopping.process.send_signal(signal.SIGTERM)
    shown = [balancer.get("/v1/teams/1/logs?limit=1", key).status_code for _ in range(10)]
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [200] * 4, [answer.text for answer in answers]
    assert shown == [200] * 10
    assert stopping.stop() == 0
    stopping.start(stopping.port)


def test_nobody_notices_that_a_server_is_killed(balancer, servers, key):
    servers[0].kill()
    numbers = range(30)
    for number in numbers:
        assert balancer.get("/v1/teams/1/logs?limit=1", key).status_code == 200
        answer = balancer.ingest([entry("failover", number)], key, Idempotency_Key=f"failover-{number}")
        # One that was sent on a connection of the dead server is not sent again by nginx.
        if answer.status_code == 503:
            assert answer.headers["Retry-After"]
            answer = balancer.ingest([entry("failover", number)], key, Idempotency_Key=f"failover-{number}")
        assert answer.status_code == 200, answer.text
    export(balancer, key)
    logs = balancer.get("/v1/teams/1/logs?connector=failover", key).json()["logs"]
    assert len(logs) == len({log["request_id"] for log in logs}) == len(numbers)
    servers[0].start(servers[0].port)
    eventually(lambda: f"127.0.0.1:{servers[0].port} 200" in [balancer.get("/v1/teams/1/logs?limit=1", key),
                                                              balancer.access_log()][1].splitlines()[-1], 20)


def test_without_a_server_the_answer_has_the_form_of_the_api(balancer, servers, key):
    for server in servers:
        server.kill()
    eventually(lambda: balancer.get("/v1/teams/1/logs", key).status_code == 503)
    answer = balancer.get("/v1/teams/1/logs", key)
    assert answer.headers["Retry-After"] and answer.headers["Content-Type"] == "application/json"
    assert answer.json()["error"]["code"] == "SERVICE_UNAVAILABLE"
    assert answer.json()["meta"]["request_id"] == answer.headers["X-Request-Id"]
    with pytest.raises(grpc.RpcError) as refused:
        export(balancer, key)
    assert refused.value.code() == grpc.StatusCode.UNAVAILABLE
