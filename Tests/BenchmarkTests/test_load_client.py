"""The load client sends every line once, takes back-pressure, and counts what was acknowledged and nothing else."""

import collections
import http.server
import json
import subprocess
import threading

import pytest
from programs import program


class Recorder(http.server.ThreadingHTTPServer):
    """Answers POST as told, and keeps the lines of what it acknowledged."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, answer, hangs_up):
        super().__init__(("127.0.0.1", 0), Handler)
        self.hangs_up = hangs_up
        self.answer, self.lines, self.requests, self.lock = answer, collections.Counter(), [], threading.Lock()
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        if self.server.hangs_up(len(self.server.requests)):
            with self.server.lock:
                self.server.requests.append(None)
            self.close_connection = True
            return
        lines = self.rfile.read(int(self.headers["Content-Length"])).splitlines(keepends=True)
        with self.server.lock:
            self.server.requests.append((self.path, self.headers["Authorization"], len(lines)))
            status, accepted, chunked = self.server.answer(len(self.server.requests), len(lines))
            if status == 200:
                self.server.lines.update(lines)
        body = json.dumps({"accepted": accepted}, separators=(",", ":")).encode()
        self.send_response(status)
        if status == 429:
            self.send_header("Retry-After", "0")
        if chunked:
            self.send_header("Transfer-Encoding", "chunked")
            body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
        else:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        for half in (body[:5], body[5:]):
            self.wfile.write(half)
            self.wfile.flush()

    def log_message(self, *_):
        pass


@pytest.fixture
def send(workload_file):
    made = []

    def run(answer, *arguments, hangs_up=lambda request: False):
        recorder = Recorder(answer, hangs_up)
        made.append(recorder)
        ended = subprocess.run([program("load"), "--port", str(recorder.server_port), "--key", "clk_test", "--file",
                                workload_file, *map(str, arguments)], capture_output=True, text=True, timeout=60)
        return recorder, ended

    yield run
    for recorder in made:
        recorder.shutdown()
        recorder.server_close()


@pytest.mark.parametrize("batch, connections", [(1, 64), (7, 4), (1000, 4)])
def test_sends_every_line_once(send, lines, batch, connections):
    recorder, ended = send(lambda request, count: (200, count, request % 2), "--batch", batch,
                           "--connections", connections)
    result = json.loads(ended.stdout)
    assert recorder.lines == collections.Counter(lines)
    assert (result["accepted"], result["errors"], result["requests"]) == (len(lines), 0, -(-len(lines) // batch))
    assert {request[:2] for request in recorder.requests} == {("/v1/ingest", "Bearer clk_test")}


def test_sends_a_refused_request_again(send, lines):
    recorder, ended = send(lambda request, count: (429 if request % 3 == 0 else 200, count, False), "--batch", 10)
    result = json.loads(ended.stdout)
    assert recorder.lines == collections.Counter(lines)
    assert result["refused"] == len(recorder.requests) - 50 > 0
    assert (result["accepted"], result["errors"]) == (len(lines), 0)


def test_counts_lines_that_were_not_taken_as_errors(send, lines):
    _, ended = send(lambda request, count: (200, count - 1, False), "--batch", 10)
    result = json.loads(ended.stdout)
    assert (result["accepted"], result["errors"]) == (450, 50)


def test_counts_a_failed_request_as_errors(send):
    recorder, ended = send(lambda request, count: (500, count, False), "--batch", 10)
    result = json.loads(ended.stdout)
    assert (result["accepted"], result["errors"]) == (0, 500)
    assert not recorder.lines
    assert "500" in ended.stderr


def test_never_repeats_a_whole_request_that_was_not_answered(send, lines):
    recorder, ended = send(lambda request, count: (200, count, False), "--batch", 10, "--connections", 1,
                           hangs_up=lambda request: request == 3)
    result = json.loads(ended.stdout)
    assert recorder.lines == collections.Counter(lines[:30] + lines[40:])
    assert (result["accepted"], result["errors"], result["closed"]) == (490, 10, 1)


def test_sends_a_request_again_that_the_server_would_not_read(send, workload_file, lines):
    workload_file = workload_file.with_name("large.ndjson")
    workload_file.write_bytes(b"".join(lines) * 40)  # 30 MB in one request: more than sockets hold
    recorder, ended = send(lambda request, count: (200, count, False), "--file", workload_file, "--batch", 1_000_000,
                           "--connections", 1, hangs_up=lambda request: request == 0)
    result = json.loads(ended.stdout)
    assert sum(recorder.lines.values()) == result["accepted"] == 40 * len(lines)
    assert (result["errors"], result["closed"]) == (0, 1)
