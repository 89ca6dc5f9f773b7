"""A plugin of pytest: tells coverage which test runs, or leaves out all tests but those that were chosen."""

import os
from collections.abc import Generator
from pathlib import Path

import pytest
from coverage import Coverage

CHOSEN = "SYNQD_MUTANTS_TESTS"
"""Names the file with the ids of the chosen tests, one a line."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, bool, bool]:
    """What is run from now on is run by this test."""
    if measuring := Coverage.current():
        measuring.switch_context(item.nodeid)
    return (yield)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keeps the chosen tests."""
    if chosen := os.environ.get(CHOSEN):
        wanted = set(Path(chosen).read_text().splitlines())
        items[:] = [item for item in items if item.nodeid in wanted]
