"""`connectorlog verify-secrets`: what was registered late is found, and taken out, and nobody ever reads its value."""

import base64
import json
import sqlite3
import urllib.parse

from entries import entry
from server import command

VALUE = 'correct/horse&"battery+staple'
CRM_ONLY = "only-for-the-crm-4711"
CONNECTOR = "/v1/teams/1/connector_builder/connectors/crm"
SECRETS_FOUND = 3

BASE64 = base64.b64encode(f"x:{VALUE}".encode()).decode()
PERCENT = urllib.parse.quote(VALUE, safe="")
FORMS = [VALUE, CRM_ONLY, BASE64, PERCENT, json.dumps(VALUE)[1:-1], VALUE.encode().hex()]


def planted():
    """Entries with the values in several fields and forms, among others without."""
    lines = [entry("crm", number) for number in range(50)]
    lines[3]["uri"] = f"https://api.acme.example/find?q={PERCENT}&page=1"
    lines[7]["request_headers"] = {"X-Note": f"said {VALUE}"}
    lines[11]["request_body"] = json.dumps({"note": VALUE})
    lines[13]["response_body"] = f"<note>{BASE64}</note>"
    lines[17]["event"] = f"load {CRM_ONLY}"
    return lines


def prepared(server):
    """Stores the values first and registers them then; returns the placeholders of both secrets."""
    key = server.create_key("editor")
    for start in range(3):
        clean = [entry("crm", 1000 * start + 100 + n) for n in range(60)]
        assert server.ingest(clean, key).status == 200
    assert server.ingest(planted(), key).status == 200
    other = entry("erp", 5000, event="quiet")
    assert server.ingest([other], key).status == 200
    names = []
    for path, value in ((f"/v1/teams/1/secrets", VALUE), (f"{CONNECTOR}/secrets", CRM_ONLY)):
        answer = server.post_json(path, {"secret_name": "token", "secret_value": value})
        assert answer.status == 201
        names.append(server.get(path).json["secrets"][0]["secret_placeholder"])
    return names


def verify(data, *arguments, status, environment=None):
    ended = command("verify-secrets", "--data", data, *arguments, environment=environment or {})
    assert ended.returncode == status, ended.stdout + ended.stderr
    said = ended.stdout + ended.stderr
    assert not any(form in said for form in FORMS), said
    return ended


def fields(findings):
    return {(found["secret"], found["field"]) for found in findings if found["kind"] == "entry"}


def stored(server):
    return b"".join(path.read_bytes() for path in sorted(server.data.iterdir()))


def test_a_store_without_secrets_is_clean(make_server):
    server = make_server()
    assert server.ingest(planted(), server.create_key("editor")).status == 200
    ended = verify(server.data, status=0)
    assert "no secrets are registered" in ended.stderr and "no secret found" in ended.stdout


def test_what_was_registered_late_is_found_and_erased(make_server, tmp_path):
    server = make_server()
    team_wide, crm = prepared(server)
    before = {log["id"]: log for log in server.pages("/v1/teams/1/logs", "logs")}
    expected = {(team_wide, "uri"), (team_wide, "request_headers"), (team_wide, "request_body"),
                (team_wide, "response_body"), (crm, "event")}

    # Beside the server, which goes on.
    report = json.loads(verify(server.data, "--json", status=SECRETS_FOUND).stdout)
    store, = report["stores"]
    assert not report["clean"] and report["erased"] is None and not store["damage"]
    assert fields(store["findings"]) == expected
    assert all(found["block"] > 0 and found["row"] >= 0 and found["entry"] in before
               for found in store["findings"] if found["kind"] == "entry")
    table = verify(server.data, status=SECRETS_FOUND).stdout
    assert team_wide in table and "block " in table and "request_body" in table

    backup = tmp_path / "copy"
    assert command("backup", "--data", server.data, "--to", backup).returncode == 0
    busy = verify(server.data, "--erase", status=75)
    assert "in use" in busy.stderr
    assert server.stop() == 0

    erased = json.loads(verify(server.data, "--erase", "--json", status=0).stdout)
    assert erased["clean"] and erased["stores"][0]["finding_count"] == 0
    assert fields(erased["erased"]["findings"]) == expected and erased["erased"]["entries"] == 5
    verify(server.data, status=0)
    assert not any(form.encode() in stored(server) for form in FORMS)
    checked = command("check", "--data", server.data)
    assert checked.returncode == 0, checked.stdout

    # The backup still has it, and is not touched.
    both = json.loads(verify(server.data, "--backup", backup, "--backup", backup / "connectorlog.sqlite", "--json",
                             status=SECRETS_FOUND).stdout)
    assert [(store["backup"], store["finding_count"] > 0) for store in both["stores"]] == [
        (False, False), (True, True), (True, True)]
    assert fields(both["stores"][1]["findings"]) == fields(both["stores"][2]["findings"]) == expected
    assert "delete those" in verify(server.data, "--backup", backup, status=SECRETS_FOUND).stderr

    # Every entry is there, with all that is no secret.
    server.start()
    after = {log["id"]: log for log in server.pages("/v1/teams/1/logs", "logs")}
    assert before.keys() == after.keys()
    changed = {id for id in before if before[id] != after[id]}
    assert len(changed) == 2  # a list shows neither headers nor bodies
    assert any("find?q=[secret:" in after[id]["uri"] for id in changed)


def test_a_wrong_or_missing_master_key_is_told(make_server):
    server = make_server()
    prepared(server)
    assert server.stop() == 0
    wrong = verify(server.data, status=78, environment={"CONNECTORLOG_MASTER_KEY": "5a" * 32})
    assert "sealed with key" in wrong.stderr and "5a5a" not in wrong.stderr
    key = (server.data / "master-key").read_text().strip()
    (server.data / "master-key").unlink()
    missing = verify(server.data, status=78)
    assert "master key" in missing.stderr and not (server.data / "master-key").exists()
    verify(server.data, status=SECRETS_FOUND, environment={"CONNECTORLOG_MASTER_KEY": key})


def test_a_damaged_block_does_not_hide_the_others(make_server):
    server = make_server()
    prepared(server)
    assert server.stop() == 0
    database = sqlite3.connect(server.data / "connectorlog.sqlite")
    parts = {block: (id, data) for id, block, data in database.execute(
        "SELECT id, id >> 2, bytes FROM block_part ORDER BY id")}
    block = min(parts)
    id, data = parts[block]
    middle = len(data) // 2
    with database:
        database.execute("UPDATE block_part SET bytes = ? WHERE id = ?",
                         (data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1:], id))
    database.close()
    report = json.loads(verify(server.data, "--json", status=SECRETS_FOUND).stdout)
    store, = report["stores"]
    assert {fault["block"] for fault in store["damage"]} == {block}
    assert len(store["findings"]) > 0
