"""The interface of an entity, and what it is given to work with."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, Protocol, runtime_checkable

from synqd.config import Settings
from synqd.entities.watch import Watch
from synqd.models.item import Leased, LedgerEntry
from synqd.models.names import Key, Model
from synqd.models.settle import GONE
from synqd.models.shop import Shop, StoreView
from synqd.models.wire import Parcel, Skip

Row = tuple[Any, ...]


class Source(Protocol):
    """Magento's tables, read-only; the room ``magento`` implements it."""

    async def fetch(self, sql: str, args: Sequence[Any] = ()) -> Sequence[Row]:
        """Runs one query and returns all its rows.

        Args:
            sql: the statement; tables are written ``{catalog_product_entity}`` and get prefix and quotes;
                parameters are ``%s``, a list or tuple parameter expands to ``(1,2,3)``.
            args: the parameters.

        Raises:
            MagentoUnavailable: the database did not answer in time, or refuses.
        """

    async def has_table(self, name: str) -> bool:
        """Whether this Magento has a table (modules may be missing)."""


@runtime_checkable
class Versioned(Protocol):
    """A source that knows of versions of the shop's content (content staging).

    Attributes:
        version: which one its tables are read as of; 0 for whatever is current, or if there are none.
    """

    @property
    def version(self) -> int:
        """See the class."""

    async def at_one_version(self) -> Source:
        """The source as of the version that is current now; itself where nothing has versions.

        Raises:
            MagentoUnavailable: nobody can tell now.
        """


async def at_one_version(source: Source) -> Source:
    """The source as of one version of the shop's content, whatever becomes current while it is read.

    Raises:
        MagentoUnavailable: nobody can tell now which one is current.
    """
    return await source.at_one_version() if isinstance(source, Versioned) else source


def version_of(source: Source) -> int:
    """The version that a source is read as of; 0 for whatever is current, or if there are none."""
    return source.version if isinstance(source, Versioned) else 0


class Ledger(Protocol):
    """What was sent, beyond what an item itself is known by; the queue implements it."""

    async def withdrawn(self, workspace: str, emails: Collection[str]) -> Mapping[str, int]:
        """When the last withdrawal was said that was sent for addresses (semantics S26).

        In milliseconds since the epoch; addresses without one are left out.
        """

    async def holding(self, workspace: str, emails: Collection[str]) -> Sequence[tuple[Key, LedgerEntry]]:
        """Customers and subscribers that were sent last by one of these addresses, gone ones among them."""

    async def newest_guests(self, workspace: str, marks: Collection[str]) -> Mapping[str, int]:
        """The newest order whose names were sent for a guest (semantics S30), by ``LedgerEntry.guest``.

        Guests of whom nothing was sent are left out.
        """


class NothingSent:
    """The ledger where there is none."""

    async def withdrawn(self, workspace: str, emails: Collection[str]) -> Mapping[str, int]:
        """Nobody has withdrawn."""
        return {}

    async def holding(self, workspace: str, emails: Collection[str]) -> Sequence[tuple[Key, LedgerEntry]]:
        """Nobody was sent."""
        return ()

    async def newest_guests(self, workspace: str, marks: Collection[str]) -> Mapping[str, int]:
        """No guest has a name."""
        return {}


def wake_nobody(key: Key) -> None:
    """For whoever only looks."""


@dataclass(frozen=True)
class Context:
    """What a chunk is mapped with: one store view, its settings, and the present moment.

    Attributes:
        settings: the whole configuration; ``settings.product.at(store)`` is a section's value here.
        shop: layout and Magento configuration.
        store: the store view.
        workspace: name of the workspace it belongs to.
        now: aware UTC time that all windows of the chunk are judged by.
        ledger: what was sent before.
        wake: told of items that may be sent now, whatever was sent for them before: one of the chunk has
            given up a key that they have, too (S29).
    """

    settings: Settings
    shop: Shop
    store: StoreView
    workspace: str
    now: datetime
    ledger: Ledger = field(default_factory=NothingSent)
    wake: Callable[[Key], None] = wake_nobody


class Page(NamedTuple):
    """A page of a full synchronization: ids in ascending order, empty at the end."""

    ids: Sequence[int]


class Entity(Protocol):
    """One model: where its changes show, whose it is, and what is sent for it."""

    @property
    def model(self) -> Model:
        """Which model it is."""

    @property
    def watches(self) -> tuple[Watch, ...]:
        """The tables whose changes concern it."""

    @property
    def wide(self) -> frozenset[str]:
        """What may be behind very many entities ("category"): asked for by ``reach``, never all at once."""

    async def locate(self, source: Source, shop: Shop, ids: Sequence[int]) -> Mapping[int, frozenset[int]]:
        """Store views that entities belong to, switched on or not; ids that do not exist are left out."""

    async def resolve(self, source: Source, via: str, keys: Sequence[str]) -> Mapping[str, Sequence[int]]:
        """Entity ids behind indirect change-log rows (``Change.via``), by key; unknown keys are left out."""

    async def reach(self, source: Source, via: str, key: str, after: int, limit: int) -> Sequence[int]:
        """The next entities behind something wide: ``id > after``, ascending, at most ``limit`` of them."""

    async def related(self, source: Source, ids: Sequence[int]) -> Mapping[int, frozenset[int]]:
        """Other entities of the model whose payload depends on these, by id; also of deleted ones."""

    async def page(self, source: Source, store: StoreView, after: int, limit: int, until: int) -> Page:
        """The next ids of a store view: ``after < id <= until``, ascending, at most ``limit`` of them."""

    async def count(self, source: Source, store: StoreView) -> int:
        """How many entities a full synchronization of a store view would select."""

    async def high(self, source: Source) -> int:
        """The highest id there is now, the high-water mark of a full synchronization; 0 for none."""

    async def compose(
        self, source: Source, context: Context, items: Sequence[Leased]
    ) -> Sequence[Parcel | Skip]:
        """What shall be sent for each item, in the order of ``items``, tombstones and renames included.

        Reads in a number of queries that does not depend on the number of items.

        Raises:
            MagentoUnavailable: nothing was decided; the items have to wait.
        """

    async def explain(
        self, source: Source, context: Context, items: Sequence[Leased]
    ) -> Sequence[Mapping[str, str] | None]:
        """For each item: field -> where its value comes from (table, scope, rule); None if none is sent."""

    def refresh(self) -> None:
        """Forgets cached metadata (attributes, options, taxes): a change log told of a change."""


def gone(item: Leased) -> Skip:
    """What becomes of an item whose row is gone, where Synerise knows nothing of it or keeps what it has."""
    return Skip("not in Magento, and never sent" if item.known is None else GONE)
