"""The examples of deployment, as the files that they are."""

import contextlib
import functools
import os
import re
import subprocess

import yaml

from databases import ClickHouse, Postgres
from server import NO_RATE_LIMIT, REPOSITORY, command
from shared import SharedServer

DEPLOY = REPOSITORY / "deploy"
IN_CI = os.environ.get("CI") == "true"


def files(pattern):
    found = sorted(DEPLOY.glob(pattern))
    assert found, f"there is no deploy/{pattern}"
    return found


def documents(path):
    return [document for document in yaml.safe_load_all(path.read_text()) if document]


def environment_file(path):
    """Names and values as systemd and Compose read them, as far as these files go."""
    pairs = (line.split("=", 1) for line in path.read_text().splitlines() if line and not line.startswith("#"))
    return dict(pairs)


@functools.cache
def settings():
    """Environment variables and flags that the program has, by itself."""
    page = command("docs", "settings").stdout
    server = page.split("## The command line")[0]
    variables = set(re.findall(r"^\|[^|]*\| `(CONNECTORLOG_[A-Z_]+)` \|", server, re.MULTILINE)) | {"CONNECTORLOG_CONFIG"}
    flags = set(re.findall(r"^\| `(--[a-z-]+)` \|", server, re.MULTILINE)) | {"--config"}
    assert len(variables) > 25 and len(flags) > 20
    return variables, flags


# MARK: A shared store with the roles of deploy/postgres

KEYS = {"CONNECTORLOG_MASTER_KEY": "5a" * 32, "CONNECTORLOG_ADMIN_KEY": "clk_owner-of-an-example-0123456789-0123456789"}
PASSWORDS = {"CONNECTORLOG_OWNER_PASSWORD": "of-the-owner", "CONNECTORLOG_CATALOG_PASSWORD": "it's of \"servers\""}


class Store:
    """ClickHouse and PostgreSQL as the examples set them up, and servers on them."""

    def __init__(self, folder):
        self.folder, self.servers = folder, []
        folder.mkdir(parents=True, exist_ok=True)
        self.clickhouse, self.postgres = ClickHouse(folder / "clickhouse"), Postgres(folder / "postgres")

    def start(self):
        self.clickhouse.start()
        self.postgres.start()
        made = self.make_roles(PASSWORDS)
        assert made.returncode == 0, made.stderr
        migrated = command("store", "migrate", "--store", self.clickhouse.url, "--catalog", self.catalog("connectorlog_owner"))
        assert migrated.returncode == 0, migrated.stderr
        return self

    def make_roles(self, passwords):
        return subprocess.run(
            ["psql", "--no-psqlrc", "-v", "ON_ERROR_STOP=1", "-d", self.postgres.url, "-f", DEPLOY / "postgres/roles.sql"],
            capture_output=True, text=True, cwd="/", env={"PATH": os.environ["PATH"], **passwords})

    def catalog(self, role):
        return f"postgres://{role}@127.0.0.1:{self.postgres.port}/connectorlog"

    def sql(self, statement, role="log", database="connectorlog"):
        """Rows as text, or the error."""
        asked = subprocess.run(
            ["psql", "--no-psqlrc", "-AtX", "-v", "ON_ERROR_STOP=1", "-c", statement,
             f"postgres://{role}@127.0.0.1:{self.postgres.port}/{database}"], capture_output=True, text=True, cwd="/")
        return asked.stdout.strip() if asked.returncode == 0 else asked.stderr.strip()

    def make_server(self, *arguments):
        server = SharedServer(
            self.folder / f"server-{len(self.servers)}",
            ("--store", self.clickhouse.url, "--catalog", self.catalog("connectorlog"), *NO_RATE_LIMIT, *arguments), dict(KEYS))
        self.servers.append(server)
        return server.start()

    def close(self):
        for server in self.servers:
            server.kill()
        for database in (self.clickhouse, self.postgres):
            if database.process and database.process.poll() is None:
                database.kill()


@contextlib.contextmanager
def open_store(folder):
    store = Store(folder)
    try:
        yield store.start()
    finally:
        store.close()
