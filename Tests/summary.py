"""Adds up JUnit XML files: prints a line for each, and at last `N passed, N failed`.

    python3 Tests/summary.py FOLDER [further failures]

Exits with 1 when a test failed, when a file holds no test that passed, or when there is no file.
"""

import sys
import xml.etree.ElementTree
from pathlib import Path


def count(path):
    """(passed, failed, skipped) of one file."""
    cases = list(xml.etree.ElementTree.parse(path).iter("testcase"))
    failed = sum(any(case.find(kind) is not None for kind in ("failure", "error")) for case in cases)
    skipped = sum(case.find("skipped") is not None for case in cases)
    return len(cases) - failed - skipped, failed, skipped


def main():
    folder, further = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0
    files = sorted(folder.glob("*.xml"))
    counts = {path: count(path) for path in files}
    for path, (passed, failed, skipped) in counts.items():
        print(f"{path.stem}: {passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    passed = sum(row[0] for row in counts.values())
    failed = sum(row[1] for row in counts.values()) + further
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
