"""What the figures of the invoker's benchmark are made of."""

import pytest

import invoker


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
