"""What Linux tells about a process: CPU seconds and memory."""

import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    """Of this process alone, all its threads."""
    fields = fields_of(pid)
    return (int(fields[11]) + int(fields[12])) / TICKS


def cpu_seconds_of_family(pid):
    """Of a process, of its children, and of children that have ended: all of a PostgreSQL server."""
    family = [pid, *children(pid)]
    return sum(int(number) for member in family for number in fields_of(member)[11:15]) / TICKS


def children(pid):
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += [int(child) for child in (task / "children").read_text().split()]
    return found


def fields_of(pid):
    """The fields of `stat` behind the name, which may hold anything."""
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()


def memory_mb(pid, name):
    """`VmRSS`: resident now; `VmHWM`: at its peak."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) / 1024
    raise SystemExit(f"no {name}")


def size_of(folder):
    """Bytes of all files below."""
    return sum(path.stat().st_size for path in folder.rglob("*")
               if path.is_file() and path.name != "reserve")  # room that is set aside, and holds nothing
