"""The hand that does in Magento's tables what happens in the pretended shop."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from benchmarks.torture.edits import Row, Shop, Thing
from synqd.models.names import Model
from tests.support.database import Database

FIRST = {Model.PRODUCT: 30_000, Model.CUSTOMER: 40_000, Model.SUBSCRIBER: 50_000, Model.ORDER: 60_000}
"""Ids from here on are ours; the others are the demo shop's."""
HOME, TRADE = (1, 1), (3, 4)
"""Website and store view; of three things, one is at the second."""
PAUSE = 0.01
"""Seconds between two edits."""
ATTRIBUTES = ("name", "short_description")
VISIBLE = {"status": 1, "visibility": 4}

Statement = tuple[str, Sequence[Any]]

_TABLES = {
    Model.PRODUCT: ("catalog_product_entity", "entity_id"),
    Model.CUSTOMER: ("customer_entity", "entity_id"),
    Model.SUBSCRIBER: ("newsletter_subscriber", "subscriber_id"),
    Model.ORDER: ("sales_order", "entity_id"),
}
_NEW_PRODUCT = "INSERT INTO catalog_product_entity (entity_id, attribute_set_id, sku) VALUES (%s, 4, '')"
_PRODUCT = "UPDATE catalog_product_entity SET sku = %s WHERE entity_id = %s"
_LINK = "INSERT IGNORE INTO catalog_product_website (product_id, website_id) VALUES (%s, %s)"
_UNLINK = "DELETE FROM catalog_product_website WHERE product_id = %s AND website_id = %s"
_NO_VALUE = "DELETE FROM {table} WHERE attribute_id = %s AND entity_id = %s AND store_id = 0"
_VALUE = """
INSERT INTO {table} (attribute_id, entity_id, store_id, value) VALUES (%s, %s, 0, %s)
ON DUPLICATE KEY UPDATE value = VALUES(value)"""
_NEW_CUSTOMER = "INSERT INTO customer_entity (entity_id, website_id, store_id) VALUES (%s, %s, %s)"
_CUSTOMER = "UPDATE customer_entity SET email = %s, firstname = %s, lastname = %s WHERE entity_id = %s"
_NEW_SUBSCRIBER = "INSERT INTO newsletter_subscriber (subscriber_id, store_id) VALUES (%s, %s)"
_SUBSCRIBER = """
UPDATE newsletter_subscriber
   SET subscriber_email = %s, subscriber_status = %s, change_status_at = FROM_UNIXTIME(%s)
 WHERE subscriber_id = %s"""
_NEW_ORDER = """
INSERT INTO sales_order (entity_id, increment_id, store_id, customer_email, customer_is_guest, created_at,
    order_currency_code, base_currency_code, subtotal, grand_total)
VALUES (%s, %s, %s, %s, 1, '2026-01-05 10:00:00', 'EUR', 'EUR', 5, 5)"""
_NEW_LINE = """
INSERT INTO sales_order_item (order_id, store_id, product_id, product_type, sku, name, qty_ordered, price,
    row_total)
VALUES (%s, %s, 1, 'simple', 'x', 'n', 1, 5, 5)"""
_ORDER = "UPDATE sales_order SET status = %s, coupon_code = %s WHERE entity_id = %s"


class Hand:
    """Edits one thing after the other, each edit in a transaction; ``founded``: seconds since the epoch."""

    def __init__(self, database: Database, shop: Shop, founded: float) -> None:
        self._database = database
        self._shop = shop
        self._founded = founded
        self._made: set[tuple[Model, int]] = set()
        self._attributes: Mapping[str, int] = {}

    async def begin(self) -> None:
        """Founds the shop."""
        rows = await self._database.sql(
            "SELECT attribute_code, attribute_id FROM eav_attribute WHERE entity_type_id = 4"
        )
        self._attributes = {row["attribute_code"]: row["attribute_id"] for row in rows}
        await self.work(asyncio.Event(), edits=1)

    async def work(self, stop: asyncio.Event, edits: int = -1) -> None:
        """Goes on editing until it is told to stop, or has made so many edits."""
        async with self._database.connect(autocommit=False) as connection, connection.cursor() as cursor:
            while not stop.is_set() and edits:
                edits -= 1
                self._shop.advance(self._shop.head + 1)
                for row in self._shop.rows(self._shop.head - 1, self._shop.head):
                    for sql, values in self._statements(row):
                        await cursor.execute(sql, values)
                await connection.commit()
                await asyncio.sleep(PAUSE)

    def _statements(self, row: Row) -> Iterator[Statement]:
        thing = self._shop.living(row.model).get(row.entity_id)
        number = FIRST[row.model] + row.entity_id
        if thing is None:
            table, column = _TABLES[row.model]
            yield f"DELETE FROM {table} WHERE {column} = %s", (number,)
            return
        if (row.model, row.entity_id) not in self._made:
            self._made.add((row.model, row.entity_id))
            yield from self._make(row.model, number)
        yield from self._change(row.model, number, thing)

    def _make(self, model: Model, number: int) -> Iterator[Statement]:
        website, store = TRADE if number % 3 == 0 else HOME
        match model:
            case Model.PRODUCT:
                yield _NEW_PRODUCT, (number,)
                yield _LINK, (number, TRADE[0])
                yield from (self._value("int", number, code, value) for code, value in VISIBLE.items())
            case Model.CUSTOMER:
                yield _NEW_CUSTOMER, (number, website, store)
            case Model.SUBSCRIBER:
                yield _NEW_SUBSCRIBER, (number, store)
            case Model.ORDER:
                yield _NEW_ORDER, (number, f"T{number}", store, f"buyer{number}@many.example")
                yield _NEW_LINE, (number, store)

    def _change(self, model: Model, number: int, thing: Thing) -> Iterator[Statement]:
        match model:
            case Model.PRODUCT:
                yield _PRODUCT, (thing.key, number)
                yield self._value("varchar", number, "name", f"{number} {thing.value}")
                yield self._value("text", number, "short_description", thing.note)
                yield _LINK if thing.flag else _UNLINK, (number, HOME[0])
            case Model.CUSTOMER:
                yield _CUSTOMER, (thing.key, thing.value, thing.note, number)
            case Model.SUBSCRIBER:
                said_at = int(self._founded) + thing.said_at // 1000
                yield _SUBSCRIBER, (thing.key, 1 if thing.flag else 3, said_at, number)
            case Model.ORDER:
                yield _ORDER, (thing.value, thing.note, number)

    def _value(self, kind: str, number: int, code: str, value: object) -> Statement:
        table, place = f"catalog_product_entity_{kind}", (self._attributes[code], number)
        if value is None:
            return _NO_VALUE.format(table=table), place
        return _VALUE.format(table=table), (*place, value)
