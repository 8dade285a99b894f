"""`make soak` for some minutes, at a load that leaves the machine to others: whether memory is flat, and the log whole."""

import json
import subprocess
import sys

from server import BINARY, REPOSITORY

SECONDS, RATE = 60, 100
# Between the middle of the middle third and that of the last one lie 5,000 calls: 2.5 KB that stay behind each would be told.
GROWTH_MB = 12


def test_memory_stays_flat_and_every_call_is_in_the_log_once(tmp_path):
    figures = tmp_path / "soak.json"
    ended = subprocess.run(
        [sys.executable, "-B", REPOSITORY / "Benchmarks/soak.py", "--no-build", "--binary", BINARY, "--dir", tmp_path,
         "--json", figures, "--minutes", str(SECONDS / 60), "--rate", str(RATE), "--warm-up", "3000", "--secrets", "5"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=400)
    assert figures.exists(), ended.stderr
    result = json.loads(figures.read_text())
    assert {name: result[name] for name in ("errors", "lost", "doubled", "strange")} == dict.fromkeys(
        ("errors", "lost", "doubled", "strange"), 0), ended.stdout
    assert result["found"] == result["calls"] > SECONDS * RATE / 2
    assert result["growth_mb"] < GROWTH_MB, ended.stdout
