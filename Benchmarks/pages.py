"""How long the server takes for each page, and how much goes over the wire, with all entries in one team."""

import http.client
import json
import re
import time
import urllib.parse
from http.cookies import SimpleCookie

from questions import statistics

ROUNDS = 15


class Reader:
    """A browser's part of it: a session, and compressed answers on one connection."""

    def __init__(self, server):
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=600)
        self.cookies = {}
        token = re.search(rb'name="csrf_token" value="([^"]+)"', self.get("/sign-in", encoding="identity")[1]).group(1)
        form = urllib.parse.urlencode({"csrf_token": token.decode(), "key": server.key})
        status, _ = self.ask("POST", "/sign-in", form, {"Content-Type": "application/x-www-form-urlencoded"})
        if status != 303:
            raise SystemExit(f"sign-in: {status}")

    def ask(self, method, path, body=None, headers=None):
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        self.connection.request(method, path, body, {"Cookie": cookies, "Accept": "text/html"} | (headers or {}))
        response = self.connection.getresponse()
        for field in response.headers.get_all("Set-Cookie") or []:
            self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(field).items()}
        return response.status, response.read()

    def get(self, path, encoding="gzip"):
        status, body = self.ask("GET", path, headers={"Accept-Encoding": encoding})
        if status != 200:
            raise SystemExit(f"{path}: {status}")
        return status, body


def of_one_team(path, target):
    """The same entries, all of team 1."""
    with open(path, "rb") as lines, open(target, "wb") as out:
        out.writelines(re.sub(rb'"team_id": ?\d+', b'"team_id":1', line, count=1) for line in lines)
    return target


def addresses(server, first_day):
    """Pages of the team, over the days of the workload and over a year."""
    entry = server.get("/v1/teams/1/logs?limit=1&outcome=failed&order=newest")["logs"][0]
    connector = entry["connector_identifier"]
    flow, state = (urllib.parse.quote(entry[name], safe="") for name in ("flow_id", "state_id"))
    days = f"range=custom&from={first_day}&to={first_day}"
    return {
        "dashboard": f"/teams/1?{days}",
        "dashboard of a year": "/teams/1?range=1y",
        "dashboard, a search": f"/teams/1?{days}&search=import",
        "insights": f"/teams/1/flows/{flow}?range=all",
        "connector log": f"/teams/1/states/{state}/log",
        "entry": f"/teams/1/logs/{entry['id']}",
        "failures": f"/teams/1/logs/{entry['id']}/failures",
        "connectors": f"/teams/1/connectors?{days}",
        "connector": f"/teams/1/connectors/{connector}?{days}",
        "search, latest": f"/teams/1/search?{days}",
        "search, failed": f"/teams/1/search?{days}&outcome=failed",
        "search, a word": f"/teams/1/search?{days}&q=refused",
        "search, a rare text in bodies": f"/teams/1/search?{days}&q=kquorvath",
        "search, within words": f"/teams/1/search?{days}&q=uorvat&within=1",
        "settings": "/teams/1/settings",
        "keys": "/teams/1/settings/keys",
        "audit": "/teams/1/settings/audit",
        "redaction": "/teams/1/redaction",
    }


def measure_pages(server, first_day):
    reader = Reader(server)
    page = reader.get("/", encoding="identity")[1].decode()
    assets = sum(len(reader.get(path)[1]) for path in set(re.findall(r'"(/assets/[^"]+)"', page)))
    result = {}
    for name, path in addresses(server, first_day).items():
        took = []
        for _ in range(ROUNDS + 1):
            started = time.perf_counter()
            body = reader.get(path)[1]
            took.append(round((time.perf_counter() - started) * 1e6))
        result[name] = statistics(took[1:]) | {"first_ms": took[0] / 1e3, "first_visit_bytes": len(body) + assets}
    return {"pages": result, "asset_bytes": assets}
