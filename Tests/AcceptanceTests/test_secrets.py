"""Registered secrets on the disk: sealed, kept over restarts, and of no use without the master key."""

import stat
import subprocess

import pytest

from entries import entry
from server import BINARY, Server, clean_environment, command

VALUE = "correct-horse-battery-staple"
CONNECTOR = "/v1/teams/1/connector_builder/connectors/crm"


def register(server):
    """A secret of a connector and one of the team, made over HTTP."""
    assert server.ingest([entry("crm", 1)], server.create_key("editor")).status == 200
    for path in (f"{CONNECTOR}/secrets", "/v1/teams/1/secrets"):
        answer = server.post_json(path, {"secret_name": "token", "secret_value": VALUE})
        assert answer.status == 201 and VALUE.encode() not in answer.body
    return placeholders(server)


def placeholders(server):
    return [server.get(path).json["secrets"][0]["secret_placeholder"]
            for path in (f"{CONNECTOR}/secrets", "/v1/teams/1/secrets")]


def stored(server):
    """Every byte in the data directory."""
    return b"".join(path.read_bytes() for path in sorted(server.data.iterdir()))


def refused(data, environment=None):
    """What `serve` says when it does not start."""
    ended = subprocess.run([BINARY, "serve", "--data", data, "--port", "0"], capture_output=True, text=True, timeout=60,
                           env=clean_environment(environment or {}))
    assert ended.returncode == 78, ended.stderr
    return ended.stderr


def test_values_are_nowhere_on_the_disk_and_outlive_a_power_cut(make_server):
    server = make_server()
    made = register(server)
    update = server.request("PUT", f"{CONNECTOR}/secrets/{made[0]}", b'{"secret_value":"staple-%s"}' % VALUE.encode(),
                            headers={"Content-Type": "application/json"})
    assert update.status == 204
    checked = command("check", "--data", server.data)
    assert checked.returncode == 0 and "not checked: that secrets can be unsealed" in checked.stderr
    for step in (server.restart, server.restart, server.stop):
        assert VALUE.encode() not in stored(server)
        assert VALUE not in server.output()
        assert placeholders(server) == made
        step()
    assert VALUE.encode() not in stored(server) and VALUE not in server.output()
    assert stat.S_IMODE((server.data / "master-key").stat().st_mode) == 0o600


def test_without_its_master_key_the_server_does_not_start(make_server):
    server = make_server()
    made = register(server)
    assert server.stop() == 0
    key = (server.data / "master-key").read_text()
    (server.data / "master-key").unlink()
    for environment in ({}, {"CONNECTORLOG_MASTER_KEY": "5a" * 32}):
        said = refused(server.data, environment)
        assert "master key" in said and "discard-secrets" in said and "5a5a" not in said
    assert not (server.data / "master-key").exists()
    server.environment = {"CONNECTORLOG_MASTER_KEY": key.strip()}
    assert placeholders(server.start()) == made
    assert server.stop() == 0
    assert not (server.data / "master-key").exists()

    # The key is lost: the log is not.
    assert command("store", "discard-secrets", "--data", server.data).returncode == 64
    done = command("store", "discard-secrets", "--yes", "--data", server.data)
    assert (done.returncode, done.stdout) == (0, "discarded 2 secrets\n")
    server.environment = {}
    server.start()
    assert server.get(f"{CONNECTOR}/secrets").json["count"] == 0
    assert len(server.get("/v1/teams/1/logs").json["logs"]) == 1
    assert server.stop() == 0
    checked = command("check", "--data", server.data)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("configured", [False, True])
def test_the_master_key_is_changed_while_no_server_runs(make_server, configured):
    old, new = "5a" * 32, "A" * 43 + "="
    environment = {"CONNECTORLOG_MASTER_KEY": old} if configured else {}
    server = make_server(environment=environment)
    made = register(server)
    rotate = ("store", "rotate-master-key", "--data", server.data)
    given = environment | ({"CONNECTORLOG_NEW_MASTER_KEY": new} if configured else {})
    busy = command(*rotate, environment=given)
    assert busy.returncode == 75 and "in use" in busy.stderr
    assert server.stop() == 0
    before = None if configured else (server.data / "master-key").read_text()
    done = command(*rotate, environment=given)
    assert done.returncode == 0, done.stderr
    assert old not in done.stdout + done.stderr and new not in done.stdout + done.stderr
    if configured:
        assert "sealed with master key" in refused(server.data, environment)
        server.environment = {"CONNECTORLOG_MASTER_KEY": new}
    else:
        assert (server.data / "master-key").read_text() != before
        assert not (server.data / "master-key.new").exists()
    assert placeholders(server.start()) == made


def test_secrets_are_managed_from_the_command_line(make_server, tmp_path):
    server = make_server()
    assert server.ingest([entry("crm", 1)], server.create_key("editor")).status == 200
    at = ("--url", server.url, "--key-file", server.data / "admin-key")
    file = tmp_path / "value"
    file.write_text(VALUE + "\n")
    for owner in (("--connector", "crm"), ("--team-wide",)):
        made = command("secret", "create", "token", *owner, "--value-file", file, *at)
        assert made.returncode == 0, made.stderr
        placeholder = made.stdout.strip()
        listed = command("secret", "list", *owner, *at)
        assert placeholder in listed.stdout and "token" in listed.stdout and VALUE not in listed.stdout
        piped = subprocess.run([BINARY, "secret", "update", placeholder, *owner, *at], input="another-value\n", text=True,
                               capture_output=True, timeout=60, env=clean_environment())
        assert piped.returncode == 0, piped.stderr
        again = command("secret", "create", "token", *owner, "--value-file", file, *at)
        assert again.returncode != 0 and VALUE not in again.stderr
        assert command("secret", "delete", placeholder, *owner, *at).returncode == 0
        assert command("secret", "list", *owner, "-q", *at).stdout == ""
