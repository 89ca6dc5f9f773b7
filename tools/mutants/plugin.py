"""A plugin of pytest: tells which test runs which lines and how long it takes, or runs chosen tests alone."""

import json
import os
from collections import Counter
from collections.abc import Generator
from pathlib import Path

import pytest
from coverage import Coverage

CHOSEN = "SYNQD_MUTANTS_CHOSEN"
"""Names the file with the ids of the chosen tests, one a line, in the order in which they shall run."""
TIMES = "SYNQD_MUTANTS_TIMES"
"""Names the file for the seconds that tests take, by id (JSON)."""

_times: Counter[str] = Counter()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, bool, bool]:
    """What is run from now on is run by this test."""
    if measuring := Coverage.current():
        measuring.switch_context(item.nodeid)
    return (yield)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keeps the chosen tests."""
    if chosen := os.environ.get(CHOSEN):
        order = {name: place for place, name in enumerate(Path(chosen).read_text().splitlines())}
        items[:] = sorted((one for one in items if one.nodeid in order), key=lambda one: order[one.nodeid])


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Adds up what a test takes."""
    _times[report.nodeid] += report.duration  # type: ignore[assignment]  # seconds, not a whole number


def pytest_sessionfinish() -> None:
    """Tells it."""
    if times := os.environ.get(TIMES):
        Path(times).write_text(json.dumps(_times))
