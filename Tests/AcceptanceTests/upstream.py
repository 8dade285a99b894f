"""A vendor's server on loopback that does what servers should not: each path is one way to behave."""

import contextlib
import json
import socket
import struct
import threading
import time

MEGABYTE = bytes(range(256)) * 4096


class Upstream:
    """Speaks HTTP/1.1 over plain sockets, so that nothing stands between a test and the wire."""

    def __init__(self, wrap=lambda connection: connection):
        self.wrap = wrap
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        # Heads and bodies of requests in the order in which they ended, and connections that were made and lost.
        self.requests, self.connections, self.lost = [], 0, 0
        self.lock, self.failed = threading.Lock(), {}
        self.secret = "made-up-cookie"
        threading.Thread(target=self.accept, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def close(self):
        self.listener.close()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                self.connections += 1
                threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        try:
            connection = self.wrap(connection)
            with connection, connection.makefile("rb") as stream:
                while head := self.read_head(stream):
                    if not self.answer(connection, stream, head):
                        return
        except OSError:
            self.lost += 1

    @staticmethod
    def read_head(stream):
        line = stream.readline().decode("latin-1").split()
        if len(line) < 3:
            return None
        fields = []
        while (field := stream.readline().rstrip(b"\r\n").decode("latin-1")):
            name, _, value = field.partition(":")
            fields.append((name, value.strip()))
        return {"method": line[0], "target": line[1], "fields": fields,
                "names": {name.lower(): value for name, value in fields}}

    @staticmethod
    def pieces(stream, head):
        """The body as it comes; trailers are noted in the head."""
        if "chunked" in head["names"].get("transfer-encoding", ""):
            while size := int(stream.readline().split(b";")[0], 16):
                yield stream.read(size)
                stream.readline()
            head["trailers"] = []
            while field := stream.readline().rstrip(b"\r\n").decode("latin-1"):
                head["trailers"].append(field)
            return
        left = int(head["names"].get("content-length", 0))
        while left:
            piece = stream.read(min(left, 65_536))
            if not piece:
                raise OSError("the body broke off")
            left -= len(piece)
            yield piece

    def answer(self, connection, stream, head):
        """Whether the connection goes on."""
        path = head["target"].split("?")[0]
        do = getattr(self, "do_" + path.strip("/").split("/")[0].replace("-", "_"), self.do_ok)
        if path.startswith("/early"):
            return self.do_early(connection, stream, head)
        if path.startswith("/deaf"):
            return self.do_deaf(connection)
        if path.startswith("/count"):
            size = sum(len(piece) for piece in self.pieces(stream, head))
            self.requests.append(head | {"size": size})
            return self.send(connection, 200, json.dumps({"size": size}).encode())
        body = b"".join(self.pieces(stream, head))
        self.requests.append(head | {"body": body})
        return do(connection, head, body)

    @staticmethod
    def send(connection, status, body, fields="", reason="Made Up"):
        connection.sendall(f"HTTP/1.1 {status} {reason}\r\nContent-Length: {len(body)}\r\n{fields}\r\n".encode() + body)
        return True

    def do_ok(self, connection, head, body):
        return self.send(connection, 200, b"" if head["method"] == "HEAD" else b'{"ok":true}',
                         "Content-Type: application/json\r\nX-Vendor: a\r\nX-Vendor: b\r\nSet-Cookie: session=made-up-cookie\r\n")

    def do_echo(self, connection, head, body):
        seen = {"method": head["method"], "target": head["target"], "fields": head["fields"],
                "body": body.decode("latin-1"), "trailers": head.get("trailers", [])}
        return self.send(connection, 200, json.dumps(seen).encode(), "Content-Type: application/json\r\n")

    def do_cookie(self, connection, head, body):
        return self.send(connection, 200, json.dumps({"access_token": self.secret}).encode(),
                         f"Content-Type: application/json\r\nSet-Cookie: session={self.secret}; HttpOnly\r\n")

    def do_status(self, connection, head, body):
        status = int(head["target"].split("/")[2])
        if status in (204, 304):
            connection.sendall(f"HTTP/1.1 {status} Made Up\r\nETag: \"x\"\r\n\r\n".encode())
            return True
        return self.send(connection, status, b'{"error":"as asked"}', "Location: http://127.0.0.1:1/elsewhere\r\nRetry-After: 7\r\n")

    def do_hop(self, connection, head, body):
        return self.send(connection, 200, b"{}", "Connection: keep-alive, X-Hop\r\nKeep-Alive: timeout=5\r\nX-Hop: 1\r\nX-End: 2\r\n")

    def do_close(self, connection, head, body):
        return False

    def do_reset(self, connection, head, body):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
        return False

    def do_garbage(self, connection, head, body):
        connection.sendall(b"\x00\x01 this is no HTTP\r\n\r\n")
        return False

    def do_no_status(self, connection, head, body):
        connection.sendall(f"HTTP/1.1 {head['target'].split('/')[2]} x\r\nContent-Length: 2\r\n\r\n{{}}".encode())
        return False

    def do_chunked(self, connection, head, body):
        end = b"" if head["method"] == "HEAD" else b"2\r\n{}\r\n0\r\n\r\n"
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + end)
        return True

    def do_hints(self, connection, head, body):
        connection.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 3)
        return self.send(connection, 200, b"{}")

    def do_short(self, connection, head, body):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegin")
        return False

    def do_cut_chunks(self, connection, head, body):
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegin\r\n")
        return False

    def do_slow_head(self, connection, head, body):
        time.sleep(30)
        return False

    def do_slow_body(self, connection, head, body):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegin")
        time.sleep(30)
        return False

    def do_until_close(self, connection, head, body):
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it")
        return False

    def do_trailers(self, connection, head, body):
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
                           b"5\r\nwhole\r\n0\r\nX-Sum: 5\r\nGrpc-Status: 0\r\n\r\n")
        return True

    def do_events(self, connection, head, body):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        for number in range(4):
            event = f"data: {number} {time.time()}\n\n".encode()
            connection.sendall(f"{len(event):x}\r\n".encode() + event + b"\r\n")
            time.sleep(0.3)
        connection.sendall(b"0\r\n\r\n")
        return True

    def do_endless(self, connection, head, body):
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            connection.sendall(b"10000\r\n" + MEGABYTE[:65_536] + b"\r\n")

    def do_large(self, connection, head, body):
        megabytes = int(head["target"].split("/")[2])
        connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {megabytes << 20}\r\n\r\n".encode())
        for _ in range(megabytes):
            connection.sendall(MEGABYTE)
        return True

    def do_flaky(self, connection, head, body):
        """`/flaky/{how}/{times}/{name}`: fails so often, then answers."""
        _, _, how, times, name = head["target"].split("/")
        with self.lock:
            self.failed[name] = count = self.failed.get(name, 0) + 1
        if count > int(times):
            return self.send(connection, 200, body or b"at last")
        if how == "close":
            return False
        if how in ("silent", "trickle"):
            connection.sendall(b"HTTP/1.1 503 Busy\r\nContent-Length: 100000\r\n\r\n")
            for _ in range(100):
                time.sleep(0.2)
                if how == "trickle":
                    connection.sendall(b"x")
            return False
        if how == "endless":
            connection.sendall(b"HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\n\r\n")
            while True:
                connection.sendall(b"10000\r\n" + MEGABYTE[:65_536] + b"\r\n")
        status, after = {"429": (429, 1), "late": (429, 3)}.get(how, (how, 0))
        return self.send(connection, status, b"not now", f"Retry-After: {after}\r\n" if after else "")

    @staticmethod
    def do_deaf(connection):
        """Begins its answer, and reads nothing."""
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n")
        time.sleep(8)
        return False

    def do_early(self, connection, stream, head):
        """Answers before the body has come."""
        self.requests.append(head)
        empty = head["target"].endswith("empty")
        self.send(connection, 413, b"" if empty else b'{"error":"too much"}')
        time.sleep(5)
        return False
