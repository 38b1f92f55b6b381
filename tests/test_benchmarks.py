"""The benchmarks run, and what they count (not what they time) is as promised."""

from __future__ import annotations

from benchmarks.policy import measure

SMALL, LARGE = 100, 1_000


def test_a_change_of_policy_writes_the_same_rows_whatever_the_number_of_sessions() -> None:
    results = measure((SMALL, LARGE), rounds=3)
    rows = {
        name: {sample.rows for result in results.values() for sample in result.sets[name]}
        for name in results[SMALL].sets
    }
    assert {len(counts) for counts in rows.values()} == {1}
    assert all(min(counts) > 0 for counts in rows.values())
    assert all(result.is_untouched for result in results.values())
    assert [results[size].ends for size in (SMALL, LARGE)] == [SMALL // 2, LARGE // 2]
