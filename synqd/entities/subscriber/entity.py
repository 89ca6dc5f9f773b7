"""The entity of newsletter subscribers: tables, store views, pages, chunks."""

from collections.abc import Mapping, Sequence

from synqd.entities.base import Context, Page, Row, Source, gone
from synqd.entities.identity import clean_id, profile_uuid
from synqd.entities.payload import digest, filled
from synqd.entities.valid import is_email
from synqd.entities.watch import Watch
from synqd.models.item import Leased
from synqd.models.names import Model
from synqd.models.shop import Shop, StoreView
from synqd.models.wire import Endpoint, Parcel, Skip, WireItem

SUBSCRIBED = 1


class SubscriberEntity:
    """Newsletter subscribers: ``newsletter_subscriber``."""

    model = Model.SUBSCRIBER
    watches = (
        Watch(
            "newsletter_subscriber",
            "{row}.subscriber_id",
            key="{row}.subscriber_email",
            key_changes_matter=True,
            store="{row}.store_id",
            identity=True,
            ignore=("subscriber_confirm_code",),
        ),
    )

    async def locate(self, source: Source, shop: Shop, ids: Sequence[int]) -> Mapping[int, frozenset[int]]:
        """A subscriber belongs to the store view it subscribed in."""
        if not ids:
            return {}
        rows = await source.fetch(
            "SELECT subscriber_id, store_id FROM {newsletter_subscriber} WHERE subscriber_id IN %s",
            (tuple(ids),),
        )
        return {entity_id: frozenset({store_id} if store_id else ()) for entity_id, store_id in rows}

    async def resolve(self, source: Source, via: str, keys: Sequence[str]) -> Mapping[str, Sequence[int]]:
        """Subscribers have no indirect rows."""
        return {}

    async def page(self, source: Source, store: StoreView, after: int, limit: int, until: int) -> Page:
        """The next subscribers of a store view."""
        rows = await source.fetch(
            "SELECT subscriber_id FROM {newsletter_subscriber}"
            " WHERE store_id = %s AND subscriber_id > %s AND subscriber_id <= %s"
            " ORDER BY subscriber_id LIMIT %s",
            (store.store_id, after, until, limit),
        )
        return Page([row[0] for row in rows])

    async def count(self, source: Source, store: StoreView) -> int:
        """How many subscribers a store view has."""
        rows = await source.fetch(
            "SELECT COUNT(*) FROM {newsletter_subscriber} WHERE store_id = %s", (store.store_id,)
        )
        return int(rows[0][0])

    async def high(self, source: Source) -> int:
        """The highest subscriber id."""
        rows = await source.fetch("SELECT COALESCE(MAX(subscriber_id), 0) FROM {newsletter_subscriber}")
        return int(rows[0][0])

    async def compose(
        self, source: Source, context: Context, items: Sequence[Leased]
    ) -> Sequence[Parcel | Skip]:
        """Profiles with the e-mail agreement alone."""
        rows = await source.fetch(
            "SELECT subscriber_id, subscriber_email, subscriber_status FROM {newsletter_subscriber}"
            " WHERE subscriber_id IN %s",
            (tuple(item.key.entity_id for item in items),),
        )
        found = {row[0]: row for row in rows}
        return [self._parcel(item, found.get(item.key.entity_id)) for item in items]

    def refresh(self) -> None:
        """Nothing is cached."""

    def _parcel(self, item: Leased, row: Row | None) -> Parcel | Skip:
        before = item.known.wire_key if item.known else item.hint
        raw = row[1] if row else before
        if not raw:
            return gone(item)
        email = clean_id(raw)
        if not is_email(email):
            return Skip("no valid e-mail")
        wires = []
        if row and before and before != email:
            wires.append(self._agreement(before, before, agreed=False, tombstone=True))
        wires.append(
            self._agreement(email, raw, agreed=bool(row and row[2] == SUBSCRIBED), tombstone=row is None)
        )
        body = wires[-1].body
        return Parcel(tuple(wires), email, alive=row is not None, fields=filled(body), digest=digest([body]))

    def _agreement(self, email: str, raw: str, *, agreed: bool, tombstone: bool) -> WireItem:
        body = {"email": email, "uuid": profile_uuid(raw), "agreements": {"email": agreed}}
        return WireItem(Endpoint.CLIENTS, email, body, tombstone=tombstone)
