"""The command line as people and scripts use it: exit codes, JSON output, and `ingest` that may be broken off anywhere."""

import gzip
import json
import os
import signal
import stat
import subprocess
import time
import uuid

import pytest
import zstandard

from entries import entry
from server import BINARY, clean_environment, command, free_port, ndjson

# sysexits.h
OK, USAGE, DATA, NO_INPUT, UNAVAILABLE, TEMPORARY, NO_PERMISSION, CONFIGURATION = 0, 64, 65, 66, 69, 75, 77, 78


@pytest.fixture(scope="module")
def settings(server):
    """The environment of a person with an editor's key of team 1."""
    return {"CONNECTORLOG_URL": server.url, "CONNECTORLOG_API_KEY": server.create_key("editor")}


def write(path, lines):
    path.write_bytes(ndjson(lines))
    return path


def stored(server, connector):
    rows = server.pages(f"/v1/teams/1/logs?connector={connector}", "logs")
    return sorted(int(row["uri"].split("/")[-1].split("?")[0]) for row in rows)


class TestBasics:
    def test_version_and_help(self):
        version = command("version")
        assert version.returncode == OK and version.stdout.startswith("connectorlog ")
        assert json.loads(command("version", "--json").stdout)["version"] == version.stdout.split()[1]
        help = command("--help")
        assert help.returncode == OK
        for name in ("serve", "ingest", "logs", "team", "key", "version"):
            assert name in help.stdout

    @pytest.mark.parametrize("arguments", [
        ["nonsense"], ["serve", "--nonsense"], ["ingest"], ["logs", "get"], ["logs", "list", "--limit", "0"],
        ["logs", "list", "--outcome", "good"], ["key", "create", "x", "--role", "king"], ["team", "create", "x", "--id", "0"],
        ["logs", "list", "--json", "--quiet"]])
    def test_a_wrong_command_line_is_64(self, arguments):
        ended = command(*arguments)
        assert ended.returncode == USAGE and ended.stderr and not ended.stdout

    def test_no_server_is_69(self):
        ended = command("logs", "list", environment={
            "CONNECTORLOG_URL": f"http://127.0.0.1:{free_port()}", "CONNECTORLOG_API_KEY": "clk_" + "0" * 43})
        assert ended.returncode == UNAVAILABLE and ended.stderr

    def test_an_unknown_key_is_77(self, server):
        ended = command("logs", "list", environment={
            "CONNECTORLOG_URL": server.url, "CONNECTORLOG_API_KEY": "clk_" + "0" * 43})
        assert ended.returncode == NO_PERMISSION
        assert "0" * 43 not in ended.stderr + ended.stdout

    def test_no_key_at_all_is_78(self, server, tmp_path):
        ended = command("logs", "list", "--data", tmp_path / "none", environment={"CONNECTORLOG_URL": server.url})
        assert ended.returncode == CONFIGURATION and "CONNECTORLOG_API_KEY" in ended.stderr

    def test_the_key_file_of_the_data_directory_is_found(self, server):
        ended = command("team", "list", "--json", "--data", server.data, environment={"CONNECTORLOG_URL": server.url})
        assert ended.returncode == OK
        assert [team["id"] for team in json.loads(ended.stdout)["teams"]] == [1, 2]


class TestLogs:
    def test_lists_and_gets(self, server, settings):
        key = settings["CONNECTORLOG_API_KEY"]
        server.ingest([entry("cli-logs", n, status=500 if n == 3 else 200) for n in range(5)], key)
        listed = command("logs", "list", "--connector", "cli-logs", "--json", environment=settings)
        assert listed.returncode == OK
        assert listed.stdout == command("logs", "list", "--connector", "cli-logs", "--json", environment=settings).stdout
        rows = json.loads(listed.stdout)["logs"]
        assert rows == server.get("/v1/teams/1/logs?connector=cli-logs").json["logs"]
        failed = command("logs", "list", "--connector", "cli-logs", "--outcome", "failed", "--quiet", environment=settings)
        assert failed.stdout.split() == [rows[1]["id"]]
        table = command("logs", "list", "--connector", "cli-logs", environment=settings)
        assert table.returncode == OK and len(table.stdout.splitlines()) == 6 and "\x1b" not in table.stdout
        one = command("logs", "get", rows[1]["id"], "--json", environment=settings)
        assert one.returncode == OK
        assert json.loads(one.stdout) == server.get(f"/v1/teams/1/logs/{rows[1]['id']}").json
        plain = command("logs", "get", rows[1]["id"], environment=settings)
        assert plain.returncode == OK and "request 3" in plain.stdout

    @pytest.mark.parametrize("identifier", ["nonsense", str(uuid.uuid4()), "019aa2c1-7e5b-7000-8000-0123456789ab"])
    def test_an_entry_that_is_not_there_is_66(self, settings, identifier):
        ended = command("logs", "get", identifier, environment=settings)
        assert ended.returncode in (NO_INPUT, DATA) and ended.stderr and not ended.stdout

    def test_another_team_is_77(self, settings):
        assert command("logs", "list", "--team", "2", environment=settings).returncode == NO_PERMISSION


class TestIngest:
    @pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress], ids=["plain", "gzip", "zstd"])
    def test_stores_a_file_once_however_often_it_is_sent(self, server, settings, tmp_path, pack):
        connector = "cli-" + {bytes: "plain", gzip.compress: "gzip"}.get(pack, "zstd")
        path = tmp_path / "calls.ndjson"
        path.write_bytes(pack(ndjson([entry(connector, n) for n in range(2500)])))
        for earlier in ({}, {"skipped": 2500}):
            ended = command("ingest", path, "--json", environment=settings)
            assert ended.returncode == OK, ended.stderr
            assert json.loads(ended.stdout) == {"accepted": 2500, "rejected": []} | earlier
            assert stored(server, connector) == list(range(2500))

    @pytest.mark.parametrize("end", ["", "half"])
    def test_stores_only_what_is_new_of_a_file_that_grew(self, server, settings, tmp_path, end):
        connector = f"cli-grown-{end}"
        path = tmp_path / "calls.ndjson"
        count = 0
        for size in (1, 700, 1300, 1301, 2500):
            # A line that is only half written when the file is read comes whole the next time.
            half = ndjson([entry(connector, size)])[:40] if end else b""
            path.write_bytes(ndjson([entry(connector, n) for n in range(size)]) + half)
            ended = command("ingest", path, "--json", environment=settings)
            assert ended.returncode == (DATA if end else OK), ended.stderr
            assert json.loads(ended.stdout)["accepted"] == size
            count = size
        assert stored(server, connector) == list(range(count))

    def test_tells_bad_lines_by_file_and_line_and_stores_the_others(self, server, settings, tmp_path):
        first = write(tmp_path / "first.ndjson", [entry("cli-bad", 0), b"oops", entry("cli-bad", 2)])
        second = write(tmp_path / "second.ndjson", [entry("cli-bad", 3), entry("cli-bad", 4, status=9)])
        ended = command("ingest", first, second, "--json", environment=settings)
        assert ended.returncode == DATA
        report = json.loads(ended.stdout)
        assert report["accepted"] == 3
        assert [(os.path.basename(row["file"]), row["line"], row["code"], row.get("field")) for row in report["rejected"]] == [
            ("first.ndjson", 2, "INVALID_JSON", None), ("second.ndjson", 2, "OUT_OF_RANGE", "status")]
        assert stored(server, "cli-bad") == [0, 2, 3]
        people = command("ingest", first, second, environment=settings)
        assert people.returncode == DATA and f"{first}:2: INVALID_JSON" in people.stderr

    def test_a_file_that_is_not_there_is_66_and_nothing_is_sent(self, server, settings, tmp_path):
        good = write(tmp_path / "good.ndjson", [entry("cli-missing", 0)])
        ended = command("ingest", good, tmp_path / "missing.ndjson", environment=settings)
        assert ended.returncode == NO_INPUT and "missing.ndjson" in ended.stderr
        assert stored(server, "cli-missing") == []

    def test_reads_the_standard_input(self, server, settings):
        ended = command("ingest", "-", "--json", environment=settings,
                        stdin=ndjson([entry("cli-stdin", n) for n in range(3)]).decode())
        assert ended.returncode == OK and json.loads(ended.stdout)["accepted"] == 3
        assert stored(server, "cli-stdin") == [0, 1, 2]

    def test_goes_on_after_the_client_was_killed_in_the_middle(self, make_server, tmp_path):
        server = make_server()
        environment = {"CONNECTORLOG_URL": server.url, "CONNECTORLOG_API_KEY": server.create_key("editor")}
        path = write(tmp_path / "large.ndjson", [entry("resumed", n) for n in range(40_000)])
        for share in (0.05, 0.3):
            broken = subprocess.Popen([BINARY, "ingest", path], env=clean_environment(environment),
                                      stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            wait_for_share(server, broken, 40_000 * share)
            broken.send_signal(signal.SIGKILL)
            broken.wait()
        ended = command("ingest", path, "--json", environment=environment)
        assert ended.returncode == OK, ended.stderr
        report = json.loads(ended.stdout)
        assert (report["accepted"], report["rejected"]) == (40_000, [])
        assert stored(server, "resumed") == list(range(40_000))

    def test_goes_on_after_the_server_was_killed_in_the_middle(self, make_server, tmp_path):
        server = make_server()
        environment = {"CONNECTORLOG_URL": server.url, "CONNECTORLOG_API_KEY": server.create_key("editor")}
        path = write(tmp_path / "large.ndjson", [entry("survived", n) for n in range(40_000)])
        sender = subprocess.Popen([BINARY, "ingest", path], env=clean_environment(environment), text=True,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        wait_for_share(server, sender, 4_000)
        server.kill()
        # The same address: the sender tries again until the server is back, and asks nobody for help.
        server.start(port=server.port)
        errors = sender.communicate(timeout=300)[1]
        assert sender.returncode == OK, errors
        assert "40000 lines stored, 0 rejected" in errors
        assert stored(server, "survived") == list(range(40_000))


def wait_for_share(server, sender, count):
    """Until about that many of the sender's entries are stored."""
    deadline = time.monotonic() + 120
    while True:
        query = "/v1/teams/1/stats/outcomes?interval=day&from=2026-11-01T00:00:00Z&to=2026-11-03T00:00:00Z"
        if sum(bucket["ok"] for bucket in server.get(query).json["buckets"]) >= count:
            break
        assert sender.poll() is None and time.monotonic() < deadline, "the sender ended before it could be broken off"
        time.sleep(0.02)
    assert sender.poll() is None, "the sender ended before it could be broken off"


class TestTeamsAndKeys:
    def test_creates_and_lists_teams(self, make_server):
        server = make_server()
        owner = {"CONNECTORLOG_URL": server.url, "CONNECTORLOG_API_KEY": server.owner_key}
        assert command("team", "create", "Gr\u00fc\u00df Gott", "--id", "40", environment=owner).returncode == OK
        created = json.loads(command("team", "create", "Next", "--json", environment=owner).stdout)
        assert created["name"] == "Next" and created["id"] not in (1, 40)
        assert command("team", "create", "Taken", "--id", "40", environment=owner).returncode == DATA
        teams = json.loads(command("team", "list", "--json", environment=owner).stdout)["teams"]
        assert {(team["id"], team["name"]) for team in teams} >= {(40, "Gr\u00fc\u00df Gott"), (created["id"], "Next")}
        editor = owner | {"CONNECTORLOG_API_KEY": server.create_key("editor")}
        assert command("team", "list", environment=editor).returncode == NO_PERMISSION

    def test_a_revoked_key_is_refused_at_once(self, make_server):
        server = make_server()
        owner = {"CONNECTORLOG_URL": server.url, "CONNECTORLOG_API_KEY": server.owner_key}
        made = command("key", "create", "exporter", "--role", "viewer", environment=owner)
        assert made.returncode == OK
        key = made.stdout.strip()
        assert key.startswith("clk_") and len(key) >= 36 and key not in made.stderr
        connection = server.connection()  # kept alive: no new connection may be what makes it hold
        connection.request("GET", "/v1/teams/1/logs", headers={"Authorization": f"Bearer {key}"})
        response = connection.getresponse()
        assert (response.status, response.read() != b"") == (200, True)
        listed = command("key", "list", "--json", environment=owner)
        [row] = [row for row in json.loads(listed.stdout)["keys"] if row["name"] == "exporter"]
        assert row["role"] == "viewer" and key.startswith(row["prefix"]) and key not in listed.stdout
        assert command("key", "revoke", row["id"], environment=owner).returncode == OK
        connection.request("GET", "/v1/teams/1/logs", headers={"Authorization": f"Bearer {key}"})
        assert connection.getresponse().status == 401
        connection.close()
        assert command("key", "revoke", row["id"], environment=owner).returncode in (NO_INPUT, DATA)
        server.restart()
        assert server.get("/v1/teams/1/logs", key).status == 401

    def test_a_key_ends_when_it_expires(self, make_server):
        server = make_server()
        soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3))
        key = server.create_key("viewer", expires_at=soon)
        assert server.get("/v1/teams/1/logs", key).status == 200
        deadline = time.monotonic() + 15
        while server.get("/v1/teams/1/logs", key).status == 200:
            assert time.monotonic() < deadline
            time.sleep(0.2)
        assert server.get("/v1/teams/1/logs", key).status == 401


class TestServe:
    def test_the_first_start_prints_the_key_once_and_saves_it_for_its_owner_alone(self, make_server):
        server = make_server()
        path = server.data / "admin-key"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        key = server.owner_key
        assert key.startswith("clk_") and len(key) >= 36
        assert server.output().count(key) == 1
        server.restart()
        assert server.owner_key == key and server.output().count(key) == 1
        assert server.get("/v1/teams").json["teams"][0]["name"] == "default"

    def test_no_file_of_the_store_is_for_others(self, make_server):
        server = make_server()
        for path in [server.data, *server.data.rglob("*")]:
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path.name

    def test_the_environment_sets_the_owners_key(self, make_server):
        key = "clk_" + "made-up_" * 5
        server = make_server(environment={"CONNECTORLOG_ADMIN_KEY": key})
        assert server.get("/v1/teams", key).status == 200
        assert key not in server.output()

    def test_an_empty_owners_key_counts_as_unset(self, make_server):
        """Compose files and unit files set what was not filled in to the empty text."""
        server = make_server(environment={"CONNECTORLOG_ADMIN_KEY": ""})
        assert server.get("/v1/teams", server.owner_key).status == 200
        assert server.output().count(server.owner_key) == 1

    @pytest.mark.parametrize("key", ["short", "clk_short", "clk_" + "x" * 31, "clk_" + "\u00e9" * 40])
    def test_a_bad_owners_key_is_78(self, tmp_path, key):
        ended = command("serve", "--data", tmp_path / "data", "--port", "0",
                        environment={"CONNECTORLOG_ADMIN_KEY": key}, timeout=20)
        assert ended.returncode == CONFIGURATION and "CONNECTORLOG_ADMIN_KEY" in ended.stderr
        assert key not in ended.stderr.replace("CONNECTORLOG_ADMIN_KEY", "").replace("clk_ and", "")

    def test_a_second_server_on_the_same_directory_is_refused(self, make_server):
        server = make_server()
        ended = command("serve", "--data", server.data, "--port", free_port(), timeout=20)
        assert ended.returncode == TEMPORARY and str(server.data) in ended.stderr
        assert server.get("/v1/teams").status == 200

    def test_a_port_that_is_taken_is_69(self, make_server, tmp_path):
        server = make_server()
        ended = command("serve", "--data", tmp_path / "other", "--port", server.port, timeout=20)
        assert ended.returncode == UNAVAILABLE and str(server.port) in ended.stderr

    @pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org"])
    def test_listening_beyond_loopback_without_tls_is_refused_and_says_what_to_do(self, tmp_path, host):
        ended = command("serve", "--data", tmp_path / "data", "--host", host, "--port", free_port(), timeout=20)
        assert ended.returncode == CONFIGURATION
        assert "--behind-proxy" in ended.stderr and "--tls-certificate" in ended.stderr
        assert not (tmp_path / "data").exists()

    def test_a_data_directory_that_cannot_be_made_is_told(self, tmp_path):
        (tmp_path / "file").write_text("not a directory")
        ended = command("serve", "--data", tmp_path / "file" / "data", "--port", free_port(), timeout=20)
        assert ended.returncode not in (OK, 1, 70, -4, -5, -6, -11) and ended.stderr

    @pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT])
    def test_stops_cleanly_on_a_signal_with_a_request_under_way(self, make_server, signal_number):
        server = make_server()
        key = server.create_key("recorder")
        assert server.ingest([entry("stopped", n) for n in range(100)], key).status == 200
        idle = server.connection()
        idle.request("GET", "/healthz")
        idle.getresponse().read()
        server.process.send_signal(signal_number)
        assert server.process.wait(20) == OK
        idle.close()
        server.start()
        assert stored(server, "stopped") == list(range(100))

    def test_starts_in_no_time_and_anew_on_what_a_kill_left(self, make_server):
        server = make_server()
        key = server.create_key("recorder")
        for number in range(5):
            assert server.ingest([entry("again", number)], key).status == 200
            server.restart()
        assert stored(server, "again") == list(range(5))
