"""What was sent last, item by item."""

from collections.abc import Collection, Sequence

from synqd.models.item import LedgerEntry
from synqd.models.names import Key, Model, Stream
from synqd.queue import (
    doubt,
    facts,
    ledger,
    verifications,
)
from synqd.queue.connection import snapshot
from synqd.queue.facts import ItemFacts
from synqd.queue.store import Store


class LedgerVerbs:
    """What was sent last, item by item."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def known(self, keys: Sequence[Key]) -> dict[Key, LedgerEntry]:
        """Ledger entries of those items that have one."""
        return await self._store.ask(ledger.known, keys)

    async def withdrawn(self, workspace: str, emails: Collection[str]) -> dict[str, int]:
        """When the last withdrawal was said that was sent for addresses, or may have been sent (S26).

        By the address as it was given, in milliseconds since the epoch; others are left out.
        """
        return await self._store.ask(ledger.withdrawn, workspace, emails)

    async def holding(self, workspace: str, emails: Collection[str]) -> list[tuple[Key, LedgerEntry]]:
        """Customers and subscribers that were sent last by one of these addresses, gone ones among them."""
        return await self._store.ask(ledger.holding, workspace, emails)

    async def newest_guests(self, workspace: str, marks: Collection[str]) -> dict[str, int]:
        """The newest order whose names were sent for guests (S30), by what the ledger knows them by."""
        return await self._store.ask(ledger.newest_guests, workspace, marks)

    async def page(
        self, model: Model, after: tuple[int, int] | None, limit: int, store_id: int | None = None
    ) -> list[tuple[Key, LedgerEntry]]:
        """Ledger entries after (entity id, store view id), in that order."""
        return await self._store.read(ledger.page, model, after or (0, 0), limit, store_id)

    async def living(self, stream: Stream, after: int, until: int | None, limit: int) -> list[int]:
        """Ids that the ledger has alive, or in doubt, in a stream: ``after < id <= until``, ascending."""
        return await self._store.read(verifications.ledger_range, stream, after, until, limit)

    async def facts(self, model: Model, entity_id: int) -> list[ItemFacts]:
        """All that is known of an entity, per store view."""
        return await self._store.ask(snapshot, facts.facts, model, entity_id)

    async def named(
        self, key: str, workspaces: Collection[str], models: Collection[Model]
    ) -> list[tuple[Model, int]]:
        """Entities that are or were known to Synerise by a key, at most a hundred."""
        return await self._store.read(facts.named, key, workspaces, models)

    async def void(self, stream: Stream) -> int:
        """Forget what was sent of a stream (its catalog is gone, S15); returns how many entries."""
        gone, after = 0, 0
        while True:
            page, last = await self._store.write(ledger.void_page, stream, after, self._store.settings.page)
            gone += page
            if last is None:
                return gone
            after = last

    async def doubt_everything(self) -> int:
        """Take all that lives by the ledger for in doubt, since this file is an old one; returns how many."""
        found = 0
        for model in Model:
            after: tuple[int, int] | None = (0, 0)
            while after is not None:
                number, after = await self._store.write(
                    doubt.mark_page, model, after, self._store.settings.page, self._store.now()
                )
                found += number
        return found
