"""How far the change log was read, and what is remembered of what it does not say."""

from collections.abc import Sequence

from synqd.models.change import Cursor
from synqd.queue import (
    cursors,
    source_items,
)
from synqd.queue.store import Store


class CaptureVerbs:
    """How far the change log was read, and what is remembered of what it does not say."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def cursor(self, source: str) -> Cursor | None:
        """How far ``source`` was read, or None if never."""
        return await self._store.ask(cursors.find, source)

    async def cursors(self) -> list[Cursor]:
        """All cursors, by source."""
        return await self._store.read(cursors.every)

    async def source_skus(self, numbers: Sequence[int]) -> dict[int, str]:
        """SKUs of those source items that are remembered (S28)."""
        return await self._store.ask(source_items.known, numbers)

    async def learn_source_skus(self, rows: Sequence[tuple[int, str]]) -> None:
        """Remember source items that are not known yet."""
        await self._store.take_in(source_items.learn, rows)

    async def forget_source_skus(self) -> None:
        """Forget all of them: another way of capture keeps them up no longer."""
        while await self._store.write(source_items.forget_page, self._store.settings.page):
            pass
