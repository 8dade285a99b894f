"""What calls go through: a vendor on loopback, nginx as a plain reverse proxy before it, and a connector of Connector Log."""

import contextlib
import dataclasses
import json
import shutil
import socket
import subprocess
import time
from collections.abc import Callable

from processes import cpu_seconds_of_family
from programs import Missing, program

PATH = "/v1/orders/1042"
FOR_CALLS = ("--invoker-allow-private-targets",)
# As a connector would send: what the vendor gets, and what the log takes to itself.
FIELDS = ("Accept: application/json", "Authorization: Bearer made-up-vendor-token-12345", "X-Event-Type: data.load")

# Connections are kept however many requests they carry: a proxy that has to connect again is measured at something else.
CONFIGURATION = """
worker_processes auto;
daemon off;
pid {folder}/pid;
error_log stderr crit;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    default_type application/json;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    scgi_temp_path {folder}/scgi;
    uwsgi_temp_path {folder}/uwsgi;
    {servers}
}}
"""
VENDOR = "server {{ listen 127.0.0.1:{port}; location / {{ return 200 '{body}'; }} }}"
PROXY = """
    upstream vendor {{ server 127.0.0.1:{vendor}; keepalive 64; keepalive_requests 1000000000; }}
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://vendor;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
        }}
    }}
"""


def order(size=1024):
    """An answer of exactly so many bytes of JSON."""
    def text(note):
        lines = [{"sku": f"SKU-{number * 37:05}", "quantity": number % 7 + 1, "price": round(3.5 * number + 1.25, 2)}
                 for number in range(size // 64)]
        return json.dumps({"id": "ord_1042", "status": "open", "currency": "EUR", "lines": lines, "note": note})

    return text("x" * (size - len(text(""))))


class Nginx:
    """A process of it with a configuration and a folder of its own."""

    binary = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")  # where not everybody's PATH goes

    def __init__(self, folder, ports, servers, **values):
        if not self.binary:
            raise Missing("there is no nginx: apt-get install nginx-light")
        self.port = ports.take()
        folder.mkdir(parents=True)
        configuration = folder / "nginx.conf"
        configuration.write_text(CONFIGURATION.format(folder=folder, servers=servers.format(port=self.port, **values)))
        self.process = subprocess.Popen([self.binary, "-p", folder, "-c", configuration, "-e", "stderr"],
                                        stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while not self.is_listening():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit("nginx does not start")
            time.sleep(0.01)

    @classmethod
    def vendor(cls, folder, ports):
        """Answers each request with 1 KB of JSON from memory."""
        return cls(folder / "vendor", ports, VENDOR, body=order())

    @classmethod
    def proxy(cls, folder, ports, vendor):
        return cls(folder / "proxy", ports, PROXY, vendor=vendor.port)

    @classmethod
    def version(cls):
        text = subprocess.run([cls.binary, "-v"], stderr=subprocess.PIPE, text=True, check=True).stderr
        return text.strip().rsplit("/", 1)[-1]

    def is_listening(self):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
            return True
        return False

    def cpu_seconds(self):
        return cpu_seconds_of_family(self.process.pid)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)


@dataclasses.dataclass
class Target:
    """Where calls are sent."""
    port: int
    path: str
    fields: tuple
    cpu_seconds: Callable

    @classmethod
    def of(cls, nginx):
        return cls(nginx.port, PATH, FIELDS, nginx.cpu_seconds)


def connector(server, vendor):
    """A connector whose calls the invoker passes to the vendor."""
    json_type = {"Content-Type": "application/json"}
    connectors = "/v1/teams/1/connector_builder/connectors"
    made = json.loads(server.call("POST", connectors, b"title=Orders", {"Content-Type": "application/x-www-form-urlencoded"}))
    name = made["connector_identifier"]
    configuration = {"configuration_json": {"base_url": f"http://127.0.0.1:{vendor.port}"}}
    server.call("PUT", f"{connectors}/{name}", json.dumps({"configuration": configuration}).encode(), json_type)
    key = json.loads(server.call("POST", "/v1/teams/1/keys", b'{"name": "orders", "role": "recorder"}', json_type))["key"]
    return Target(server.port, f"/invoke/{name}{PATH}", FIELDS + (f"X-Connector-Log-Key: {key}",), server.cpu_seconds)


def calls(target, *options, ids="call", connections=32):
    """The command of the client that makes calls (clients/calls.c)."""
    fields = [word for field in target.fields for word in ("--header", field)]
    return [program("calls"), "--port", str(target.port), "--path", target.path, "--ids", ids, "--connections",
            str(connections), *fields, *map(str, options)]


def call(target, *options, **more):
    ended = subprocess.run(calls(target, *options, **more), stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(ended.stdout)


def recorded(server, at_least, patience=60):
    """How many calls the log has of the last day, once there are so many: they are stored behind their callers' backs."""
    server.is_ready()  # makes a new connection: the old one may have been silent for too long
    deadline = time.monotonic() + patience
    while True:
        buckets = server.get("/v1/teams/1/stats/outcomes?interval=hour")["buckets"]
        count = sum(bucket["ok"] + bucket["failed"] for bucket in buckets)
        if count >= at_least or time.monotonic() > deadline:
            return count
        time.sleep(0.1)
