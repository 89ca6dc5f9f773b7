"""The parts of the benchmarks work at a tiny size, and the table tells what was met."""

import json
from pathlib import Path

from benchmarks import log_lines, queue
from benchmarks.table import Result, compared, percentile, save, show


def test_the_queue_is_measured_against_raw_sqlite(tmp_path: Path) -> None:
    results = queue.measure(tmp_path, rows=2_000, deep=20_000, rounds=1)
    assert len(results) == 7
    assert all(one.figure > 0 for one in results)
    assert [one.met for one in results if one.name.endswith("barest queue")] == [None]


async def test_a_line_of_the_log_has_a_cost(tmp_path: Path) -> None:
    costs = await log_lines.cost_of_a_line(tmp_path / "queue.db", rounds=1, deliveries=5, kept=10)
    assert abs(costs) < 1e6, "microseconds; so few are noise"


def test_goals_are_bounds_of_the_figure_or_of_the_ratio() -> None:
    assert Result("a", 50.0, "rows/s", baseline=100.0, least=0.5, of_baseline=True).met
    assert not Result("a", 49.0, "rows/s", baseline=100.0, least=0.5, of_baseline=True).met
    assert Result("a", 49.0, "ms", baseline=10.0, most=50.0).met
    assert Result("a", 49.0, "ms").met is None
    assert Result("a", 49.0, "ms", most=50.0).goal == "<= 50"
    assert Result("a", 50.0, "rows/s", baseline=100.0, least=0.5, of_baseline=True).goal == ">= 0.5 x"


def test_a_ratio_is_the_middle_one_of_pairs_that_were_measured_side_by_side() -> None:
    slow_for_a_while = compared("a", [60.0, 33.0, 62.0], [100.0, 50.0, 100.0], "rows/s", 0.61)
    assert (slow_for_a_while.figure, slow_for_a_while.baseline) == (60.0, 100.0)
    assert slow_for_a_while.ratio == 0.62
    assert slow_for_a_while.met


def test_the_table_names_what_was_missed_and_the_document_says_where(tmp_path: Path) -> None:
    results = [
        Result("fast", 1234.0, "rows/s", 1000.0, 0.6, of_baseline=True),
        Result("slow", 9.0, "ms", most=5.0),
    ]
    fast, slow = show(results).splitlines()[1:]
    assert fast.split()[:7] == ["fast", "1,234", "rows/s", "1,000", "1.23", ">=", "0.6"]
    assert "NO" in slow
    assert "NO" not in fast
    save(tmp_path / "results.json", results)
    document = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert document["machine"]["cores"]
    assert [one["met"] for one in document["results"]] == [True, False]


def test_a_percentile_is_a_value_that_was_measured() -> None:
    assert percentile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert percentile([1.0] * 99 + [7.0], 0.99) == 7.0
