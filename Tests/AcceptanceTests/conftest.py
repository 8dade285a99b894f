import pytest

from databases import ClickHouse, Postgres
from server import BINARY, Server


def pytest_sessionstart(session):
    if not session.config.option.collectonly and not BINARY.is_file():
        pytest.exit(f"{BINARY} is not built; set CONNECTORLOG_BINARY or run scripts/test", returncode=3)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server of the module's own, without a rate limit. Teams 1 and 2 exist."""
    server = Server(tmp_path_factory.mktemp("server") / "data").start()
    server.create_team("Other", 2)
    yield server
    server.kill()


@pytest.fixture(scope="module")
def databases(tmp_path_factory):
    """A ClickHouse and a PostgreSQL of the module's own, without tables."""
    folder = tmp_path_factory.mktemp("databases")
    clickhouse, postgres = ClickHouse(folder / "clickhouse").start(), Postgres(folder / "postgres").start()
    yield clickhouse, postgres
    clickhouse.kill()
    postgres.kill()


@pytest.fixture
def make_server(tmp_path):
    """Starts servers that end with the test: `make_server(name="data", arguments=..., environment=...)`."""
    made = []

    def make(name="data", **options):
        server = Server(tmp_path / name, **options)
        made.append(server)
        return server.start()

    yield make
    for server in made:
        server.kill()
