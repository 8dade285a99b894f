"""The calls client gives each call an id of its own, keeps its rate, and counts what was not answered with 200."""

import http.server
import json
import subprocess
import threading
import time

import pytest
from programs import program


class Vendor(http.server.ThreadingHTTPServer):
    """Answers as told by the number of the request, and keeps the ids."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, status=lambda number: 200, delay=lambda number: 0):
        super().__init__(("127.0.0.1", 0), Handler)
        self.status, self.delay, self.ids, self.paths, self.lock = status, delay, [], set(), threading.Lock()
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        with self.server.lock:
            number = len(self.server.ids)
            self.server.ids.append(self.headers["X-Request-Id"])
            self.server.paths.add((self.path, self.headers["X-Own"]))
        time.sleep(self.server.delay(number))
        status = self.server.status(number)
        if status is None:
            self.close_connection = True
            return
        self.send_response(status)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass


@pytest.fixture
def vendor():
    made = []

    def make(**how):
        made.append(Vendor(**how))
        return made[-1]

    yield make
    for server in made:
        server.shutdown()
        server.server_close()


def call(server, *options, connections=4):
    ended = subprocess.run(
        [program("calls"), "--port", str(server.server_port), "--path", "/orders?a=1", "--header", "X-Own: kept", "--ids", "test",
         "--connections", str(connections), *map(str, options)], stdout=subprocess.PIPE, text=True, timeout=120, check=True)
    return json.loads(ended.stdout)


def ids(first, count):
    return [f"test-{number:09}" for number in range(first, first + count)]


def test_each_call_has_an_id_of_its_own(vendor):
    server = vendor()
    result = call(server, "--count", 200, "--first", 5)
    assert sorted(server.ids) == ids(5, 200) and server.paths == {("/orders?a=1", "kept")}
    assert (result["calls"], result["answered"], result["errors"]) == (200, 200, 0)


def test_calls_come_at_a_steady_rate(vendor):
    server = vendor()
    result = call(server, "--rate", 100, "--count", 101)
    assert result["wall_s"] >= 1 and sorted(server.ids) == ids(0, 101)


def test_a_slow_answer_shows_in_the_calls_behind_it(vendor):
    server = vendor(delay=lambda number: 0.5 if number == 0 else 0)
    result = call(server, "--rate", 100, "--seconds", 0.4, connections=1)
    # All were due while the first was under way, and none but that is begun in time.
    assert result["calls"] == 1 and result["call_ms"]["max"] >= 500
    result = call(vendor(delay=lambda number: 0.5 if number == 0 else 0), "--rate", 100, "--count", 40, connections=1)
    assert result["calls"] == 40 and result["call_ms"]["median"] >= 200


def test_what_is_not_answered_with_200_is_an_error(vendor):
    server = vendor(status=lambda number: 503 if number % 10 == 0 else 200)
    result = call(server, "--count", 50)
    assert (result["calls"], result["answered"], result["errors"]) == (50, 50, 5)


def test_a_connection_that_is_closed_is_opened_again(vendor):
    server = vendor(status=lambda number: None if number == 3 else 200)
    result = call(server, "--count", 20)
    assert (result["calls"], result["answered"], result["errors"], result["closed"]) == (20, 19, 1, 1)
    assert sorted(server.ids) == ids(0, 20)
