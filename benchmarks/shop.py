"""Makes Magento-shaped shops of any size: the demo's shop, and on top of it rows by the million.

Settings, attributes, categories, taxes and stocks are those of the demo; products, customers, orders and
subscribers are made inside the server by INSERT ... SELECT from sequences, thousands a second. Magento's own
change-log triggers are dropped, as where every index is updated on save: they would log every row.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from synqd_demo.mariadb import MariaDB
from synqd_demo.shop import create_shop

FIRST = 1_000_000
"""Id of the first made product, customer, order and subscriber; the demo's are far below."""
PAGE = 50_000
"""Entities made by one transaction."""

ATTRIBUTES = (
    *("name", "description", "short_description", "special_price", "special_from_date", "special_to_date"),
    *("cost", "weight", "manufacturer", "meta_title", "small_image", "thumbnail", "color", "news_from_date"),
    *("news_to_date", "country_of_manufacture", "url_key", "msrp", "tax_class_id", "size", "clothes_size"),
    *("material", "tasting_notes", "organic", "brewing", "origin_story", "harvested_on", "restocked_at"),
    *("caffeine_mg", "deposit", "leaflet_image", "infusions", "visibility", "category_ids", "media_gallery"),
    *("created_at", "tier_price"),
)
"""The 37 product attributes that the benchmarks synchronize."""

_STORED = frozenset({*ATTRIBUTES, "status", "image", "price"}) - {"tier_price"}
_STORES = "ELT(1 + seq % 4, 1, 2, 4, 5)"
_WEBSITE = "IF(seq % 4 < 2, 1, 3)"

_PREPARE = f"""
CREATE OR REPLACE TABLE bench_attribute AS
SELECT attribute_id, attribute_code AS code, backend_type AS backend, frontend_input AS input,
    (SELECT COUNT(*) FROM eav_attribute_option held WHERE held.attribute_id = made.attribute_id) AS options
FROM eav_attribute made
WHERE entity_type_id = 4 AND attribute_code IN ({", ".join(repr(code) for code in sorted(_STORED))});
CREATE OR REPLACE TABLE bench_option AS
SELECT held.attribute_id, code, backend, options, option_id,
    ROW_NUMBER() OVER (PARTITION BY held.attribute_id ORDER BY option_id) - 1 AS place
FROM eav_attribute_option held JOIN bench_attribute USING (attribute_id);
CREATE OR REPLACE TABLE bench_category AS
SELECT entity_id AS category_id, ROW_NUMBER() OVER (ORDER BY entity_id) - 1 AS place,
    COUNT(*) OVER () AS categories
FROM catalog_category_entity WHERE level >= 2;
"""
_SESSION = """
SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO', foreign_key_checks = 0, unique_checks = 0;
SET SESSION group_concat_max_len = 1000000;
START TRANSACTION;
"""


@dataclass(frozen=True)
class Size:
    """How many of each; products are counted once, however many store views they show in."""

    products: int = 0
    customers: int = 0
    orders: int = 0
    subscribers: int = 0


def make_shop(server: MariaDB, database: str, size: Size) -> None:
    """Makes a shop in an existing, empty database.

    Raises:
        MariaDBError: the server refused, for example because the disk is full.
    """
    create_shop(server, database)
    _drop_triggers(server, database)
    server.run(_PREPARE, database=database)
    products = (Path(__file__).parent / "products.sql").read_text(encoding="utf-8")
    for first, last in _pages(size.products):
        _transact(server, database, products.replace("{first}", str(first)).replace("{last}", str(last)))
    clones = _Clones(server, database)
    for first, last in _pages(size.customers):
        _transact(server, database, clones.customers(first, last))
    for first, last in _pages(size.orders):
        _transact(server, database, clones.orders(first, last, size))
    for first, last in _pages(size.subscribers):
        _transact(server, database, clones.subscribers(first, last))
    server.run("DROP TABLE bench_attribute, bench_option, bench_category;", database=database)
    _analyze(server, database)


def _pages(count: int) -> Iterator[tuple[int, int]]:
    for first in range(FIRST, FIRST + count, PAGE):
        yield first, min(first + PAGE, FIRST + count) - 1


def _transact(server: MariaDB, database: str, script: str) -> None:
    server.run(f"{_SESSION}{script}COMMIT;", database=database)


def _drop_triggers(server: MariaDB, database: str) -> None:
    listed = server.run(
        f"SELECT trigger_name FROM information_schema.triggers WHERE trigger_schema = '{database}';"
    )
    dropped = "".join(f"DROP TRIGGER `{name}`;" for name in listed.split()[1:])
    server.run(f"{dropped} UPDATE mview_state SET mode = 'disabled';", database=database)


def _analyze(server: MariaDB, database: str) -> None:
    """Statistics as a shop has them that was not filled a minute ago."""
    listed = server.run(
        f"SELECT table_name FROM information_schema.tables WHERE table_schema = '{database}';"
    )
    server.run(f"ANALYZE TABLE {', '.join(listed.split()[1:])};", database=database)


class _Clones:
    """People and orders: rows of the demo's shop, again and again with other ids."""

    def __init__(self, server: MariaDB, database: str) -> None:
        listed = server.run(
            "SELECT table_name, column_name FROM information_schema.columns"
            f" WHERE table_schema = '{database}' ORDER BY table_name, ordinal_position;"
        )
        self._columns: dict[str, list[str]] = {}
        for line in listed.splitlines()[1:]:
            table, column = line.split("\t")
            self._columns.setdefault(table, []).append(column)

    def customers(self, first: int, last: int) -> str:
        """Customers with an address and all their attributes, like the demo's customer 301."""
        own = {"entity_id": "seq"}
        name = {"firstname": "CONCAT('First', seq % 5000)", "lastname": "CONCAT('Last', seq % 9000)"}
        customer = own | name | {"store_id": _STORES, "website_id": _WEBSITE, "email": _email("seq")}
        customer |= {"default_billing": "seq", "default_shipping": "seq"}
        address = own | name | {"parent_id": "seq", "telephone": "CONCAT('+43 1 ', 5000000 + seq % 4000000)"}
        first_address = (
            "src.entity_id = (SELECT MIN(entity_id) FROM customer_address_entity WHERE parent_id = 301)"
        )
        parts = [
            self._clone("customer_entity", "src.entity_id = 301", first, last, customer),
            self._clone("customer_address_entity", first_address, first, last, address),
        ]
        for kind in ("datetime", "decimal", "int", "text", "varchar"):
            table = f"customer_entity_{kind}"
            parts.append(self._clone(table, "src.entity_id = 301", first, last, own, serial="value_id"))
        return "".join(parts)

    def orders(self, first: int, last: int, size: Size) -> str:
        """Orders of two lines, like the demo's order 1001, by made customers for made products."""
        who = f"{FIRST} + seq % {max(1, size.customers)}"
        # Always a single product: ids that end on 6 to 9.
        goods = f"{FIRST} + (seq * 30 + src.item_id * 10) % {max(10, size.products)} + 6 + seq % 3"
        order = {
            "entity_id": "seq",
            "increment_id": "CONCAT('B', seq)",
            "store_id": _STORES,
            "customer_id": who,
            "customer_email": _email(who),
            "billing_address_id": "seq * 2",
            "shipping_address_id": "seq * 2 + 1",
        }
        item = {"order_id": "seq", "store_id": _STORES, "product_id": goods}
        item |= {"sku": f"CONCAT('SKU-', {goods})", "name": f"CONCAT('Product ', {goods})"}
        address = {"entity_id": "seq * 2 + (address_type = 'shipping')", "parent_id": "seq"}
        return "".join(
            [
                self._clone("sales_order", "src.entity_id = 1001", first, last, order),
                self._clone("sales_order_item", "src.order_id = 1001", first, last, item, serial="item_id"),
                self._clone("sales_order_address", "src.parent_id = 1001", first, last, address),
                self._clone(
                    "sales_order_payment",
                    "src.parent_id = 1001",
                    first,
                    last,
                    {"parent_id": "seq"},
                    serial="entity_id",
                ),
            ]
        )

    def subscribers(self, first: int, last: int) -> str:
        """Subscribers, most of them active, with the addresses of the customers of the same number."""
        return f"""
INSERT INTO newsletter_subscriber
    (subscriber_id, store_id, customer_id, subscriber_email, subscriber_status, change_status_at)
SELECT seq, {_STORES}, 0, {_email("seq")}, IF(seq % 9 = 0, 3, 1), NOW() FROM seq_{first}_to_{last};"""

    def _clone(
        self,
        table: str,
        where: str,
        first: int,
        last: int,
        other: Mapping[str, str],
        serial: str | None = None,
    ) -> str:
        """Rows of ``table`` once per number; ``other`` are expressions, ``serial`` numbers itself."""
        columns = [column for column in self._columns[table] if column != serial]
        values = [other.get(column, f"src.{column}") for column in columns]
        return (
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(values)}"
            f" FROM {table} src JOIN seq_{first}_to_{last} WHERE {where};\n"
        )


def _email(number: str) -> str:
    return f"CONCAT('person.', {number}, '@mail.example')"
