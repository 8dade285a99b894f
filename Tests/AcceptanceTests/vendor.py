"""A vendor's API on loopback, for programs whose calls are recorded."""

import contextlib
import http.server
import json
import threading

PICTURE = bytes(range(256))
LONG = b"0123456789abcdef" * (1 << 15)  # 512 KiB


class Vendor(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        path = self.path.split("?")[0]
        if path == "/moved":
            return self.answer(302, b"", {"Location": "/orders"})
        if path == "/broken":
            self.answer(200, b"beginning", {"Content-Length": "1000"})
            self.close_connection = True
            return None
        bodies = {"/healthz": b'{"status":"ok"}', "/orders": '{"name":"grüß dich"}'.encode(), "/picture": PICTURE, "/long": LONG}
        if path not in bodies:
            return self.answer(404, b'{"error":"there is no such order"}')
        return self.answer(200, bodies[path], {"Set-Cookie": "session=made-up-cookie"})

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.answer(422, b'{"error":"amount must be positive"}')

    def answer(self, status, body, headers=None):
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body)), "Content-Type": "application/json"} | (headers or {})).items():
            self.send_header(name, value)
        self.end_headers()
        with contextlib.suppress(OSError):  # the client left
            self.wfile.write(body)


class Eavesdropper(http.server.BaseHTTPRequestHandler):
    """In the log server's place: keeps what it is sent, and takes it."""

    protocol_version = "HTTP/1.1"
    do_GET = Vendor.do_GET
    answer = Vendor.answer
    log_message = Vendor.log_message

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path != "/v1/ingest":
            return self.answer(422, b"{}")
        self.server.heard.append((dict(self.headers), body))
        return self.answer(200, json.dumps({"accepted": body.count(b"\n"), "rejected": []}).encode())


class Scripted(Eavesdropper):
    """As an eavesdropper, but the first requests get the answers of `server.answers`: status, body and headers, or None for
    a connection that ends without an answer."""

    def do_POST(self):
        if not self.server.answers:
            return super().do_POST()
        self.server.heard.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
        answer = self.server.answers.pop(0)
        if answer is None:
            self.close_connection = True
            return None
        return self.answer(*answer)


@contextlib.contextmanager
def serving(handler):
    """A server with such a handler; gives the server, with its `url`."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        server.url, server.heard, server.answers = f"http://127.0.0.1:{server.server_address[1]}", [], []
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
