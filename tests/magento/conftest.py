"""Fixtures for the tests of Magento's place."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any

import pytest

from synqd.clock import Clock
from synqd.entities.watch import Watch
from synqd.magento import Magento
from synqd.models.names import Model
from tests.magento.places import WATCHES, HandClock, OpenMagento, settings_for
from tests.support.database import Database


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def open_magento() -> AsyncIterator[OpenMagento]:
    """Opens places that are closed at the end of the test."""
    async with AsyncExitStack() as places:

        async def make(
            shop: Database,
            /,
            watches: Mapping[Model, Sequence[Watch]] = WATCHES,
            clock: Clock | None = None,
            **changes: Any,
        ) -> Magento:
            return await places.enter_async_context(
                Magento.open(settings_for(shop, **changes), watches, clock)
            )

        yield make


@pytest.fixture
async def magento(empty_shop: Database, open_magento: OpenMagento, clock: HandClock) -> Magento:
    """The place over an empty shop, change log installed."""
    place = await open_magento(empty_shop, clock=clock)
    await place.changelog.install()
    return place
