#!/usr/bin/env python3
"""Shows where the bytes of a store lie: column by column, level by level.

    python3 Benchmarks/columns.py DATA/connectorlog.sqlite

Reads the blocks as docs/block-format.md describes them, of a store that is closed or open. Standard library only.
"""

import collections
import pathlib
import re
import sqlite3
import struct
import sys

SOURCES = pathlib.Path(__file__).resolve().parents[1] / "Sources/ConnectorLogBlockStore/Blocks/BlockFormat.swift"
HEADER = struct.Struct("<4sBBHII")
ENTRY = struct.Struct("<BBBBIIII")


def names(enumeration):
    """The numbers of an enumeration of the format, by the source that defines them."""
    body = SOURCES.read_text().split(f"enum {enumeration}: UInt8", 1)[1].split("\n    }\n", 1)[0]
    return {int(number): name for name, number in re.findall(r"case (\w+) = (\d+)", body)}


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    store = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
    columns, encodings = names("Column"), names("Encoding")
    rows = collections.Counter()
    stored = collections.defaultdict(collections.Counter)
    raw = collections.Counter()
    kinds = collections.defaultdict(collections.Counter)
    blocks = collections.Counter()
    for block, level, count in store.execute("SELECT id, level, rows FROM block WHERE retired = 0"):
        level = min(level, 1)
        rows[level] += count
        blocks[level] += 1
        for part in (0, 1, 2, 3):
            found = store.execute("SELECT bytes FROM block_part WHERE id = ?", (block << 2 | part,)).fetchone()
            if not found:
                continue
            bytes_ = found[0]
            _, _, _, number, _, _ = HEADER.unpack_from(bytes_)
            stored["headers and directories"][level] += HEADER.size + number * ENTRY.size
            for i in range(number):
                column, encoding, _, _, length, size, _, _ = ENTRY.unpack_from(bytes_, HEADER.size + i * ENTRY.size)
                name = columns.get(column, "filter" if part else "words")
                stored[name][level] += size
                raw[name] += length
                kinds[name][encodings.get(encoding, "filter")] += 1
    total = sum(rows.values())
    print(f"{total:,} entries; level 0: {blocks[0]:,} blocks, {rows[0]:,} entries; "
          f"compacted: {blocks[1]:,} blocks, {rows[1]:,} entries")
    print(f"\n{'bytes an entry':24} {'level 0':>9} {'compacted':>9} {'raw':>9}  encodings")
    levels = lambda sizes: [sizes[level] / rows[level] if rows[level] else 0 for level in (0, 1)]
    for name, sizes in sorted(stored.items(), key=lambda item: -sum(item[1].values())):
        fresh, compacted = levels(sizes)
        encodings_ = ", ".join(f"{kind} {count}" for kind, count in kinds[name].most_common(3))
        print(f"{name:24} {fresh:9.2f} {compacted:9.2f} {raw[name] / total:9.2f}  {encodings_}")
    sums = [sum(sizes[level] for sizes in stored.values()) for level in (0, 1)]
    print(f"{'all blocks':24} {sums[0] / max(1, rows[0]):9.2f} {sums[1] / max(1, rows[1]):9.2f}")
    size, free = (store.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count"))
    page = store.execute("PRAGMA page_size").fetchone()[0]
    print(f"\nthe database: {size * page / total:.1f} bytes an entry, of them free pages {free * page / total:.1f}")


if __name__ == "__main__":
    main()
