"""A team's own rules over HTTP and from the command line: tried on what is stored, then set, then holding."""

import json
import subprocess
import time

import pytest

from entries import entry
from server import BINARY, clean_environment, command

RULES = {"patterns": [{"name": "order", "expression": "ORD-[0-9]{8}"}], "json_paths": ["$.customer.vat"],
         "names": ["x-ticket"], "keep_no_bodies": ["payroll"], "personal_data": {"email": True}}
BODY = json.dumps({"order": "ORD-12345678", "customer": {"vat": "DE-99", "mail": "someone@example.com"}})
TRY = "/v1/teams/1/redaction/try"


def seed(server):
    """Twelve entries of two connectors."""
    lines = [entry("crm", n, response_body=BODY) for n in range(10)]
    lines += [entry("payroll", n, response_body='{"salary":"made-up-salary"}') for n in range(2)]
    assert server.ingest(lines, server.create_key("recorder")).json["accepted"] == 12


def stored(server):
    """Every byte in the data directory."""
    return b"".join(path.read_bytes() for path in sorted(server.data.iterdir()))


def finds(answer):
    return {f"{rule['member']} {rule['name']}": (rule["finds"], rule["entries"]) for rule in answer.json["rules"]}


def test_what_is_tried_is_what_becomes_of_it(make_server):
    server = make_server()
    seed(server)
    told = server.post_json(TRY, {"rules": RULES})
    assert told.status == 200, told
    assert (told.json["entries_read"], told.json["entries_changed"], told.json["stopped_at"]) == (12, 12, None)
    # Each entry has a request and a response body.
    bodies = sum(row[name] is not None for row in whole_entries(server, "payroll") for name in ("request_body", "response_body"))
    assert finds(told) == {"names x-ticket": (0, 0), "patterns order": (10, 10), "json_paths $.customer.vat": (10, 10),
                           "personal_data email": (10, 10), "keep_no_bodies payroll": (bodies, 2)}
    for example in told.json["examples"]:
        entry_now = server.get(f"/v1/teams/1/logs/{example['log_id']}").json
        assert entry_now["connector_identifier"] == example["connector_identifier"]
    example = next(example for example in told.json["examples"] if example["name"] == "order")
    assert "ORD-12345678" in example["before"] and "ORD-12345678" not in example["after"]
    assert example["receipt"] == {"rule": "pattern", "field": "response_body.order", "count": 1}

    # Nothing holds yet; then all of it does, over a restart, too.
    assert server.get("/v1/teams/1/redaction").json["patterns"] == []
    assert server.request("PUT", "/v1/teams/1/redaction", json.dumps(RULES).encode(),
                          headers={"Content-Type": "application/json"}).status == 200
    server.restart()
    seed_again = [entry("crm", 500, response_body=BODY), entry("payroll", 501, response_body="made-up-salary")]
    assert server.ingest(seed_again, server.create_key("recorder")).json["accepted"] == 2
    again = server.post_json(TRY, {"rules": RULES, "limit": 2})
    assert again.json["entries_changed"] == 0 and again.json["entries_read"] == 2
    crm = whole_entries(server, "crm")[0]
    receipt = {(line["rule"], line["field"]) for line in crm["receipt"]}
    assert {("pattern", "response_body.order"), ("json_path", "response_body.$.customer.vat"),
            ("email", "response_body")} <= receipt
    # The placeholder is the one that the trial showed.
    placeholder = example["after"][example["after"].index("[secret:"):][:15]
    assert placeholder in crm["response_body"]
    payroll = whole_entries(server, "payroll")[0]
    assert payroll["response_body"] == "" and payroll["response_body_truncated"]
    assert ("body_not_kept", "response_body") in {(line["rule"], line["field"]) for line in payroll["receipt"]}


def whole_entries(server, connector):
    rows = server.get(f"/v1/teams/1/logs?connector={connector}").json["logs"]
    return [server.get(f"/v1/teams/1/logs/{row['id']}").json for row in rows]


def test_a_trial_leaves_nothing_on_the_disk_or_in_the_log(make_server):
    server = make_server()
    seed(server)
    text = "a-text-of-mine-4711 ORD-87654321"
    told = server.post_json(TRY, {"rules": RULES, "text": text})
    assert told.json["text"]["after"].startswith("a-text-of-mine-4711 [secret:")
    wrong = server.post_json(TRY, {"rules": {"patterns": [{"name": "p", "expression": "(a-pattern-of-mine"}]}})
    assert wrong.status == 422 and "patterns[0].expression" in wrong.json["error"]["message"]
    for _ in range(2):
        assert b"of-mine" not in stored(server) and b"87654321" not in stored(server)
        for value in ("of-mine", "ORD-", "DE-99", "someone@example.com"):
            assert value not in server.output()
        server.stop()


def test_roles_and_teams_hold(make_server):
    server = make_server()
    seed(server)
    for role in ("viewer", "recorder", "editor"):
        assert server.post_json(TRY, {"rules": RULES}, server.create_key(role)).status == 403
    team = server.create_team("Other", 7)
    other = server.post_json("/v1/teams/7/keys", {"name": "n", "role": "admin"}).json["key"]
    assert server.post_json(TRY, {"rules": RULES}, other).status == 403
    assert server.post_json("/v1/teams/7/redaction/try", {"rules": RULES}, other).json["entries_read"] == 0, team


def test_a_long_trial_ends_at_its_limits(make_server):
    server = make_server()
    key = server.create_key("recorder")
    body = "ORD-12345678 and nothing else in these words. " * 1500
    for start in range(0, 400, 100):
        lines = [entry("crm", n, response_body=body) for n in range(start, start + 100)]
        assert server.ingest(lines, key).json["accepted"] == 100
    rules = {"patterns": [{"name": f"p{n}", "expression": f"[a-z]+{n}|(?:ORD|o).{{0,20}}x{n}"} for n in range(40)]}
    begun = time.monotonic()
    told = server.post_json(TRY, {"rules": rules, "limit": 1000})
    took = time.monotonic() - begun
    assert told.status == 200 and took < 30
    assert told.json["entries_read"] == 400 or told.json["stopped_at"] in ("bytes", "time")


def test_rules_are_managed_from_the_command_line(make_server, tmp_path):
    server = make_server()
    seed(server)
    at = ("--url", server.url, "--key-file", server.data / "admin-key")
    file = tmp_path / "rules.json"
    file.write_text(json.dumps(RULES))
    tried = command("redaction", "try", file, "--connector", "crm", "--limit", "5", *at)
    assert tried.returncode == 0, tried.stderr
    assert ["patterns", "order", "5", "5"] in [line.split() for line in tried.stdout.splitlines()]
    assert "5 of 5 entries would change" in tried.stderr
    document = json.loads(command("redaction", "try", file, "--json", *at).stdout)
    assert document["entries_read"] == 12
    assert command("redaction", "get", "-q", *at).stdout == ""

    piped = subprocess.run([BINARY, "redaction", "set", "-", *map(str, at)], input=json.dumps(RULES), text=True,
                           capture_output=True, timeout=60, env=clean_environment())
    assert piped.returncode == 0, piped.stderr
    assert json.loads(command("redaction", "get", "--json", *at).stdout)["patterns"] == RULES["patterns"]
    listed = command("redaction", "get", *at).stdout
    assert "ORD-[0-9]{8}" in listed and "payroll" in listed

    # What get writes, set takes.
    saved = tmp_path / "saved.json"
    saved.write_text(command("redaction", "get", "--json", *at).stdout)
    assert command("redaction", "set", saved, *at).returncode == 0
    file.write_text('{"patterns":[{"name":"p","expression":"("}]}')
    for verb in ("try", "set"):
        wrong = command("redaction", verb, file, *at)
        assert wrong.returncode != 0 and "patterns[0].expression" in wrong.stderr
    assert json.loads(command("redaction", "get", "--json", *at).stdout)["patterns"] == RULES["patterns"]


@pytest.mark.parametrize("limit,status", [(1, 200), (1000, 200), (0, 422), (1001, 422)])
def test_the_limit_of_entries_holds(make_server, limit, status):
    assert make_server().post_json(TRY, {"rules": {}, "limit": limit}).status == status
