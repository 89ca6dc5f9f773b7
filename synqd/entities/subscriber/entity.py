"""The entity of newsletter subscribers: tables, store views, pages, chunks."""

from collections.abc import Mapping, Sequence

from synqd.entities.base import Context, Page, Source
from synqd.entities.cleared import held_keys, known_here
from synqd.entities.customer.handover import WAIT, Move, read_followers
from synqd.entities.identity import WorkspaceStores
from synqd.entities.naming import read_named
from synqd.entities.paging import read_count, read_high, read_page, read_range, read_store_views
from synqd.entities.subscriber.agreement import Chunk, is_given, parcel
from synqd.entities.subscriber.consent import (
    SUBSCRIBED,
    Subscription,
    unplaced_withdrawals,
    winners,
)
from synqd.entities.subscriber.explain import explain
from synqd.entities.subscriber.reading import read_by_email, read_with_rivals
from synqd.entities.watch import EVERYTHING, RANGE, Watch
from synqd.models.item import Leased
from synqd.models.names import Model
from synqd.models.person import folded
from synqd.models.shop import Shop, StoreView
from synqd.models.wire import Parcel, Skip

_TABLE, _KEY = "newsletter_subscriber", "subscriber_id"
FOLLOWS = 60.0
"""Seconds that a subscription waits for its account at most."""


class SubscriberEntity:
    """Newsletter subscribers: ``newsletter_subscriber``."""

    model = Model.SUBSCRIBER
    watches = (
        Watch(
            "newsletter_subscriber",
            "{row}.subscriber_id",
            key="{row}.subscriber_email",
            key_changes_matter=True,
            store="NULLIF({row}.store_id, 0)",  # 0: its customer's home is looked up
            identity=True,
            ignore=("subscriber_confirm_code",),
            spelling=("subscriber_email",),
        ),
    )

    wide = frozenset({RANGE, EVERYTHING})

    def __init__(self) -> None:
        self._stores = WorkspaceStores()

    async def locate(self, source: Source, shop: Shop, ids: Sequence[int]) -> Mapping[int, frozenset[int]]:
        """A subscriber belongs to the store view it subscribed in last, else where its account is at home."""
        return await read_store_views(source, _TABLE, _KEY, tuple(ids))

    async def resolve(self, source: Source, via: str, keys: Sequence[str]) -> Mapping[str, Sequence[int]]:
        """Subscribers by e-mail; no row of theirs names them in another way than by their id."""
        if via != "email":
            return {}
        return await read_named(source, _TABLE, _KEY, "subscriber_email", keys, alike=folded)

    async def reach(self, source: Source, via: str, key: str, after: int, limit: int) -> Sequence[int]:
        """The next subscribers of a range of ids; nothing else is behind many of them."""
        return await read_range(source, _TABLE, _KEY, key, after, limit) if via == RANGE else []

    async def related(self, source: Source, ids: Sequence[int]) -> Mapping[int, frozenset[int]]:
        """No subscriber depends on another one."""
        return {}

    async def page(self, source: Source, store: StoreView, after: int, limit: int, until: int) -> Page:
        """The next subscribers of a store view."""
        return await read_page(source, _TABLE, _KEY, store, after, limit, until)

    async def count(self, source: Source, store: StoreView) -> int:
        """How many subscribers a store view has."""
        return await read_count(source, _TABLE, store)

    async def high(self, source: Source) -> int:
        """The highest subscriber id."""
        return await read_high(source, _TABLE, _KEY)

    async def compose(
        self, source: Source, context: Context, items: Sequence[Leased]
    ) -> Sequence[Parcel | Skip]:
        """Profiles with the e-mail agreement alone, where it is new or changed."""
        if not items:
            return []
        rows = await read_with_rivals(source, tuple([item.key.entity_id for item in items]))
        rows += await read_by_email(source, _unread(context.workspace, items, rows))
        stores = self._stores.of(context)
        counting = winners([row for row in rows if row.store_id in stores])
        module = context.settings.sync.mapping == "module"
        by_id = {row.subscriber_id: row for row in rows}
        withdrawn = await _withdrawn(context, items, rows)
        chunk = Chunk(context, by_id, counting, stores, module, unplaced_withdrawals(rows), withdrawn)
        following = await self._following(source, context, items, by_id)
        return [
            _later(context, item, outcome) if item.key.entity_id in following else outcome
            for item, outcome in zip(items, (parcel(chunk, item) for item in items), strict=True)
        ]

    async def explain(
        self, source: Source, context: Context, items: Sequence[Leased]
    ) -> Sequence[Mapping[str, str] | None]:
        """Where each field comes from, for each item; None where nothing is sent."""
        return [explain(outcome) for outcome in await self.compose(source, context, items)]

    def refresh(self) -> None:
        """Nothing is cached."""

    async def _following(
        self, source: Source, context: Context, items: Sequence[Leased], rows: Mapping[int, Subscription]
    ) -> set[int]:
        """Subscriptions that moved to another e-mail with an account that has to be sent first (S8)."""
        section = context.settings.customer.at(context.store)
        if Model.CUSTOMER not in context.settings.sync.models or section.custom_id == "none":
            return set()
        moves = {}
        for item in items:
            row = rows.get(item.key.entity_id)
            old = held_keys(known_here(item, context.workspace), None)
            if row is not None and old and row.email not in old:
                moves[item.key.entity_id] = Move(old, row.email)
        return await read_followers(source, context, moves) if moves else set()


def _later(context: Context, item: Leased, outcome: Parcel | Skip) -> Parcel | Skip:
    """What follows an account leaves after it; a consent does not wait for long."""
    now = context.now.timestamp()
    if isinstance(outcome, Skip) or now - item.first_at / 1000 > FOLLOWS:
        return outcome
    return outcome._replace(not_before=now + WAIT, waits="its account has to be sent by the new e-mail first")


async def _withdrawn(
    context: Context, items: Sequence[Leased], rows: Sequence[Subscription]
) -> Mapping[str, int]:
    """When the mailboxes that the chunk may agree for were withdrawn last, by the ledger."""
    given = {item.known.wire_key for item in items if item.known and is_given(item, item.known)}
    asked = {row.email for row in rows if row.status == SUBSCRIBED and row.email not in given}
    told = await context.ledger.withdrawn(context.workspace, asked) if asked else {}
    return {folded(email): at for email, at in told.items()}


def _unread(workspace: str, items: Sequence[Leased], rows: Sequence[Subscription]) -> set[str]:
    """Addresses that Synerise knows items by, and that none of the rows has."""
    # Nearly all are spelled as they are stored; mailboxes are made and compared for the rest only.
    stored = {row.email for row in rows}
    former = {key for item in items for key in held_keys(known_here(item, workspace), item)} - stored
    read = {row.mailbox for row in rows} if former else ()
    return {key for key in former if folded(key) not in read}
