from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from synqd_demo.fake_synerise import FakeSynerise
from tests.support.bench import Bench, fake_for, opened
from tests.support.clocks import HandClock

MakeBench = Callable[..., AbstractAsyncContextManager[Bench]]


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def fake(clock: HandClock) -> AsyncIterator[FakeSynerise]:
    async with fake_for(clock) as server:
        yield server


@pytest.fixture
def make_bench(tmp_path: Path, fake: FakeSynerise, clock: HandClock) -> MakeBench:
    """``async with make_bench() as bench``; the queue file stays, so it can be opened again."""

    def make(**sections: Any) -> AbstractAsyncContextManager[Bench]:
        return opened(tmp_path / "queue.db", fake.url, clock, **sections)

    return make


@pytest.fixture
async def bench(make_bench: MakeBench) -> AsyncIterator[Bench]:
    async with make_bench() as made:
        yield made
