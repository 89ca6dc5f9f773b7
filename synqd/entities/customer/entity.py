"""The entity of customers: tables, store views, pages, chunks."""

from collections.abc import Mapping, Sequence
from typing import Any

from synqd.entities.base import Context, Page, Source, gone
from synqd.entities.identity import clean_id
from synqd.entities.payload import digest, filled
from synqd.entities.valid import is_email
from synqd.entities.watch import Watch
from synqd.models.item import Leased
from synqd.models.names import Model
from synqd.models.shop import Shop, StoreView
from synqd.models.wire import Endpoint, Parcel, Skip, WireItem

_NOT_SENT = (
    "updated_at",
    "password_hash",
    "rp_token",
    "rp_token_created_at",
    "failures_num",
    "first_failure",
    "lock_expires",
    "session_cutoff",
)


class CustomerEntity:
    """Customers: ``customer_entity``, its attribute tables and the default billing address."""

    model = Model.CUSTOMER
    watches = (
        Watch(
            "customer_entity",
            "{row}.entity_id",
            key="{row}.email",
            key_changes_matter=True,
            store="NULLIF({row}.store_id, 0)",
            identity=True,
            ignore=_NOT_SENT,
        ),
        *(
            Watch(f"customer_entity_{kind}", "{row}.entity_id")
            for kind in ("varchar", "int", "decimal", "text", "datetime")
        ),
        Watch("customer_address_entity", "{row}.parent_id"),
    )

    async def locate(self, source: Source, shop: Shop, ids: Sequence[int]) -> Mapping[int, frozenset[int]]:
        """A customer belongs to its own store view, a back-office one to its website's default (S11)."""
        if not ids:
            return {}
        rows = await source.fetch(
            "SELECT entity_id, store_id, website_id FROM {customer_entity} WHERE entity_id IN %s",
            (tuple(ids),),
        )
        return {
            entity_id: frozenset({home} if (home := shop.home_store(store_id, website_id)) else ())
            for entity_id, store_id, website_id in rows
        }

    async def resolve(self, source: Source, via: str, keys: Sequence[str]) -> Mapping[str, Sequence[int]]:
        """Customers have no indirect rows."""
        return {}

    async def page(self, source: Source, store: StoreView, after: int, limit: int, until: int) -> Page:
        """The next customers of a store view."""
        rows = await source.fetch(
            "SELECT entity_id FROM {customer_entity}"
            " WHERE entity_id > %s AND entity_id <= %s AND store_id = %s ORDER BY entity_id LIMIT %s",
            (after, until, store.store_id, limit),
        )
        return Page([row[0] for row in rows])

    async def count(self, source: Source, store: StoreView) -> int:
        """How many customers a store view has."""
        rows = await source.fetch(
            "SELECT COUNT(*) FROM {customer_entity} WHERE store_id = %s", (store.store_id,)
        )
        return int(rows[0][0])

    async def high(self, source: Source) -> int:
        """The highest customer id."""
        rows = await source.fetch("SELECT COALESCE(MAX(entity_id), 0) FROM {customer_entity}")
        return int(rows[0][0])

    async def compose(
        self, source: Source, context: Context, items: Sequence[Leased]
    ) -> Sequence[Parcel | Skip]:
        """Profiles, or what the deletion setting demands."""
        rows = await source.fetch(
            "SELECT entity_id, email, firstname, lastname FROM {customer_entity} WHERE entity_id IN %s",
            (tuple(item.key.entity_id for item in items),),
        )
        found = {row[0]: row for row in rows}
        return [
            self._living(context, item, found[item.key.entity_id])
            if item.key.entity_id in found
            else self._deleted(context, item)
            for item in items
        ]

    def refresh(self) -> None:
        """Nothing is cached yet."""

    def _living(self, context: Context, item: Leased, row: Sequence[Any]) -> Parcel | Skip:
        entity_id, raw_email, first, last = row
        email = clean_id(raw_email or "")
        if not is_email(email):
            return Skip("no valid e-mail")
        body = {
            "email": email,
            "customId": str(entity_id),
            "firstName": first,
            "lastName": last,
            "attributes": {"lastUpdateType": item.lane.update_type},
        }
        wire = WireItem(Endpoint.CLIENTS, email, body)
        return Parcel(
            (wire,), email, alive=True, fields=filled(body, frozenset({"attributes"})), digest=digest([body])
        )

    def _deleted(self, context: Context, item: Leased) -> Parcel | Skip:
        email = item.known.wire_key if item.known else item.hint
        behaviour = context.settings.customer.at(context.store).delete
        if behaviour == "ignore" or not email:
            return gone(item)
        time = context.now.strftime("%Y-%m-%dT%H:%M:%S.000Z")
        body = {
            "type": "custom",
            "label": "clientDeleteAccount",
            "action": "client.deleteAccount",
            "client": {"email": email},
            "time": time,
            "eventSalt": f"m2-del-{item.key.entity_id}",
            "params": {"applicationName": "magento2"},
        }
        wire = WireItem(Endpoint.EVENTS, email, body, tombstone=True)
        if behaviour == "remove":
            wire = WireItem(Endpoint.CLIENT_DELETE, str(item.key.entity_id), {}, tombstone=True)
        return Parcel((wire,), email, alive=False)
