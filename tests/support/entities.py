"""Running an entity as the drainer does: leased items in, parcels out, statements counted."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from synqd.config import MagentoSettings, Settings
from synqd.entities.base import Context, Entity, Ledger, NothingSent, Row, Source
from synqd.entities.payload import encode
from synqd.magento import Magento
from synqd.models.item import Leased, LedgerEntry, Want
from synqd.models.names import Key, Lane
from synqd.models.shop import Shop
from synqd.models.wire import Parcel, Skip
from tests.support.database import Database

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
"""The clock of the dump."""

WORKSPACE = "main"


class CountingSource:
    """Passes queries on and remembers them."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.queries: list[str] = []

    async def fetch(self, sql: str, args: Sequence[Any] = ()) -> Sequence[Row]:
        self.queries.append(sql)
        return await self._source.fetch(sql, args)

    async def has_table(self, name: str) -> bool:
        return await self._source.has_table(name)


async def put(database: Database, table: str, **columns: Any) -> None:
    """A row in the place of the one with its keys, if there was one; what is not given is as it may be."""
    names, marks = ", ".join(f"`{name}`" for name in columns), ", ".join(["%s"] * len(columns))
    await database.sql(f"REPLACE INTO {table} ({names}) VALUES ({marks})", *columns.values())


def one_workspace(**sections: Any) -> Settings:
    """Settings with one workspace for both websites, and these sections."""
    workspaces = {WORKSPACE: {"api_key_file": "main.key", "websites": ["base", "b2b"]}}
    return Settings.model_validate({"workspaces": workspaces, **sections})


def settings_of(**sections: Any) -> Settings:
    """Settings with one workspace for website ``base`` and one for ``b2b``, and these sections."""
    workspaces = {
        WORKSPACE: {"api_key_file": "main.key", "websites": ["base"]},
        "b2b": {"api_key_file": "b2b.key", "websites": ["b2b"]},
    }
    return Settings.model_validate({"workspaces": workspaces, **sections})


def leased(entity: Entity, store_id: int, entity_id: int, **values: Any) -> Leased:
    """An item as the queue hands it out; by default from a full synchronization."""
    item = {
        "row_id": entity_id,
        "key": Key(entity.model, store_id, entity_id),
        "token": 1,
        "revision": 1,
        "attempts": 0,
        "lane": Lane.FULL,
        "first_at": 1_795_000_000_000,
        "want": Want.FORCE,
        "hint": None,
        "known": None,
    }
    return Leased(**{**item, **values})


def remembered(
    parcel: Parcel | Skip, workspace: str = WORKSPACE, *, alive: bool | None = None
) -> LedgerEntry:
    """The ledger's row after a parcel was delivered."""
    assert isinstance(parcel, Parcel), parcel
    lives = parcel.alive if alive is None else alive
    what = (workspace, parcel.wire_key, parcel.fields, parcel.digest, "settings", lives, 1, 1, 202)
    return LedgerEntry(*what, parcel.event, parcel.agreed_at, parcel.withdrawn_at, guest=parcel.guest)


def doubted(known: LedgerEntry, *keys: str) -> LedgerEntry:
    """The row after something left that may have arrived, also under these keys."""
    return known._replace(alive=False, digest=b"", doubt=keys)


@dataclass
class Shopkeeper:
    """An entity, a database and a shop."""

    entity: Entity
    source: CountingSource
    shop: Shop
    settings: Settings = field(default_factory=settings_of)
    ledger: Ledger = field(default_factory=NothingSent)
    woken: set[Key] = field(default_factory=set)
    """Items that others gave up their keys to."""

    def context(self, store_id: int, now: datetime = NOW) -> Context:
        own = self.shop.stores[store_id].website_code
        workspace = own if own in self.settings.workspaces else WORKSPACE
        return Context(
            self.settings, self.shop, self.shop.stores[store_id], workspace, now, self.ledger, self.woken.add
        )

    async def full(self, store_id: int, **values: Any) -> Sequence[Parcel | Skip]:
        """What a full synchronization of a store view would send."""
        store = self.shop.stores[store_id]
        high = await self.entity.high(self.source)
        page = await self.entity.page(self.source, store, 0, 10_000, high)
        return await self.compose(
            store_id, [leased(self.entity, store_id, each, **values) for each in page.ids]
        )

    async def compose(
        self, store_id: int, items: Sequence[Leased], now: datetime = NOW
    ) -> Sequence[Parcel | Skip]:
        return await self.entity.compose(self.source, self.context(store_id, now), items)

    async def one(self, store_id: int, entity_id: int, **values: Any) -> Parcel | Skip:
        """What is sent for one item."""
        (outcome,) = await self.compose(store_id, [leased(self.entity, store_id, entity_id, **values)])
        return outcome


@asynccontextmanager
async def open_magento(database: Database, home: Path) -> AsyncIterator[Magento]:
    """The real place over a test's database."""
    password = home / "password"
    password.write_text(database.password)
    settings = MagentoSettings(
        socket=Path(database.socket), database=database.name, user=database.user, password_file=password
    )
    async with Magento.open(settings, {}) as magento:
        yield magento


def bodies(outcomes: Iterable[Parcel | Skip]) -> list[dict[str, Any]]:
    """The last wire item of each parcel as the JSON that Synerise gets."""
    return [orjson.loads(encode(each.items[-1].body)) for each in outcomes if isinstance(each, Parcel)]


def parcel(outcome: Parcel | Skip) -> Parcel:
    assert isinstance(outcome, Parcel), outcome
    return outcome


def body(outcome: Parcel | Skip, index: int = -1) -> dict[str, Any]:
    sent: dict[str, Any] = orjson.loads(encode(parcel(outcome).items[index].body))
    return sent


def reason(outcome: Parcel | Skip) -> str:
    assert isinstance(outcome, Skip), outcome
    return outcome.reason
