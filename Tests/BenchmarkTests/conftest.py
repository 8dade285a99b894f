import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "Benchmarks"
sys.path.insert(0, str(BENCHMARKS))


def generate(*arguments):
    return subprocess.run([sys.executable, BENCHMARKS / "workload/gen_events.py", *map(str, arguments)],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout


@pytest.fixture(scope="session")
def workload_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("workload") / "full.ndjson"
    path.write_bytes(generate("-n", 500, "--seed", 7))
    return path


@pytest.fixture(scope="session")
def lines(workload_file):
    return workload_file.read_bytes().splitlines(keepends=True)


@pytest.fixture(scope="session")
def records(lines):
    return [json.loads(line) for line in lines]
