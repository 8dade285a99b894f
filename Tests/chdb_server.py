"""ClickHouse's HTTP interface, as far as this program uses it, on chdb: a ClickHouse of today within this process. There is no
package of such a server for the systems that tests run on.

    python3 Tests/chdb_server.py --port PORT --path DIRECTORY

It ends when its standard input does.
"""

import argparse
import gzip
import os
import re
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from chdb.state.sqlitelike import connect

# What is about the request and no setting.
PARAMETERS = {"query", "database", "wait_end_of_query"}
# Where chdb has other defaults than a server.
SETTINGS = {"implicit_select": "0", "allow_introspection_functions": "0"}
# Of errors, as ClickHouse's HTTPHandler has it; any other is 500.
STATUSES = {
    **dict.fromkeys([36, 43, 47, 62, 115], 400), 60: 404, 81: 404, 159: 408, 202: 503, 516: 403,
}
INSERT = re.compile(r"\s*(INSERT\s+INTO\s.*?)\s+FORMAT\s+(\w+)\s*", re.IGNORECASE | re.DOTALL)


class Refusal(Exception):
    pass


def literal(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def answer(path, parameters, body):
    """Of a connection of its own, so that no request's settings are another's."""
    connection = connect(path)
    try:
        settings = SETTINGS | {name: value for name, value in parameters.items() if name not in PARAMETERS}
        connection.query("SET " + ", ".join(f"{name} = {literal(value)}" for name, value in settings.items()))
        if "database" in parameters:
            connection.query(f"USE `{parameters['database']}`")
        insert = INSERT.fullmatch(parameters.get("query", ""))
        if insert is None:
            return connection.query(parameters.get("query", "") + body.decode(), "TabSeparated").bytes()
        with connection.send_insert(*insert.groups()) as rows:
            rows.append(body)
            rows.finish()
        return b""
    finally:
        connection.close()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body in one packet

    def do_GET(self):
        if self.path == "/ping":
            self.reply(200, b"Ok.\n")
        else:
            self.reply(404, b"There is no such page.\n")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers["Content-Encoding"] == "gzip":
            body = gzip.decompress(body)
        try:
            if (self.headers["X-ClickHouse-User"], self.headers["X-ClickHouse-Key"] or "") != ("default", ""):
                raise Refusal("Code: 516. DB::Exception: Authentication failed. (AUTHENTICATION_FAILED)")
            parameters = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
            self.reply(200, answer(self.server.data_path, parameters, body))
        except Exception as error:
            # chdb has no type for them, but its texts are those of a server.
            code = re.search(r"Code: (\d+)", str(error))
            code = int(code[1]) if code else 0
            self.reply(STATUSES.get(code, 500), f"{error}\n".encode(), {"X-ClickHouse-Exception-Code": str(code)})

    def reply(self, status, body, headers={}):
        self.send_response_only(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def end_with_input():
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os._exit(0)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--port", type=int, required=True)
    options.add_argument("--path", required=True)
    options = options.parse_args()
    # Ends when its last connection does, so one is kept.
    engine = connect(options.path)
    engine.query("SELECT 1")
    server = Server(("127.0.0.1", options.port), Handler)
    server.data_path = options.path
    threading.Thread(target=end_with_input, daemon=True).start()
    server.serve_forever()


if __name__ == "__main__":
    sys.exit(main())
