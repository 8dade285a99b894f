"""The query client asks for every path once; with a second server beside it, whose turn is first changes."""

import http.server
import json
import subprocess
import threading

import pytest
from programs import program


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, name, log):
        super().__init__(("127.0.0.1", 0), Handler)
        self.name, self.log = name, log
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.log.append((self.server.name, self.path, self.headers["Authorization"]))
        self.send_response(404 if self.path == "/gone" else 200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"12345")

    def log_message(self, *_):
        pass


@pytest.fixture
def log():
    return []


@pytest.fixture
def paths(tmp_path):
    def write(name, *paths):
        (tmp_path / name).write_text("".join(path + "\n" for path in paths))
        return tmp_path / name

    return write


def ask(*arguments):
    return subprocess.run([program("ask"), *map(str, arguments)], capture_output=True, text=True)


def test_asks_for_each_path(log, paths):
    server = Server("a", log)
    ended = ask("--port", server.server_port, "--key", "k", "--paths", paths("a", "/1", "/2", "/3"), "--warm-up", 1)
    answer = json.loads(ended.stdout)
    assert log == [("a", path, "Bearer k") for path in ("/1", "/2", "/3")]
    assert len(answer["us"]) == 2 and answer["bytes"] == 10 and "beside_us" not in answer


def test_two_servers_are_asked_in_turns(log, paths):
    a, b = Server("a", log), Server("b", log)
    ended = ask("--port", a.server_port, "--key", "k", "--paths", paths("a", "/1", "/2"),
                "--beside-port", b.server_port, "--beside-paths", paths("b", "/x", "/y"))
    answer = json.loads(ended.stdout)
    assert log == [("a", "/1", "Bearer k"), ("b", "/x", None), ("b", "/y", None), ("a", "/2", "Bearer k")]
    assert len(answer["us"]) == len(answer["beside_us"]) == 2 and answer["beside_bytes"] == 10


def test_an_answer_that_is_none_ends_it(log, paths):
    server = Server("a", log)
    ended = ask("--port", server.server_port, "--paths", paths("a", "/gone"))
    assert ended.returncode != 0 and "404 for /gone" in ended.stderr
