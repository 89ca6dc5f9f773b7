"""A short-lived connection to Magento for the commands that need one."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import TypeVar

from synqd.config import Settings
from synqd.entities import create_entities
from synqd.magento import Magento

Result = TypeVar("Result")


@asynccontextmanager
async def magento(settings: Settings) -> AsyncIterator[Magento]:
    """Magento's database, with the watches of all models (the change log does not depend on what is on)."""
    watches = {model: entity.watches for model, entity in create_entities().items()}
    async with Magento.open(settings.magento, watches, deployed=settings.shop.config) as place:
        yield place


def wait_for(work: Coroutine[None, None, Result]) -> Result:
    """Runs a command's asynchronous part."""
    return asyncio.run(work)
