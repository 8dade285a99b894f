"""HTTP Archives in and out: the documentation's example, by command and by POST, and what other programs read."""

import json
import shlex
import stat
import subprocess
import zlib

import haralyzer
import jsonschema
import pytest

from examples import example
from server import BINARY, clean_environment, command

OK, DATA = 0, 65


@pytest.fixture(scope="module")
def settings(server):
    return {"CONNECTORLOG_URL": server.url, "CONNECTORLOG_API_KEY": server.owner_key}


def rows(server, connector, team=1):
    return server.pages(f"/v1/teams/{team}/logs?connector={connector}", "logs")


def whole(server, row, team=1):
    return server.get(f"/v1/teams/{team}/logs/{row['id']}").json


def archive(*entries):
    return {"log": {"version": "1.2", "creator": {"name": "test", "version": "1"}, "entries": list(entries)}}


def call(number, **more):
    return {"startedDateTime": f"2026-01-31T12:{number // 60 % 60:02}:{number % 60:02}Z", "time": 5,
            "request": {"method": "GET", "url": f"https://api.example.com/v1/{number}"},
            "response": {"status": 200, "content": {"text": "x" * more.pop("body", 10)}}, **more}


class TestDocumentation:
    def test_the_example_is_taken_by_command_and_by_post(self, server, settings, tmp_path):
        (document,) = example("ingest.md", "har", "json")
        (tmp_path / "leads.har").write_text(document)
        ingest, export = example("ingest.md", "har", "sh")
        script = "set -e\n" + ingest.replace("connectorlog ", f"{shlex.quote(str(BINARY))} ", 1)
        ended = subprocess.run(["bash", "-c", script], cwd=tmp_path, env=clean_environment(settings),
                               capture_output=True, text=True, timeout=60)
        assert ended.returncode == OK, ended.stderr
        assert "1 entries stored, 0 rejected" in ended.stderr
        assert json.loads(ended.stdout)["accepted"] == 1
        found = rows(server, "acme-crm")
        assert len(found) == 2
        for row in found:
            entry = whole(server, row)
            assert entry["log_time"].startswith("2026-01-31T11:00:00.123")
            assert entry["state_id"] == "run-17"
            assert entry["duration_ms"] == 41.5
            assert entry["response_body"] == '{"leads":[]}'
            assert "made-up-4711" not in json.dumps(entry)
        ended = subprocess.run(
            [BINARY, *shlex.split(export.replace("failed", "ok"))[1:]], cwd=tmp_path, env=clean_environment(settings),
            capture_output=True, text=True, timeout=60)
        assert ended.returncode == OK, ended.stderr
        out = tmp_path / "ok.har"
        assert stat.S_IMODE(out.stat().st_mode) == 0o600
        assert len(json.loads(out.read_bytes())["log"]["entries"]) == 2


class TestCommand:
    def test_a_long_archive_goes_in_whole_and_once(self, server, settings, tmp_path):
        file = tmp_path / "long.har"
        file.write_text(json.dumps(archive(*[call(n, body=2000) for n in range(2500)]), indent=1))
        for _ in range(2):
            ended = command("ingest", file, "--team", "1", "--connector", "long", "--json", environment=settings)
            assert ended.returncode == OK, ended.stderr
            assert json.loads(ended.stdout)["accepted"] == 2500
        found = rows(server, "long")
        assert sorted(int(row["uri"].rsplit("/", 1)[1]) for row in found) == list(range(2500))

    def test_bad_entries_are_told_by_number_and_the_others_kept(self, server, settings, tmp_path):
        entries = [call(n) for n in range(1200)]
        entries[3] = {"response": {}}
        entries[1100] = {"request": {"url": ""}}
        file = tmp_path / "bad.har"
        file.write_text(json.dumps(archive(*entries)))
        ended = command("ingest", file, "--team", "1", "--connector", "bad", environment=settings)
        assert ended.returncode == DATA
        assert f"{file}:4: MISSING_FIELD in request: " in ended.stderr
        assert f"{file}:1101: MISSING_FIELD in request.url: " in ended.stderr
        assert "1198 entries stored, 2 rejected" in ended.stderr
        assert len(rows(server, "bad")) == 1198

    def test_standard_input_and_zlib_are_recognised(self, server, settings, tmp_path):
        text = json.dumps(archive(call(1)))
        ended = command("ingest", "-", "--team", "1", "--connector", "piped", environment=settings, stdin=text)
        assert ended.returncode == OK, ended.stderr
        (tmp_path / "flows.zhar").write_bytes(zlib.compress(text.encode()))
        ended = command("ingest", tmp_path / "flows.zhar", "--team", "1", "--connector", "piped", environment=settings)
        assert ended.returncode == OK, ended.stderr
        assert len(rows(server, "piped")) == 2


# What HAR 1.2 calls required (http://www.softwareishard.com/blog/har-12-spec/).
def required(**members):
    return {"type": "object", "required": list(members), "properties": members}


TEXT, NUMBER, SIZE = {"type": "string"}, {"type": "number", "minimum": -1}, {"type": "integer", "minimum": -1}
PAIRS = {"type": "array", "items": required(name=TEXT, value=TEXT)}
HAR = required(log=required(
    version={"const": "1.2"}, creator=required(name=TEXT, version=TEXT),
    entries={"type": "array", "items": required(
        startedDateTime={"type": "string", "format": "date-time"}, time={"type": "number", "minimum": 0},
        request=required(method=TEXT, url=TEXT, httpVersion={"type": "string", "minLength": 1}, cookies=PAIRS,
                         headers=PAIRS, queryString=PAIRS, headersSize=SIZE, bodySize=SIZE)
        | {"dependentSchemas": {"postData": {"properties": {"postData": required(mimeType=TEXT, text=TEXT)}}}},
        response=required(status={"type": "integer", "minimum": 0}, statusText=TEXT,
                          httpVersion={"type": "string", "minLength": 1}, cookies=PAIRS, headers=PAIRS,
                          content=required(size={"type": "integer", "minimum": 0}, mimeType=TEXT), redirectURL=TEXT,
                          headersSize=SIZE, bodySize=SIZE),
        cache={"type": "object"}, timings=required(send=NUMBER, wait=NUMBER, receive=NUMBER))}))


@pytest.fixture(scope="module")
def exported(server, settings, tmp_path_factory):
    """An archive of calls of every kind."""
    key = server.create_key("recorder")
    lines = [
        {"connector_identifier": "round", "log_time": "2026-01-31T12:00:00.123456Z", "method": "POST",
         "uri": "https://api.example.com/v1/a?x=1&y=%C3%BC", "status": 422, "duration_ms": 12.345, "event": "data.save",
         "request_id": "r-1", "flow_id": "f", "flow_name": "n", "flow_version": "3", "state_id": "s",
         "trace_id": "0af7651916cd43dd8448eb211c80319c", "span_id": "b7ad6b7169203331",
         "request_headers": {"Content-Type": "application/octet-stream", "Cookie": "theme=dark", "Via": ["a", "b"]},
         "response_headers": {"Set-Cookie": "a=b; Path=/; HttpOnly", "Content-Type": "application/json"},
         "request_body": "AAEC", "request_body_encoding": "base64", "response_body": '{"ok":"\u00fc\U0001f44b"}',
         "error_name": "E", "error_message": "m m", "attributes": {"a": 1.5, "b": True, "c": "x"}},
        {"connector_identifier": "round", "log_time": "2026-01-31T12:00:01Z", "method": "GET",
         "uri": "https://api.example.com/v1/b", "status": None, "error_name": "net::ERR_FAILED"},
        {"connector_identifier": "round", "log_time": "2026-01-31T12:00:02Z", "method": "GET",
         "uri": "https://api.example.com/v1/c", "status": 200, "response_body": "cut", "response_body_size": 900,
         "response_body_truncated": True},
    ]
    assert server.ingest(lines, key).json["accepted"] == len(lines)
    file = tmp_path_factory.mktemp("har") / "round.har"
    ended = command("logs", "export", file, "--connector", "round", environment=settings)
    assert ended.returncode == OK, ended.stderr
    return file


class TestExport:
    def test_it_is_valid(self, exported):
        jsonschema.Draft202012Validator(HAR).validate(json.loads(exported.read_bytes()))

    def test_another_program_reads_it(self, exported):
        (page,) = haralyzer.HarParser(json.loads(exported.read_bytes())).pages
        # It sorts them by time.
        entries = list(reversed(page.entries))
        assert [entry.response.status for entry in entries] == [200, 0, 422]
        last = entries[-1]
        assert last.request.url == "https://api.example.com/v1/a?x=1&y=%C3%BC"
        assert last.time == 12.345
        assert last.response.text == '{"ok":"\u00fc\U0001f44b"}'
        assert last.request.cookies[0]["name"] == "theme"

    def test_it_comes_in_again_without_loss(self, server, settings, exported):
        ended = command("ingest", exported, "--team", "2", environment=settings)
        assert ended.returncode == OK, ended.stderr
        before = [whole(server, row) for row in rows(server, "round")]
        after = [whole(server, row, 2) for row in rows(server, "round", 2)]
        assert len(before) == 3
        for first, second in zip(before, after, strict=True):
            # What an entry gets when it comes in.
            for entry in (first, second):
                for member in ("id", "team_id"):
                    entry.pop(member)
            assert first == second
