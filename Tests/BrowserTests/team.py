"""A team of a test's own, and what is done to it by HTTP."""

import json
import urllib.request


class Team:
    def __init__(self, base_url, owner_key, name):
        self.base_url, self.owner_key = base_url, owner_key
        self.id = self.call("POST", "/v1/teams", {"name": name})["id"]
        self.recorder = self.key("recorder")

    def call(self, method, path, body=None, key=None, kind="application/json"):
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(self.base_url + path, data, method=method, headers={
            "Authorization": f"Bearer {key or self.owner_key}", "Content-Type": kind})
        with urllib.request.urlopen(request) as answer:
            return json.loads(answer.read())

    def put(self, path, body):
        """Where the answer is 204."""
        request = urllib.request.Request(self.base_url + path, json.dumps(body).encode(), method="PUT", headers={
            "Authorization": f"Bearer {self.owner_key}", "Content-Type": "application/json"})
        with urllib.request.urlopen(request) as answer:
            assert answer.status == 204

    def key(self, role):
        return self.call("POST", f"/v1/teams/{self.id}/keys", {"name": role, "role": role})["key"]

    def ingest(self, *lines):
        body = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
        assert self.call("POST", "/v1/ingest", body, self.recorder, "application/x-ndjson")["accepted"] == len(lines)

    def entries(self):
        return self.call("GET", f"/v1/teams/{self.id}/logs")["logs"]
