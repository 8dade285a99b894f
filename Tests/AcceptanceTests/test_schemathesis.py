"""The server against its own OpenAPI document: drawn requests, good and bad, in every operation and in sequences of them.

Each operation is a test of its own: it fails on a 5xx, on an answer outside its schema, on a bad request that is taken
and a good one that is refused; and it fails when no request of the run got through to the operation.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from entries import PICTURE, entry
from server import NO_RATE_LIMIT, REPOSITORY, Server, clean_environment

HERE = Path(__file__).parent
NOTHING_DRAWN = {"/healthz", "/readyz", "/metrics", "/openapi.yaml"}
DOCUMENT = REPOSITORY / "Sources/ConnectorLogAPI/openapi.yaml"


def operations():
    """`GET /path` of each operation, by the document's indentation: paths stand at 2 spaces, methods at 4."""
    path, found = None, []
    for line in DOCUMENT.read_text().split("\npaths:\n")[1].split("\ncomponents:\n")[0].splitlines():
        if match := re.fullmatch(r"  (/\S*):", line):
            path = match[1]
        elif match := re.fullmatch(r"    (get|put|post|patch|delete):", line):
            found.append(f"{match[1].upper()} {path}")
    return found


def seed(server):
    """Something to be found under each path parameter; returns the values by parameter, and the connector of the logo."""
    server.create_team("Spare", 999)
    key = server.create_key("editor")
    answer = server.ingest([
        *(entry("T3S70", n, state_id="run-1", flow_id="flow-1", status=500 if n % 7 == 0 else 200) for n in range(300)),
        {"type": "fault", "name": "Bad Gateway", "state_id": "run-1", "flow_id": "flow-1", "message": "gone"},
        {"type": "state", "state_id": "run-1", "flow_id": "flow-1", "status": "failed"}], key)
    assert answer.json["accepted"] == 302, answer
    connectors = "/v1/teams/1/connector_builder/connectors"
    made = [server.request("POST", connectors, f"title=Connector+{n}".encode(), key,
                           {"Content-Type": "application/x-www-form-urlencoded"}).json["connector_identifier"]
            for n in range(40)]
    boundary = b"--b\r\nContent-Disposition: form-data; name=\"logo\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n"
    for connector in made[:11]:
        logo = server.request("POST", f"{connectors}/{connector}/logo", boundary + PICTURE + b"\r\n--b--\r\n", key,
                              {"Content-Type": "multipart/form-data; boundary=b"})
        assert logo.status == 201, logo
    client = server.post_json("/v1/teams/1/keys", {"name": "client", "role": "viewer"}).json
    pictured, name = made.pop(10), logo.json["logo_url"].split("/")[-1]  # which no drawn request changes
    keys = [server.post_json("/v1/teams/1/keys", {"name": f"spare {n}", "role": "viewer"}).json["id"] for n in range(40)]
    def secrets(path):
        return [server.post_json(path, {"secret_name": f"n{n}", "secret_value": f"value-{n}"}).json["secrets"][-1]
                ["secret_placeholder"] for n in range(10, 70)]

    placeholders = {"connector": pictured, "of_connector": secrets(f"{connectors}/{pictured}/secrets"),
                    "of_team": secrets("/v1/teams/1/secrets")}
    return {
        "team_id": [1],
        "secret_placeholder": ["sec_known"],
        "connector_identifier": ["T3S70", *made],
        "log_id": [row["id"] for row in server.get("/v1/teams/1/logs?limit=20").json["logs"]],
        "fault_id": [row["id"] for row in server.get("/v1/teams/1/faults").json["faults"]],
        "flow_id": ["flow-1"],
        "state_id": ["run-1"],
        "key_id": keys,
        "logo_name": [name],
        "flow_version": ["1"],
    }, pictured, placeholders, f"{client['id']} {client['key']}"


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("schemathesis")
    server = Server(folder / "data", arguments=NO_RATE_LIMIT).start()
    try:
        values, pictured, placeholders, client = seed(server)
        configuration = [(HERE / "schemathesis.toml").read_text()]
        configuration += [f"[dictionaries.{name}]\nvalues = {json.dumps(known)}" for name, known in values.items()]
        configuration += ["[parameters]"] + [
            f'"path.{name}" = {{ dictionary = "{name}", probability = 0.8 }}' for name in values] + [
            '"query.team" = { dictionary = "team_id", probability = 0.8 }']
        (folder / "schemathesis.toml").write_text("\n".join(configuration) + "\n")
        ended = subprocess.run(
            [Path(sys.executable).with_name("schemathesis"), "--config-file", folder / "schemathesis.toml", "run", DOCUMENT,
             "--url", server.url, "-H", f"Authorization: Bearer {server.owner_key}", "--no-color",
             "--report", "json", "--report-json-path", folder / "report.json"],
            cwd=folder, capture_output=True, text=True, timeout=600, env=clean_environment({
                "PYTHONPATH": str(HERE), "CONNECTORLOG_TEST_LOGO": f"{pictured}/{values['logo_name'][0]}",
                "CONNECTORLOG_TEST_SECRETS": json.dumps(placeholders), "CONNECTORLOG_TEST_CLIENT": client}))
        (folder / "output.txt").write_text(ended.stdout + ended.stderr)
        if saved := os.environ.get("CONNECTORLOG_SCHEMATHESIS_OUTPUT"):
            Path(saved).write_text(ended.stdout + ended.stderr)
        assert (folder / "report.json").exists(), ended.stdout[-3000:] + ended.stderr[-3000:]
        report = json.loads((folder / "report.json").read_text())
        report["output"] = ended.stdout
        report["alive"] = server.process.poll() is None and server.get("/readyz", key=None).status == 200
        print("\n".join(line for line in ended.stdout.splitlines()[-25:]))
        yield report
    finally:
        server.kill()


def test_the_whole_document_was_run_and_the_server_lived(report):
    assert report["alive"]
    assert report["complete"] and report["errors"] == [], report["output"][-3000:]
    assert report["operations"]["tested"] == report["operations"]["total"] == len(operations()) > 25
    assert report["operations"]["skipped"] == report["operations"]["errored"] == 0
    assert report["test_cases"]["generated"] > 50 * len(operations())
    assert report["stop_reason"] == "completed"


@pytest.mark.parametrize("operation", operations())
def test_answers_as_described(report, operation):
    failures = [failure for failure in report["failures"]
                if any(operation == (entry if isinstance(entry, str) else entry.get("operation", entry.get("label")))
                       for entry in failure["operations"])]
    told = [f"{failure['code']} {failure['title']}" for failure in failures]
    assert not failures, "\n".join(told) + "\n" + excerpt(report["output"], operation)
    accepted = sum(phase["accepted"] for phase in report["valid_rates"].get(operation, {}).values())
    if operation.split()[1] in NOTHING_DRAWN:
        return  # nothing is drawn for it, so nothing is counted
    assert accepted > 0, f"no request got through to {operation}"


def test_no_failure_is_left_over(report):
    """Also those that belong to a sequence of operations."""
    assert report["failures"] == [], report["output"][-6000:]
    assert report["exit_code"] == 0


def excerpt(output, operation):
    """The part of the run's output that tells of the operation."""
    sections = re.split(r"\n(?=_{5,} )", output)
    told = [section for section in sections if section.lstrip("_ ").startswith(operation + " ")]
    return "\n".join(told)[:4000]
