"""A fake Synerise and a workspace that talks to it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from synqd.synerise import Delivery, Workspace
from synqd_demo.fake_synerise import FakeSynerise
from tests.synerise.helpers import Recorder, opened


@pytest.fixture
async def fake() -> AsyncIterator[FakeSynerise]:
    async with FakeSynerise() as server:
        yield server


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
async def workspace(fake: FakeSynerise, recorder: Recorder) -> AsyncIterator[Workspace]:
    async with opened(fake.url, observer=recorder) as one:
        yield one


@pytest.fixture
def delivery(workspace: Workspace) -> Delivery:
    return Delivery(workspace)
