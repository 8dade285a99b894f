"""The table of sizes in docs/scale-out.md is what scripts/sizing makes of docs/sizing.json."""

import importlib.machinery
import importlib.util
import json
import subprocess

import pytest

from server import REPOSITORY

SCRIPT = REPOSITORY / "scripts/sizing"
FIGURES = json.loads((REPOSITORY / "docs/sizing.json").read_text())


def table(*arguments):
    made = subprocess.run([SCRIPT, *arguments], capture_output=True, text=True, check=True)
    return made.stdout


def load():
    """The script as a module: it has no suffix by which it would be known."""
    loader = importlib.machinery.SourceFileLoader("sizing", str(SCRIPT))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("sizing", loader))
    loader.exec_module(module)
    return module


def cells(line):
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def test_the_page_has_the_table_of_the_figures():
    page = (REPOSITORY / "docs/scale-out.md").read_text()
    assert table() in page, "run scripts/sizing --write"


def test_every_figure_says_where_it_comes_from_and_counts():
    sizing, rates = load(), FIGURES["rates"]["value"]
    usual = sizing.table(sizing.Figures(FIGURES), rates)
    assert usual == table()
    for name, figure in FIGURES.items():
        assert set(figure) == {"value", "from"} and figure["from"], name
        if name == "rates":
            continue
        # Ten times as much, or a tenth: one of them shows in some line.
        shown = [
            sizing.table(sizing.Figures(FIGURES | {name: figure | {"value": figure["value"] * factor}}), rates)
            for factor in (10, 0.1)]
        assert any(text != usual for text in shown), f"{name} changes nothing"


@pytest.mark.parametrize("rate", [10_000, 1_000_000])
def test_a_line_is_what_one_computes_by_hand(rate):
    values = {name: figure["value"] for name, figure in FIGURES.items()}
    line = cells(table("--rates", str(rate)).splitlines()[2])
    assert line[0] == f"{rate:,}"
    daily = rate * 86_400 * values["clickhouse_bytes"] * values["clickhouse_replicas"]
    unit, scale = ("TB", 1e12) if daily >= 1e12 else ("GB", 1e9)
    number, shown_unit = line[4].split()
    assert shown_unit == unit and abs(float(number.replace(",", "")) - daily / scale) <= daily / scale * 0.05
    # Servers: what the load needs with all but one of them, with headroom.
    count, each = int(line[2].split()[0]), int(line[2].split()[2])
    assert (count - 1) * each >= rate * values["server_microseconds"] / 1e6 * values["headroom"]
    shards, cores = int(line[3].split()[0]), int(line[3].split()[4])
    assert shards * cores >= rate / values["clickhouse_entries"] * values["headroom"]
    assert line[3].split()[2].rstrip(",") == str(values["clickhouse_replicas"])
