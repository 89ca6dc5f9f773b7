"""The entity of orders: tables, store views, pages, chunks."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from synqd.entities.base import Context, Page, Row, Source, gone
from synqd.entities.identity import clean_id, profile_uuid
from synqd.entities.payload import digest, filled
from synqd.entities.valid import is_email
from synqd.entities.watch import Watch
from synqd.models.item import Leased
from synqd.models.names import Model
from synqd.models.shop import Shop, StoreView
from synqd.models.wire import Endpoint, Parcel, Skip, WireItem

_ORDERS = """
SELECT o.entity_id, o.store_id, o.increment_id, o.customer_email, o.order_currency_code,
       CAST(o.created_at AS CHAR), o.subtotal, o.subtotal_incl_tax, o.status, o.customer_id, c.email, p.method
FROM {sales_order} o
LEFT JOIN {customer_entity} c ON c.entity_id = o.customer_id
LEFT JOIN {sales_order_payment} p ON p.parent_id = o.entity_id
WHERE o.entity_id IN %s"""
_LINES = """
SELECT order_id, sku, name, qty_ordered, row_total, tax_amount, discount_amount
FROM {sales_order_item} WHERE order_id IN %s AND parent_item_id IS NULL ORDER BY item_id"""


class OrderEntity:
    """Orders: ``sales_order`` with its items and payment."""

    model = Model.ORDER
    watches = (
        Watch(
            "sales_order",
            "{row}.entity_id",
            key="{row}.increment_id",
            store="{row}.store_id",
            identity=True,
            ignore=("updated_at", "email_sent", "send_email"),
        ),
        Watch("sales_order_item", "{row}.order_id"),
        Watch("sales_order_address", "{row}.parent_id"),
        Watch("sales_order_payment", "{row}.parent_id", only=("method",)),
    )

    async def locate(self, source: Source, shop: Shop, ids: Sequence[int]) -> Mapping[int, frozenset[int]]:
        """An order belongs to the store view it was placed in; to none when that is gone (S11)."""
        if not ids:
            return {}
        rows = await source.fetch(
            "SELECT entity_id, store_id FROM {sales_order} WHERE entity_id IN %s", (tuple(ids),)
        )
        return {entity_id: frozenset({store_id} if store_id else ()) for entity_id, store_id in rows}

    async def resolve(self, source: Source, via: str, keys: Sequence[str]) -> Mapping[str, Sequence[int]]:
        """Orders have no indirect rows."""
        return {}

    async def page(self, source: Source, store: StoreView, after: int, limit: int, until: int) -> Page:
        """The next orders of a store view."""
        rows = await source.fetch(
            "SELECT entity_id FROM {sales_order} WHERE store_id = %s AND entity_id > %s AND entity_id <= %s"
            " ORDER BY entity_id LIMIT %s",
            (store.store_id, after, until, limit),
        )
        return Page([row[0] for row in rows])

    async def count(self, source: Source, store: StoreView) -> int:
        """How many orders a store view has."""
        rows = await source.fetch("SELECT COUNT(*) FROM {sales_order} WHERE store_id = %s", (store.store_id,))
        return int(rows[0][0])

    async def high(self, source: Source) -> int:
        """The highest order id."""
        rows = await source.fetch("SELECT COALESCE(MAX(entity_id), 0) FROM {sales_order}")
        return int(rows[0][0])

    async def compose(
        self, source: Source, context: Context, items: Sequence[Leased]
    ) -> Sequence[Parcel | Skip]:
        """Transactions, each with the increment id as its salt, so that sending again overwrites."""
        ids = tuple(item.key.entity_id for item in items)
        orders = {row[0]: row for row in await source.fetch(_ORDERS, (ids,))}
        lines: dict[int, list[Row]] = defaultdict(list)
        for row in await source.fetch(_LINES, (ids,)):
            lines[row[0]].append(row)
        return [
            self._transaction(context, item, orders[item.key.entity_id], lines[item.key.entity_id])
            if item.key.entity_id in orders
            else gone(item)
            for item in items
        ]

    def refresh(self) -> None:
        """Nothing is cached yet."""

    def _transaction(self, context: Context, item: Leased, row: Row, lines: Sequence[Row]) -> Parcel | Skip:
        (
            _,
            store_id,
            increment,
            raw_email,
            currency,
            created,
            net,
            gross,
            status,
            customer,
            present,
            method,
        ) = row
        email = clean_id(raw_email or "")
        if not store_id:
            return Skip("the order's store view is gone")
        if not is_email(email):
            return Skip("no valid e-mail")
        client = {"email": email, "uuid": profile_uuid(raw_email)}
        if customer and present == raw_email:
            client["customId"] = str(customer)
        tax = context.settings.product.at(context.store).calculate_tax

        def money(amount: Any) -> dict[str, Any]:
            return {"amount": max(amount or 0, 0), "currency": currency}

        body = {
            "client": client,
            "orderId": increment,
            "eventSalt": increment,
            "recordedAt": f"{created[:10]}T{created[11:19]}.000Z",
            "source": context.settings.order.at(context.store).source,
            "paymentInfo": {"method": method or "none"},
            "revenue": money(gross if tax else net),
            "value": money(net),
            "products": [
                {
                    "sku": sku,
                    "name": name,
                    "quantity": quantity,
                    "finalUnitPrice": money(
                        (total - (less or 0) + (tax_amount or 0 if tax else 0)) / (quantity or 1)
                    ),
                }
                for _, sku, name, quantity, total, tax_amount, less in lines
            ],
            "metadata": {"orderStatus": status, "lastUpdateType": item.lane.update_type},
        }
        wire = WireItem(Endpoint.TRANSACTIONS, increment, body)
        return Parcel((wire,), increment, alive=True, fields=filled(body), digest=digest([body]))
