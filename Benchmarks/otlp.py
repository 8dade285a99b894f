"""Spans by OTLP over HTTP and gRPC: the workload's full entries, 512 in a request, each answered when they are on the disk."""

import json
import subprocess
import sys

from programs import BENCHMARKS, CACHE

SPANS = 512
MOST = 300_000
TEST_PYTHON = BENCHMARKS.parent / ".cache/test-venv/bin/python"  # scripts/test makes it, with grpcio


def requests(path, entries):
    """Whole requests alone: the client counts so many spans for each."""
    count = min(entries, MOST) // SPANS * SPANS
    target = CACHE / f"{path.stem}-{count}-otlp.bin"
    if not target.exists():
        partial = target.with_suffix(".partial")
        subprocess.run([sys.executable, BENCHMARKS / "workload/otlp.py", path, partial, "--spans", str(SPANS),
                        "--limit", str(count)], check=True)
        partial.rename(target)
    return target


def python_with_grpc():
    """An interpreter that has the official library of gRPC; None where there is none."""
    for python in (sys.executable, TEST_PYTHON):
        try:
            if subprocess.run([python, "-c", "import grpc"], stderr=subprocess.DEVNULL).returncode == 0:
                return python
        except OSError:
            continue
    return None


def send(server, path, way, python):
    key = server.call("POST", "/v1/teams/1/keys", json.dumps({"name": "exporter", "role": "recorder"}).encode(),
                      {"Content-Type": "application/json"})
    port = ["--grpc", str(server.otlp_port)] if way == "grpc" else ["--port", str(server.port)]
    ended = subprocess.run(
        [python, BENCHMARKS / "clients/otlp.py", "--requests", path, "--spans", str(SPANS), "--pid", str(server.pid), *port],
        stdout=subprocess.PIPE, text=True, check=True, env={"CONNECTORLOG_API_KEY": json.loads(key)["key"]})
    result = json.loads(ended.stdout)
    if result["errors"]:
        raise SystemExit(f"{result['errors']} requests of OTLP were not taken whole")
    if (stored := server.count()) != result["spans"]:
        raise SystemExit(f"{stored:,} of {result['spans']:,} spans are in the store")
    return result | {"peak_mb": server.memory_mb("VmHWM")}
