"""An HTTP Archive of 200 MB, sent by the command on a terminal: how long it takes, and what command and server hold."""

import json
import os
import pty
import random
import re
import subprocess
import threading
import time

MEGABYTES = 200
ANSWERS = ("application/json", "text/html", "application/javascript")


def write_archive(path, megabytes, seed):
    """As a browser saves it with content: indented, most answers short, some of megabytes. Returns the number of entries."""
    source = random.Random(seed)
    words = ["".join(source.choices("abcdefghijklmnopqrstuvwxyz", k=source.randint(2, 9))) for _ in range(5000)]
    text = "".join(word + source.choice([" ", " ", '":"', "\n"]) for word in source.choices(words, k=800_000))
    count = 0
    with open(path, "w") as out:
        out.write('{\n  "log": {\n    "version": "1.2",\n    "creator": {"name": "WebInspector", "version": "537.36"},\n'
                  '    "pages": [],\n    "entries": [')
        while out.tell() < megabytes * 1_000_000:
            # Some kilobytes in the middle, one of 4 MB in some thousand.
            size = min(int(source.lognormvariate(8.6, 1.6)), 4_000_000)
            at = source.randrange(max(1, len(text) - size))
            body, kind = text[at:at + size], source.choice(ANSWERS)
            entry = {
                "_initiator": {"type": "script"}, "_priority": "High", "_resourceType": "fetch", "cache": {},
                "startedDateTime": f"2026-01-31T{count // 3600 % 24:02}:{count // 60 % 60:02}:{count % 60:02}.{count % 1000:03}Z",
                "time": round(source.lognormvariate(4, 1), 3),
                "request": {
                    "method": source.choice(["GET", "GET", "POST"]), "httpVersion": "http/2.0",
                    "url": f"https://api{source.randrange(20)}.example.com/v1/{source.choice(words)}/{count}?limit=100",
                    "headers": [{"name": name, "value": source.choice(words)} for name in
                                (":method", ":path", "accept", "accept-language", "referer", "user-agent", "x-request-id")],
                    "queryString": [{"name": "limit", "value": "100"}], "cookies": [], "headersSize": -1, "bodySize": 0},
                "response": {
                    "status": source.choice([200, 200, 200, 304, 404, 500]), "statusText": "", "httpVersion": "http/2.0",
                    "headers": [{"name": "content-type", "value": kind}, {"name": "date", "value": source.choice(words)}],
                    "cookies": [], "redirectURL": "", "headersSize": -1, "bodySize": -1, "_transferSize": size,
                    "content": {"size": len(body), "mimeType": kind, "text": body}},
                "timings": {"blocked": 1, "dns": -1, "connect": -1, "ssl": -1, "send": 0.1, "wait": 30, "receive": 2}}
            out.write((",\n" if count else "\n") + json.dumps(entry, indent=2))
            count += 1
        out.write("\n    ]\n  }\n}\n")
    return count


class Terminal:
    """What the command draws on a terminal of 100 columns."""

    def __init__(self):
        self.mine, self.its = pty.openpty()
        self.drawn = b""
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        while True:
            try:
                piece = os.read(self.mine, 65_536)
            except OSError:  # closed on the other side
                return
            if not piece:
                return
            self.drawn += piece

    def end(self):
        os.close(self.its)
        self.reader.join(10)
        os.close(self.mine)
        return self.drawn.decode(errors="replace")


def measure_archive(server, folder, binary, seed, megabytes=MEGABYTES):
    path = folder / "browser.har"
    entries = write_archive(path, megabytes, seed)
    before, cpu = server.memory_mb("VmHWM"), server.cpu_seconds()
    terminal = Terminal()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CONNECTORLOG_")}
    environment |= {"CONNECTORLOG_URL": f"http://127.0.0.1:{server.port}", "CONNECTORLOG_API_KEY": server.key,
                    "XDG_STATE_HOME": str(folder / "state"), "TERM": "xterm"}
    started = time.perf_counter()
    process = subprocess.Popen([binary, "ingest", path, "--team", "1"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=terminal.its, env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    took = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    drawn = terminal.end()
    if process.returncode or f"{entries} entries stored, 0 rejected" not in drawn:
        raise SystemExit(f"the archive was not taken whole: {drawn[-500:]}")
    bars = re.findall(r"\[[#-]+\] \d+ %", drawn)
    if len(set(bars)) < 3:
        raise SystemExit("no progress was drawn")
    size = path.stat().st_size
    path.unlink()
    return {"megabytes": round(size / 1e6, 1), "entries": entries, "seconds": round(took, 2),
            "megabytes_per_s": round(size / 1e6 / took, 1), "drawings": len(bars),
            "command_peak_mb": round(usage.ru_maxrss / 1024, 1),
            "command_cpu_s": round(usage.ru_utime + usage.ru_stime, 2),
            "server_before_mb": before, "server_peak_mb": server.memory_mb("VmHWM"),
            "server_cpu_s": round(server.cpu_seconds() - cpu, 2)}
