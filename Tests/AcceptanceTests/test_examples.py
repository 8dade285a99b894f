"""The programs of Examples/ report to the live server, and what they reported is read back over the API."""

import base64
import json
import os
import re
import shutil
import subprocess
import sys

import pytest
import requests

from server import BINARY, REPOSITORY, clean_environment, free_port, ndjson
from vendor import LONG, PICTURE, Eavesdropper, Vendor, serving

EXAMPLES = REPOSITORY / "Examples"
NODE = shutil.which("node")
PROGRAMS = {
    "swift": [BINARY.parent / "swift-client-example"],
    "python": [sys.executable, "-B", EXAMPLES / "python-requests/example.py"],
    "node": [NODE, EXAMPLES / "node-fetch/example.mjs"],
}
# In continuous integration, where there has to be one, they fail.
MISSES_NODE = NODE is None and os.environ.get("CI") != "true"
needs_node = pytest.mark.skipif(MISSES_NODE, reason="there is no node")

sys.path.insert(0, str(EXAMPLES / "python-requests"))
import connector_log  # noqa: E402


@pytest.fixture(scope="module")
def key(server):
    return server.create_key("recorder")


@pytest.fixture(scope="module")
def vendor():
    with serving(Vendor) as vendor:
        yield vendor.url


def run(program, url, key, vendor=None, **options):
    settings = {"CONNECTORLOG_URL": url, "CONNECTORLOG_API_KEY": key} | ({"VENDOR_URL": vendor} if vendor else {})
    return subprocess.run(
        [*map(str, program)], env=clean_environment(settings), capture_output=True, text=True, timeout=120, **options)


def entries(server, query):
    """Whole entries in the order of their calls."""
    rows = server.pages(f"/v1/teams/1/logs?{query}", "logs")
    whole = [server.get(f"/v1/teams/1/logs/{row['id']}").json for row in rows]
    return sorted(whole, key=lambda entry: entry["log_time"])


@pytest.mark.parametrize("language", ["swift", "python", pytest.param("node", marks=needs_node)])
class TestPrograms:
    def test_its_run_is_in_the_log(self, server, key, vendor, language):
        ended = run(PROGRAMS[language], server.url, key, vendor)
        assert ended.returncode == 0, ended
        state = ended.stdout.split()[1]
        ok, failed = entries(server, f"state_id={state}")
        assert (ok["status"], ok["outcome"], ok["response_body"]) == (200, "ok", '{"status":"ok"}')
        assert failed["outcome"] == "failed" and failed["uri"].startswith(f"{vendor}/orders")
        for entry in (ok, failed):
            assert (entry["connector_identifier"], entry["flow_id"]) == ("order-vendor", "order-sync")
            assert entry["duration_ms"] > 0
        [fault] = server.get(f"/v1/teams/1/states/{state}/faults").json["faults"]
        assert fault["status_code"] == failed["status"]
        document = server.get(f"/v1/teams/1/states/{state}").json
        assert (document["status"], document["calls"], document["failed_calls"]) == ("failed", 2, 1)
        assert "dropped: 0" in ended.stdout

    def test_credentials_stay_with_the_program(self, language):
        key = "clk_" + "made-up-key-" * 4
        with serving(Eavesdropper) as server:
            ended = run(PROGRAMS[language], server.url, key)
            assert ended.returncode == 0, ended
        assert server.heard
        for headers, body in server.heard:
            assert headers["Authorization"] == f"Bearer {key}" and headers["Idempotency-Key"]
            assert b"[redacted]" in body
            for secret in (b"made-up-vendor-token", b"made-up-cookie", b"made-up-key"):
                assert secret not in body
        assert "made-up-key" not in ended.stdout + ended.stderr

    def test_a_refused_key_does_not_break_the_program(self, server, vendor, language):
        ended = run(PROGRAMS[language], server.url, "clk_" + "x" * 43, vendor)
        assert ended.returncode == 0, ended
        assert "recorded: 0" in ended.stdout and "dropped: 0" not in ended.stdout
        assert "refused" in ended.stdout + ended.stderr


def shell_blocks(document):
    return re.findall(r"^```sh\n(.*?)^```", document.read_text(), re.S | re.M)


@pytest.mark.parametrize("document", [REPOSITORY / "docs/clients.md", EXAMPLES / "swift-client/README.md"], ids=lambda path: path.name)
def test_the_commands_of_the_documents_work(server, key, vendor, document):
    assert shell_blocks(document)
    for block in shell_blocks(document):
        if "node " in block and MISSES_NODE:
            continue
        # The programs are built already, and the key of the server's owner lies with its data, elsewhere than usual.
        block = re.sub(r"(\.build/release/)?connectorlog key", f"CONNECTORLOG_API_KEY={server.owner_key} {BINARY} key", block)
        block = block.replace("swift run swift-client-example", str(PROGRAMS["swift"][0])).replace("python3", sys.executable)
        ended = run(["bash", "-euo", "pipefail", "-c", block], server.url, key, vendor, cwd=REPOSITORY)
        assert ended.returncode == 0, ended
        if "report.sh" in block:
            assert json.loads(ended.stdout)["accepted"] == 1, ended
        elif "example" in block:
            assert "dropped: 0" in ended.stdout, ended


class TestSwift:
    def test_the_last_steps_of_the_tutorial_are_the_example(self):
        steps = REPOSITORY / "Sources/ConnectorLogClient/ConnectorLogClient.docc/Resources"
        for step, file in [("main-3.swift", "main.swift"), ("OrderSync.swift", "OrderSync.swift")]:
            assert (steps / step).read_text() == (EXAMPLES / "swift-client" / file).read_text()

    def test_each_step_of_the_tutorial_goes_on_from_the_one_before(self):
        steps = REPOSITORY / "Sources/ConnectorLogClient/ConnectorLogClient.docc/Resources"
        first, second, third = ((steps / f"main-{number}.swift").read_text() for number in (1, 2, 3))
        assert second.startswith(first) and third.startswith(second)
        assert len(first) < len(second) < len(third)


@pytest.fixture
def log(server, key):
    log = connector_log.ConnectorLog(server.url, key)
    yield log
    log.close()


class TestPython:
    def test_the_host_gets_what_it_would_get_without(self, log, vendor):
        session = log.recording(requests.Session(), "py-same")
        for path in ("/orders", "/picture", "/long", "/nowhere", "/moved"):
            plain, recorded = requests.get(vendor + path, timeout=30), session.get(vendor + path, timeout=30)
            assert (recorded.status_code, recorded.content, recorded.url) == (plain.status_code, plain.content, plain.url)
        assert session.cookies["session"] == "made-up-cookie"

    def test_bodies_are_text_bytes_or_a_beginning(self, server, log, vendor):
        session = log.recording(requests.Session(), "py-bodies")
        session.post(f"{vendor}/orders", data=b"\xff\xfe", timeout=30)
        for path in ("/orders", "/picture", "/long"):
            session.get(vendor + path, timeout=30)
        log.close()
        sent, text, picture, long = entries(server, "connector=py-bodies")
        assert (sent["request_body"], sent["request_body_encoding"]) == (base64.b64encode(b"\xff\xfe").decode(), "base64")
        assert text["response_body"] == '{"name":"grüß dich"}' and not text["response_body_truncated"]
        assert picture["response_body"] == base64.b64encode(PICTURE).decode()
        assert long["response_body"] == LONG[:connector_log.BODY_BYTES].decode()
        assert long["response_body_truncated"] and long["response_body_size"] == len(LONG)

    def test_each_step_of_a_redirect_is_a_call(self, server, log, vendor):
        log.recording(requests.Session(), "py-moved").get(f"{vendor}/moved", timeout=30)
        log.close()
        assert [entry["status"] for entry in entries(server, "connector=py-moved")] == [302, 200]

    def test_a_body_that_the_host_left_is_recorded_as_far(self, server, log, vendor):
        session = log.recording(requests.Session(), "py-left")
        with session.get(f"{vendor}/long", stream=True, timeout=30) as answer:
            next(answer.iter_content(1000))
        session.get(f"{vendor}/long", stream=True, timeout=30).close()
        log.close()
        read, unread = entries(server, "connector=py-left")
        assert read["response_body"].startswith("0123") and read["response_body_truncated"]
        assert not unread["response_body"] and unread["response_body_truncated"]

    def test_errors_are_recorded_and_raised(self, server, log, vendor):
        session = log.recording(requests.Session(), "py-errors")
        with pytest.raises(requests.ConnectionError):
            session.get(f"http://me:made-up-password@127.0.0.1:{free_port()}/", timeout=30)
        with pytest.raises(requests.RequestException):
            session.get(f"{vendor}/broken", timeout=30)
        log.close()
        refused, broken = entries(server, "connector=py-errors")
        assert refused["status"] is None and refused["error_name"] == "ConnectionError"
        assert "made-up-password" not in json.dumps(refused)
        assert (broken["status"], broken["outcome"], broken["error_name"]) == (200, "failed", "ProtocolError")
        assert broken["response_body_truncated"]

    def test_a_server_that_is_away_costs_records_alone(self, vendor, monkeypatch):
        monkeypatch.setattr(connector_log, "EXIT_SECONDS", 0.2)
        monkeypatch.setattr(connector_log, "MAX_RECORDS", 3)
        log = connector_log.ConnectorLog(f"http://127.0.0.1:{free_port()}", "clk_x")
        session = log.recording(requests.Session(), "py-away")
        for _ in range(20):
            assert session.get(f"{vendor}/orders", timeout=30).ok
        log.close()
        log.record(type="fault", name="too late")
        assert log.accepted == 0 and sum(log.dropped.values()) == 21
        assert log.dropped["buffer_full"] >= 14 and log.dropped["shutdown"] >= 1

    def test_what_cannot_be_written_is_dropped(self, log):
        log.record(name={("a", "tuple"): 1})
        assert log.dropped == {"invalid": 1}


@needs_node
class TestNode:
    def script(self, server, key, vendor, text):
        """Runs `text` with a log, and ends without closing it."""
        module = (EXAMPLES / "node-fetch/connector-log.mjs").as_uri()
        head = f"""
            import {{ connectorLog }} from "{module}";
            const [url, vendor, key] = ["{server}", "{vendor}", process.env.CONNECTORLOG_API_KEY];
            const log = connectorLog({{ url, key }});
        """
        return run([NODE, "--input-type=module", "--eval", head + text], server, key)

    def test_the_host_gets_what_it_would_get_without(self, server, key, vendor):
        ended = self.script(server.url, key, vendor, """
            const recorded = log.recording("node-same");
            for (const path of ["/orders", "/picture", "/long", "/nowhere", "/moved"]) {
                const [a, b] = [await fetch(vendor + path), await recorded(vendor + path)];
                const same = a.status === b.status && a.url === b.url && a.redirected === b.redirected && a.ok === b.ok
                    && Buffer.from(await a.arrayBuffer()).equals(Buffer.from(await b.arrayBuffer()));
                console.log(path, same);
            }
        """)
        assert ended.stdout.split() == ["/orders", "true", "/picture", "true", "/long", "true", "/nowhere", "true", "/moved", "true"], ended
        assert len(entries(server, "connector=node-same")) == 5

    def test_bodies_are_text_bytes_or_a_beginning(self, server, key, vendor):
        ended = self.script(server.url, key, vendor, """
            const fetch = log.recording("node-bodies");
            await (await fetch(`${vendor}/orders`, { method: "POST", body: new Uint8Array([255, 254]) })).text();
            for (const path of ["/orders", "/picture", "/long"]) await (await fetch(vendor + path)).arrayBuffer();
        """)
        assert ended.returncode == 0, ended
        sent, text, picture, long = entries(server, "connector=node-bodies")
        assert (sent["request_body"], sent["request_body_encoding"]) == (base64.b64encode(b"\xff\xfe").decode(), "base64")
        assert text["response_body"] == '{"name":"grüß dich"}' and not text["response_body_truncated"]
        assert picture["response_body"] == base64.b64encode(PICTURE).decode()
        assert long["response_body"] == LONG[:256 << 10].decode()
        assert long["response_body_truncated"] and long["response_body_size"] == len(LONG)

    def test_a_body_that_the_host_left_is_recorded_as_far(self, server, key, vendor):
        ended = self.script(server.url, key, vendor, """
            const fetch = log.recording("node-left");
            const reader = (await fetch(`${vendor}/long`)).body.getReader();
            await reader.read();
            await reader.cancel();
            await fetch(`${vendor}/orders`);
        """)
        assert ended.returncode == 0, ended
        read, unread = entries(server, "connector=node-left")
        assert read["response_body"].startswith("0123") and read["response_body_truncated"]
        assert not unread["response_body"] and unread["response_body_truncated"]

    def test_errors_are_recorded_and_thrown(self, server, key, vendor):
        ended = self.script(server.url, key, vendor, f"""
            const fetch = log.recording("node-errors");
            await fetch("http://127.0.0.1:{free_port()}/").catch((error) => console.log(error.name));
            await (await fetch(`${{vendor}}/broken`)).text().catch((error) => console.log(error.name));
        """)
        assert ended.stdout.split() == ["TypeError", "TypeError"], ended
        refused, broken = entries(server, "connector=node-errors")
        assert (refused["status"], refused["error_name"]) == (None, "ECONNREFUSED")
        assert (broken["status"], broken["outcome"], broken["response_body"]) == (200, "failed", "beginning")


class TestCurl:
    def report(self, url, key, lines, **options):
        return run([EXAMPLES / "curl/report.sh"], url, key, input=ndjson(lines).decode(), **options)

    def test_lines_are_stored_and_rejections_told(self, server, key):
        ended = self.report(server.url, key, [{"connector_identifier": "curl", "status": 200}, {"status": 200}])
        assert ended.returncode == 0, ended
        answer = json.loads(ended.stdout)
        assert answer["accepted"] == 1 and [row["line"] for row in answer["rejected"]] == [2]
        [entry] = entries(server, "connector=curl")
        assert entry["status"] == 200

    def test_a_refusal_is_a_failure_with_the_answer(self, server):
        ended = self.report(server.url, "clk_" + "x" * 43, [{"connector_identifier": "curl"}])
        assert ended.returncode == 22
        assert json.loads(ended.stdout)["error"]["code"] == "UNAUTHORIZED"

    def test_the_key_is_in_no_argument(self, tmp_path):
        fake = tmp_path / "curl"
        fake.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >{tmp_path}/arguments\nprintf 200\n')
        fake.chmod(0o755)
        key = "clk_made-up-key"
        settings = clean_environment({"CONNECTORLOG_API_KEY": key, "PATH": f"{tmp_path}:{os.environ['PATH']}"})
        subprocess.run([EXAMPLES / "curl/report.sh"], input="", env=settings, check=True, timeout=60)
        arguments = (tmp_path / "arguments").read_text()
        assert "/v1/ingest" in arguments and key not in arguments

    def test_no_key_is_told(self, server):
        settings = clean_environment({"CONNECTORLOG_URL": server.url})
        ended = subprocess.run([EXAMPLES / "curl/report.sh"], input="", env=settings, capture_output=True, text=True, timeout=60)
        assert ended.returncode != 0 and "connectorlog key create" in ended.stderr
