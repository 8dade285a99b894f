"""The invoker over HTTP/2: towards a vendor (nginx stands before it), and from callers (curl)."""

import concurrent.futures
import contextlib
import json
import subprocess
import time

import pytest

from server import BINARY, Server, clean_environment, free_port
from test_access_logs import NGINX, proxy
from test_invoker import PRIVATE, Gateway
from tls import make_certificate
from upstream import MEGABYTE, Upstream

pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed")


@contextlib.contextmanager
def nginx(folder, upstream, certificate, key):
    """Speaks HTTP/2 over TLS for the vendor; yields its base URL."""
    port = free_port()
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (folder / "nginx.conf").write_text(f"""
        daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log;
        events {{ worker_connections 256; }}
        http {{
            access_log off; {temporary} client_max_body_size 0;
            server {{
                listen 127.0.0.1:{port} ssl http2; server_name localhost;
                ssl_certificate {certificate}; ssl_certificate_key {key};
                location /protocol {{ return 200 "$server_protocol $connection"; }}
                location / {{ proxy_pass {upstream.url}; proxy_http_version 1.1; proxy_buffering off; proxy_request_buffering off; }}
            }}
        }}""")
    with proxy([NGINX, "-p", folder, "-e", folder / "error.log", "-c", folder / "nginx.conf"], port, folder / "nginx.out"):
        yield f"https://localhost:{port}"


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    folder = tmp_path_factory.mktemp("http2")
    certificate, key = make_certificate(folder)
    upstream = Upstream()
    server = Server(folder / "data", (*PRIVATE, "--invoker-trusted-certificates", str(certificate))).start()
    with nginx(folder, upstream, certificate, key) as base:
        gateway = Gateway(server, upstream)
        gateway.configure(base=base)
        yield gateway
        server.kill()
    upstream.close()


def test_calls_share_a_connection_of_http2(gateway):
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: gateway.call("GET", "/protocol", headers={"X-Request-Id": f"two-{n:03}"}).text, range(40)))
    assert {answer.split()[0] for answer in answers} == {"HTTP/2.0"}
    # One for each of the server's threads, and what was opened meanwhile.
    assert len(set(answers)) < 20
    assert gateway.entry("two-007")["attributes"]["http_version"] == "2"


def test_bodies_and_headers_pass(gateway):
    seen = gateway.call("PATCH", "/echo?q=1", data=b"what was sent", headers={"X-Own": "kept"}).json()
    assert (seen["method"], seen["target"], seen["body"]) == ("PATCH", "/echo?q=1", "what was sent")
    assert "kept" in [value for name, value in seen["fields"] if name.lower() == "x-own"]


def test_large_bodies_pass(gateway):
    answer = gateway.call("POST", "/count", data=(MEGABYTE for _ in range(16)), headers={"Content-Type": "application/octet-stream"})
    assert answer.json() == {"size": 16 << 20}
    answer = gateway.call("GET", "/large/16", stream=True)
    assert sum(len(piece) for piece in answer.iter_content(1 << 16)) == 16 << 20


def test_a_stream_that_is_reset_breaks_the_answer_off(gateway):
    with pytest.raises(Exception) as broken:
        _ = gateway.call("GET", "/short", headers={"X-Request-Id": "reset-stream"}).content
    assert "broken" in str(broken.value).lower() or "incomplete" in str(broken.value).lower()
    entry = gateway.entry("reset-stream")
    assert (entry["status"], entry["error_name"]) == (200, "AnswerBrokeOff")


def test_callers_may_speak_http2(make_server, tmp_path):
    upstream = Upstream()
    server = make_server(arguments=PRIVATE)
    gateway = Gateway(server, upstream)
    server.stop()
    certificate, key = make_certificate(tmp_path)
    port = free_port()
    with open(tmp_path / "tls.log", "wb") as log:
        process = subprocess.Popen(
            [BINARY, "serve", "--data", server.data, "--port", str(port), *PRIVATE, "--tls-certificate", certificate, "--tls-private-key", key],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=clean_environment({}))

    def curl(path, *more):
        ended = subprocess.run(
            ["curl", "-sS", "--http2", "--cacert", certificate, "-H", f"X-Connector-Log-Key: {gateway.key}", "-w", "\n%{http_code} %{http_version}",
             *more, f"https://localhost:{port}/invoke/crm{path}"], capture_output=True, text=True, timeout=60)
        body, _, facts = ended.stdout.rpartition("\n")
        return ended.returncode, facts, body

    try:
        deadline = time.monotonic() + 30
        while curl("/ok")[0] == 7:
            assert time.monotonic() < deadline and process.poll() is None
            time.sleep(0.1)
        assert curl("/ok", "-H", "X-Request-Id: over-http2") == (0, "200 2", '{"ok":true}')
        (_, facts, seen) = curl("/echo", "-d", "what was sent", "-H", "Cookie: a=1", "-H", "Cookie: b=2")
        seen = json.loads(seen)
        assert facts == "200 2" and seen["body"] == "what was sent"
        assert dict(seen["fields"])["Cookie"] == "a=1; b=2"
        assert curl("/status/404")[1] == "404 2"
        assert curl("/close")[1] == "502 2"
        assert curl("/trailers")[2] == "whole"
        # A stream is reset: the others of its connection go on.
        assert curl("/cut-chunks")[0] == 92
        assert curl("/large/8", "-o", tmp_path / "large")[0] == 0 and (tmp_path / "large").stat().st_size == 8 << 20
        # Several at once on one connection.
        urls = [argument for number in range(20) for argument in ("-o", str(tmp_path / f"out-{number}"), f"https://localhost:{port}/invoke/crm/ok?{number}")]
        ended = subprocess.run(["curl", "-sS", "-Z", "--http2", "--cacert", certificate, "-H", f"X-Connector-Log-Key: {gateway.key}", *urls], timeout=60)
        assert ended.returncode == 0
        assert {(tmp_path / f"out-{number}").read_text() for number in range(20)} == {'{"ok":true}'}
    finally:
        process.terminate()
        assert process.wait(30) == 0
    server.start()
    assert gateway.entry("over-http2")["status"] == 200
    assert len([row for row in gateway.calls(28) if "/ok?" in row["uri"]]) == 20
    upstream.close()
