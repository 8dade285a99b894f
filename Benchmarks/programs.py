"""The small C programs of the benchmark: compiled to .cache/bench when their sources are newer."""

import shutil
import subprocess
from pathlib import Path

BENCHMARKS = Path(__file__).resolve().parent
CACHE = BENCHMARKS.parent / ".cache/bench"
FLAGS = ["-O2", "-std=gnu17", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror"]
SOURCES = {
    "load": ["clients/load.c", "clients/options.c", "clients/workload.c", "clients/cost.c", "clients/http.c",
             "clients/times.c"],
    "ask": ["clients/ask.c", "clients/http.c"],
    "calls": ["clients/calls.c", "clients/cost.c", "clients/http.c", "clients/times.c"],
    "sqlite_rows": ["rivals/sqlite_rows.c", "rivals/rows.c", "rivals/flat_line.c"],
    "postgres_rows": ["rivals/postgres_rows.c", "rivals/rows.c", "rivals/flat_line.c"],
}
LIBRARIES = {"load": ["-lm"], "sqlite_rows": ["-lsqlite3"], "postgres_rows": ["-lpq", "-lpthread"]}
PACKAGES = {"sqlite_rows": "libsqlite3-dev", "postgres_rows": "libpq-dev"}


class Missing(Exception):
    """Something that the benchmark goes on without; the text says how to get it."""


def program(name):
    """The path of a program, which is compiled first when need be."""
    sources = [BENCHMARKS / source for source in SOURCES[name]]
    binary = CACHE / "bin" / name
    newest = max(path.stat().st_mtime for source in sources for path in source.parent.glob("*.[ch]"))
    if not binary.exists() or binary.stat().st_mtime < newest:
        compiler = next(filter(None, map(shutil.which, ("cc", "clang", "gcc"))), None)
        if not compiler:
            raise Missing("there is no C compiler: install gcc or clang")
        binary.parent.mkdir(parents=True, exist_ok=True)
        includes = include_of_libpq() if name == "postgres_rows" else []
        ended = subprocess.run([compiler, *FLAGS, *includes, *sources, "-o", binary, *LIBRARIES.get(name, [])])
        if ended.returncode:
            hint = f": apt-get install {PACKAGES[name]}" if name in PACKAGES else ""
            raise Missing(f"{name} does not compile{hint}")
    return binary


def include_of_libpq():
    for folder in ("/usr/include/postgresql", "/usr/include", "/usr/local/include"):
        if (Path(folder) / "libpq-fe.h").exists():
            return ["-I", folder]
    raise Missing("libpq-fe.h is missing: apt-get install libpq-dev")
