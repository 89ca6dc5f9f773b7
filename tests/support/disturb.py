"""Somebody who deploys all the time: Magento's triggers go and come, and views change their mode."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable, Sequence

from asyncmy.errors import OperationalError

from tests.support import deploys
from tests.support.database import Database

VIEWS: Sequence[str] = (
    "catalogsearch_fulltext",
    "catalog_product_price",
    "inventory",
    "cataloginventory_stock",
    "catalog_category_product",
)
LOCK_WAIT = 1205
PAUSE = 0.5


class Disturber:
    """Drops and makes anew Magento's triggers, and switches views, until it is told to stop.

    Args:
        install: what an operator runs after each change; None where nothing is installed.
    """

    def __init__(
        self, database: Database, seed: int, install: Callable[[], Awaitable[object]] | None
    ) -> None:
        self._database = database
        self._random = random.Random(seed)
        self._install = install
        self._made: dict[str, str] = {}
        self._views: list[str] = []
        self._task: asyncio.Task[None] | None = None
        self._going_on = False
        self.times = 0

    async def start(self) -> None:
        """Begins, from Magento's triggers as they are."""
        self._made = await deploys.definitions(self._database)
        table = f"{self._database.prefix}mview_state"
        rows = await self._database.sql(f"SELECT view_id FROM {table} WHERE mode = 'enabled'")
        self._views = [row["view_id"] for row in rows if row["view_id"] in VIEWS]
        self._going_on = True
        self._task = asyncio.create_task(self._work())

    async def stop(self) -> None:
        """Leaves the shop as it was, all views on schedule, as a deploy does in the end."""
        self._going_on = False
        if self._task is not None:
            await self._task  # not cancelled: the driver may swallow that
            self._task = None
        await self._restore()

    async def _work(self) -> None:
        while self._going_on:
            await asyncio.sleep(PAUSE * self._random.random())
            if self._random.random() < 0.7 or len(self._views) < 2:
                await self._drop(self._made)
                await self._create(self._made.values())
            else:
                await self._switch(self._random.sample(self._views, 2))
            self.times += 1

    async def _switch(self, views: Iterable[str]) -> None:
        """Some views to realtime and back, with an ``install`` after each change."""
        logs = [f"{self._database.prefix}{view}_cl" for view in views]
        await self._drop(self._made)
        await self._create(left for text in self._made.values() if (left := deploys.without(text, logs)))
        await self._set_mode("disabled", views)
        await self._installed()
        await asyncio.sleep(PAUSE * self._random.random())
        await self._restore()

    async def _restore(self) -> None:
        await self._drop(await deploys.definitions(self._database))
        await self._create(self._made.values())
        await self._set_mode("enabled", self._views)
        await self._installed()

    async def _installed(self) -> None:
        if self._install is not None:
            await self._install()

    async def _set_mode(self, mode: str, views: Iterable[str]) -> None:
        for view in views:
            table = f"{self._database.prefix}mview_state"
            await self._database.sql(f"UPDATE {table} SET mode = %s WHERE view_id = %s", mode, view)

    async def _drop(self, names: Iterable[str]) -> None:
        for name in [*names]:
            await self._surely(f"DROP TRIGGER IF EXISTS `{name}`")

    async def _create(self, statements: Iterable[str]) -> None:
        for statement in statements:
            await self._surely(statement)

    async def _surely(self, statement: str) -> None:
        """Steps back from a table that a transaction holds: others wait behind whoever waits."""
        while True:
            try:
                async with (
                    self._database.connect(init_command="SET lock_wait_timeout = 1") as connection,
                    connection.cursor() as cursor,
                ):
                    await cursor.execute(statement)
                    return
            except OperationalError as error:
                if error.args[0] != LOCK_WAIT:
                    raise
