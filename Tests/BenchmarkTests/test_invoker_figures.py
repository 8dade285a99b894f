"""What the figures of the invoker's benchmark and of its soak are made of."""

import types

import pytest

import invoker
import run
import soak
from programs import Missing


def test_without_wrk_the_stage_is_left_out_unless_goals_are_checked(monkeypatch):
    monkeypatch.setattr(invoker, "WRK", None)
    options = types.SimpleNamespace(only=["lean", "invoker"], check=False)
    assert "apt-get install wrk" in run.left_out(options)[0] and options.only == ["lean"]
    with pytest.raises(Missing):
        run.left_out(types.SimpleNamespace(only=["invoker"], check=True))
    assert run.left_out(types.SimpleNamespace(only=["lean"], check=True)) == []


@pytest.mark.parametrize("found, not_once", [(100, 0), (132, 0), (133, 1), (99, 1)])
def test_calls_that_wrk_cut_off_may_be_in_the_log(found, not_once):
    assert invoker.once(100, found, 32)["not_once"] == not_once


def rounds(*figures):
    """Calls a second and milliseconds without a proxy, through nginx and through the invoker."""
    return [{name: {"calls_per_s": rate, "median_ms": ms, "p99_ms": 2 * ms}
             for name, (rate, ms) in zip(("direct", "nginx", "invoker"), round)} for round in figures]


def test_shares_and_differences_are_taken_within_a_round():
    three = rounds(((9, 1), (8, 2), (4, 4)), ((90, 3), (80, 4), (20, 5)), ((9, 2), (1, 8), (1, 7)))
    assert invoker.medians(three)["nginx"] == {"calls_per_s": 8, "median_ms": 4, "p99_ms": 8}
    assert invoker.share(three) == 0.5
    assert invoker.added(three) == {"nginx": {"median_ms": 1, "p99_ms": 2}, "invoker": {"median_ms": 3, "p99_ms": 6}}


@pytest.mark.parametrize("samples, growth", [([50, 90, 60, 60, 60, 61], 0.5), (range(90), 30)])
def test_memory_grows_from_the_middle_third_to_the_last(samples, growth):
    assert soak.memory(list(samples))["growth_mb"] == growth


class Log:
    """The list of entries in pages of two."""

    def __init__(self, *numbers):
        self.numbers = numbers

    def call(self, method, path):
        at = int(path.partition("&cursor=")[2] or 0)
        rows = ",".join('{"id":"0","request_id":"soak-%09d","span_id":null}' % number for number in self.numbers[at:at + 2])
        cursor = f'"{at + 2}"' if at + 2 < len(self.numbers) else "null"
        return f'{{"logs":[{rows},{{"request_id":"probe-000000001"}}],"next_cursor":{cursor}}}'.encode()


@pytest.mark.parametrize("numbers, lost, doubled, strange", [
    ((3, 2, 1, 0), 0, 0, 0), ((3, 1, 0), 1, 0, 0), ((3, 2, 2, 1, 0, 2), 0, 1, 0), ((4, 3, 2, 1, 0), 0, 0, 1),
    ((3, 3, 1, 7), 2, 1, 1)])
def test_what_is_lost_doubled_or_made_up_is_found(numbers, lost, doubled, strange):
    found = soak.once(Log(*numbers), 4)
    assert (found["lost"], found["doubled"], found["strange"]) == (lost, doubled, strange)
