"""`connectorlog backup` and `check` beside a server that takes entries."""

import json
import shutil
import sqlite3
import stat
import subprocess
import threading

from entries import entry
from server import BINARY, Server, clean_environment, command, ndjson, send

BATCH = 20


class Writer(threading.Thread):
    """Sends batches until told to stop; remembers what was acknowledged, in order."""

    def __init__(self, server, key, connector):
        super().__init__()
        self.server, self.key, self.connector = server, key, connector
        self.ending = threading.Event()
        self.acknowledged = {}
        self.failure = None

    def run(self):
        connection = self.server.connection()
        number = 0
        while not self.ending.is_set():
            batch = [entry(self.connector, number + n) for n in range(BATCH)]
            number += BATCH
            answer = send(connection, "POST", "/v1/ingest", ndjson(batch), self.key,
                          {"Content-Type": "application/x-ndjson"})
            if answer.status != 200:
                self.failure = answer
                return
            self.acknowledged |= {line["request_id"]: line for line in batch}
            self.ending.wait(0.03)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_a_backup_under_load_holds_all_that_was_acknowledged(make_server, tmp_path):
    server = make_server("source")
    key = server.create_key("editor")
    server.create_team("Other", 2)
    writers = [Writer(server, key, f"backup-{n}") for n in range(2)]
    for writer in writers:
        writer.start()
    try:
        while min(len(writer.acknowledged) for writer in writers) < 10 * BATCH:
            assert all(writer.is_alive() for writer in writers)
        before = [dict(writer.acknowledged) for writer in writers]
        place = tmp_path / "copy"
        made = command("backup", "--data", server.data, "--to", place)
        assert made.returncode == 0, made.stderr
        # The server's own store is sound as it stands, too.
        checked = command("check", "--data", server.data)
        assert checked.returncode == 0, checked.stdout + checked.stderr
        assert "no damage found" in checked.stdout
    finally:
        for writer in writers:
            writer.ending.set()
            writer.join()
    assert all(writer.failure is None for writer in writers)

    file = tmp_path / "alone.sqlite"
    assert command("backup", "--data", server.data, "--to", file).returncode == 0
    assert mode(place) == 0o700
    assert {path.name: mode(path) for path in place.iterdir()} == {
        "connectorlog.sqlite": 0o600, "admin-key": 0o600, "signing-key": 0o600, "RESTORE.txt": 0o600}
    assert mode(file) == 0o600
    for target in (place, file):
        checked = command("check", "--data", target, "--json")
        assert checked.returncode == 0, checked.stdout
        report = json.loads(checked.stdout)
        assert report["sound"] and report["entries"] >= sum(map(len, before))

    # All but the master key, which is kept elsewhere: without it the server does not start, and says why.
    refused = subprocess.run([BINARY, "serve", "--data", place, "--port", "0"], capture_output=True, text=True,
                             timeout=60, env=clean_environment())
    assert refused.returncode == 78 and "master key" in refused.stderr
    assert "master-key" in made.stdout + made.stderr + (place / "RESTORE.txt").read_text()
    shutil.copy(server.data / "master-key", place / "master-key")

    restored = Server(place).start()
    try:
        for writer, lines in zip(writers, before):
            rows = {row["request_id"]: row for row in restored.pages(f"/v1/teams/1/logs?connector={writer.connector}", "logs")}
            assert rows.keys() >= lines.keys()
            name = max(lines)
            whole = restored.get(f"/v1/teams/1/logs/{rows[name]['id']}").json
            assert whole["request_body"] == lines[name]["request_body"]
        # Teams and keys, too; and it is a store to go on with.
        assert restored.get("/v1/teams").status == 200
        assert restored.ingest([entry("after", 1)], key).status == 200
    finally:
        restored.kill()


def test_a_backup_overwrites_nothing(make_server, tmp_path):
    server = make_server()
    place = tmp_path / "there"
    place.mkdir()
    refused = command("backup", "--data", server.data, "--to", place)
    assert refused.returncode == 73
    assert "exists" in refused.stderr
    assert list(place.iterdir()) == []
    file = tmp_path / "there.sqlite"
    file.write_text("text")
    assert command("backup", "--data", server.data, "--to", file).returncode == 73
    assert file.read_text() == "text"
    assert command("backup", "--data", tmp_path / "none", "--to", tmp_path / "new").returncode == 66
    assert not (tmp_path / "new").exists() and not (tmp_path / "new.partial").exists()


def test_check_names_block_and_column_of_damage(make_server):
    server = make_server()
    key = server.create_key("editor")
    assert server.ingest([entry("check", number) for number in range(300)], key).status == 200
    assert server.stop() == 0
    database = sqlite3.connect(server.data / "connectorlog.sqlite")
    (part, data), = database.execute("SELECT id, bytes FROM block_part WHERE id & 3 = 2 ORDER BY id LIMIT 1")
    damaged = bytearray(data)
    damaged[-1] ^= 1
    with database:
        database.execute("UPDATE block_part SET bytes = ? WHERE id = ?", (bytes(damaged), part))
    database.close()

    found = command("check", "--data", server.data, "--json")
    assert found.returncode == 65
    report = json.loads(found.stdout)
    assert not report["sound"] and report["fault_count"] == 1
    fault, = report["faults"]
    column = fault["column"]
    assert fault["block"] == part >> 2 and 32 <= column <= 39
    assert fault["place"] == f"column {column}" and fault["fault"] == "does not have its checksum"
    told = command("check", "--data", server.data)
    assert told.returncode == 65
    assert f"column {column}" in told.stdout and "1 faults found" in told.stdout

    # The server starts all the same, and names the block when it meets it.
    server.start()
    rows = server.pages("/v1/teams/1/logs?connector=check", "logs", key)
    assert len(rows) == 300
    assert server.get(f"/v1/teams/1/logs/{rows[0]['id']}", key).status in (200, 500)
    assert "quarantined a damaged block" in server.output()


def test_a_damaged_file_is_told_with_what_to_do(make_server):
    server = make_server()
    assert server.stop() == 0
    path = server.data / "connectorlog.sqlite"
    path.write_bytes(b"no database" * 1000)
    assert command("check", "--data", server.data).returncode == 65
    started = command("serve", "--data", server.data, "--port", "0")
    assert started.returncode == 65
    assert "connectorlog.sqlite is damaged" in started.stderr and "docs/operations.md" in started.stderr
    assert command("check", "--data", server.data / "none").returncode == 66
