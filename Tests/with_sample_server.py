"""Runs a command while a server with the sample data runs; the command finds it by CONNECTORLOG_URL and _API_KEY.

    python3 Tests/with_sample_server.py COMMAND...
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "AcceptanceTests"))

from server import NO_RATE_LIMIT, Server, wait_for_sample  # noqa: E402


def main():
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder) / "data", arguments=("--sample", *NO_RATE_LIMIT)).start()
        try:
            wait_for_sample(server)
            environment = os.environ | {"CONNECTORLOG_URL": server.url, "CONNECTORLOG_API_KEY": server.owner_key}
            return subprocess.run(sys.argv[1:], env=environment).returncode
        finally:
            server.kill()


if __name__ == "__main__":
    sys.exit(main())
