"""What the triggers log for what a shop does, and that the shop never feels them (semantics S2)."""

from __future__ import annotations

import pytest

from synqd.entities.customer import CustomerEntity
from synqd.entities.watch import On, Watch
from synqd.magento import Magento
from synqd.models.names import Model
from tests.magento.places import OpenMagento
from tests.support.database import Database

Logged = list[tuple[int, str, str | None, int | None, bool]]

CUSTOMER = "INSERT INTO customer_entity (entity_id, email, website_id, store_id) VALUES (%s, %s, 1, %s)"
PICTURE = "INSERT INTO catalog_product_entity_varchar (attribute_id, store_id, entity_id, value) VALUES "


async def logged(magento: Magento, model: Model) -> Logged:
    """Everything in a model's log: entity, via, key, store view, deleted."""
    cursors = await magento.reader.tails()
    pages = [page for page in await magento.reader.read(cursors) if page.model is model]
    return [(c.entity_id, c.via, c.key, c.store_id, c.deleted) for page in pages for c in page.changes]


@pytest.fixture
async def magento(empty_shop: Database, open_magento: OpenMagento) -> Magento:
    """Triggers of synqd's own on every table; what stands behind Magento's logs is another test's matter."""
    place = await open_magento(empty_shop, own_triggers="all")
    await place.changelog.install()
    return place


@pytest.fixture
async def customer(magento: Magento, empty_shop: Database) -> int:
    """A customer that was there before the log was read."""
    await carelessly(empty_shop, CUSTOMER, 7, "Ann@mail.example", 2)
    await empty_shop.sql("TRUNCATE synqd_customer_cl")
    return 7


async def carelessly(database: Database, statement: str, *values: object) -> None:
    """Runs a statement in a shop that lacks the rows it refers to, with defaults for all columns."""
    async with database.connect() as connection, connection.cursor() as cursor:
        await cursor.execute("SET SESSION foreign_key_checks = 0, sql_mode = ''")
        await cursor.execute(statement, values or None)


async def test_insert_logs_entity_and_store_but_no_key(magento: Magento, empty_shop: Database) -> None:
    await carelessly(empty_shop, CUSTOMER, 1, "a@mail.example", 2)
    await carelessly(empty_shop, CUSTOMER, 2, "b@mail.example", 0)
    assert await logged(magento, Model.CUSTOMER) == [(1, "", None, 2, False), (2, "", None, None, False)]


async def test_many_rows_in_one_statement(magento: Magento, empty_shop: Database) -> None:
    await carelessly(empty_shop, PICTURE + "(1, 0, 11, 'a'), (1, 0, 12, 'b'), (1, 0, 13, 'c')")
    assert [row[0] for row in await logged(magento, Model.PRODUCT)] == [11, 12, 13]


async def test_delete_of_the_identity_row_keeps_the_key(
    customer: int, magento: Magento, empty_shop: Database
) -> None:
    await empty_shop.sql("DELETE FROM customer_entity")
    assert await logged(magento, Model.CUSTOMER) == [(customer, "", "Ann@mail.example", 2, True)]


async def test_a_changed_key_logs_the_old_one_too(
    customer: int, magento: Magento, empty_shop: Database
) -> None:
    await empty_shop.sql("UPDATE customer_entity SET email = 'new@mail.example'")
    assert await logged(magento, Model.CUSTOMER) == [
        (customer, "", None, 2, False),
        (customer, "", "Ann@mail.example", 2, False),
    ]


@pytest.mark.usefixtures("customer")
@pytest.mark.parametrize("email", ["ann@mail.example", "Änn@mail.example", "Ann@mail.example "])
async def test_a_change_that_the_collation_does_not_see(
    magento: Magento, empty_shop: Database, email: str
) -> None:
    await empty_shop.sql("UPDATE customer_entity SET email = %s", email)
    assert [row[2] for row in await logged(magento, Model.CUSTOMER)] == [None, "Ann@mail.example"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE customer_entity SET email = email",
        "UPDATE customer_entity SET updated_at = '2020-01-01'",
        "UPDATE customer_entity SET firstname = NULL",
    ],
)
@pytest.mark.usefixtures("customer")
async def test_no_change_is_not_logged(magento: Magento, empty_shop: Database, statement: str) -> None:
    await empty_shop.sql(statement)
    assert await logged(magento, Model.CUSTOMER) == []


async def test_null_to_value_and_back_are_changes(
    customer: int, magento: Magento, empty_shop: Database
) -> None:
    await empty_shop.sql("UPDATE customer_entity SET firstname = ''")
    await empty_shop.sql("UPDATE customer_entity SET firstname = NULL")
    assert await logged(magento, Model.CUSTOMER) == [(customer, "", None, 2, False)] * 2


async def test_only_the_named_columns_count(magento: Magento, empty_shop: Database) -> None:
    await carelessly(empty_shop, "INSERT INTO sales_order (entity_id, status) VALUES (5, 'new')")
    await empty_shop.sql("UPDATE sales_order SET customer_note = 'x'")
    assert len(await logged(magento, Model.ORDER)) == 1
    await empty_shop.sql("UPDATE sales_order SET status = 'done'")
    assert len(await logged(magento, Model.ORDER)) == 2


async def test_replace_logs_and_names_the_entity(magento: Magento, empty_shop: Database) -> None:
    await carelessly(empty_shop, PICTURE + "(1, 0, 11, 'a')")
    await carelessly(empty_shop, PICTURE.replace("INSERT", "REPLACE") + "(1, 0, 11, 'b')")
    await carelessly(empty_shop, PICTURE + "(1, 0, 11, 'c') ON DUPLICATE KEY UPDATE value = VALUES(value)")
    # insert; delete and insert; update
    assert [(row[0], row[4]) for row in await logged(magento, Model.PRODUCT)] == [(11, False)] * 4


async def test_foreign_key_cascade_fires_no_trigger_but_the_parent_tells(
    customer: int, magento: Magento, empty_shop: Database
) -> None:
    await carelessly(
        empty_shop, "INSERT INTO customer_address_entity (entity_id, parent_id) VALUES (70, %s)", customer
    )
    await empty_shop.sql("DELETE FROM customer_entity")
    assert await empty_shop.sql("SELECT * FROM customer_address_entity") == []
    assert [(row[0], row[4]) for row in await logged(magento, Model.CUSTOMER)] == [(7, False), (7, True)]


async def test_a_row_that_moves_to_another_entity_names_both(magento: Magento, empty_shop: Database) -> None:
    await carelessly(empty_shop, "INSERT INTO customer_address_entity (entity_id, parent_id) VALUES (70, 1)")
    await carelessly(empty_shop, "UPDATE customer_address_entity SET parent_id = 2")
    assert [row[0] for row in await logged(magento, Model.CUSTOMER)] == [1, 2, 1]


async def test_a_row_without_entity_is_left_out(magento: Magento, empty_shop: Database) -> None:
    await carelessly(
        empty_shop, "INSERT INTO customer_address_entity (entity_id, parent_id) VALUES (70, NULL)"
    )
    assert await logged(magento, Model.CUSTOMER) == []


async def test_indirect_rows_carry_their_key(magento: Magento, empty_shop: Database) -> None:
    await carelessly(
        empty_shop, "INSERT INTO inventory_source_item (source_code, sku, quantity) VALUES ('main', 'A-1', 3)"
    )
    await carelessly(empty_shop, "UPDATE inventory_source_item SET sku = 'a-1'")
    await empty_shop.sql("DELETE FROM inventory_source_item")
    assert await logged(magento, Model.PRODUCT) == [
        (0, "sku", "A-1", None, False),
        (0, "sku", "a-1", None, False),
        (0, "sku", "A-1", None, False),
        (0, "sku", "a-1", None, False),
    ]


async def test_a_table_watched_twice_logs_both_ends(magento: Magento, empty_shop: Database) -> None:
    await carelessly(
        empty_shop, "INSERT INTO catalog_product_super_link (product_id, parent_id) VALUES (21, 20)"
    )
    assert [row[0] for row in await logged(magento, Model.PRODUCT)] == [20, 21]


async def test_rolled_back_change_leaves_nothing(magento: Magento, empty_shop: Database) -> None:
    async with empty_shop.connect(autocommit=False) as connection, connection.cursor() as cursor:
        await cursor.execute("SET SESSION foreign_key_checks = 0, sql_mode = ''")
        await cursor.execute(CUSTOMER, (1, "a@mail.example", 1))
        await connection.rollback()
    assert await logged(magento, Model.CUSTOMER) == []


@pytest.mark.usefixtures("magento")
async def test_last_insert_id_of_the_shop_is_its_own(empty_shop: Database) -> None:
    await carelessly(empty_shop, PICTURE + "(1, 0, 11, 'a')")  # the log is one row ahead
    async with empty_shop.connect() as connection, connection.cursor() as cursor:
        await cursor.execute("SET SESSION foreign_key_checks = 0, sql_mode = ''")
        await cursor.execute(
            "INSERT INTO newsletter_subscriber (subscriber_id, subscriber_email) VALUES (40, 'x')"
        )
        await cursor.execute("INSERT INTO newsletter_subscriber (subscriber_email) VALUES ('y')")
        await cursor.execute("SELECT LAST_INSERT_ID(), (SELECT MAX(version_id) FROM synqd_subscriber_cl)")
        assert await cursor.fetchall() in ([(41, 2)], ((41, 2),))


@pytest.mark.usefixtures("magento")
@pytest.mark.parametrize(
    "damage",
    [
        "DROP TABLE synqd_customer_cl",
        "ALTER TABLE synqd_customer_cl DROP COLUMN via",
        "ALTER TABLE synqd_customer_cl ADD CONSTRAINT never CHECK (entity_id = 0)",
        "ALTER TABLE synqd_customer_cl MODIFY version_id tinyint NOT NULL DEFAULT 127",
    ],
)
async def test_the_shop_writes_although_its_log_is_broken(empty_shop: Database, damage: str) -> None:
    empty_shop.run("SET SESSION sql_mode = 'STRICT_ALL_TABLES';" + damage)
    await carelessly(empty_shop, CUSTOMER, 1, "a@mail.example", 1)
    await empty_shop.sql("UPDATE customer_entity SET email = 'b@mail.example'")
    assert await empty_shop.sql("SELECT email FROM customer_entity") == [{"email": "b@mail.example"}]
    await empty_shop.sql("DELETE FROM customer_entity")


async def test_broken_log_of_one_model_does_not_cost_another_its_rows(
    empty_shop: Database, open_magento: OpenMagento
) -> None:
    watch = (Watch("newsletter_subscriber", "{row}.subscriber_id"),)
    magento = await open_magento(empty_shop, {Model.CUSTOMER: watch, Model.SUBSCRIBER: watch})
    await magento.changelog.install()
    empty_shop.run("DROP TABLE synqd_customer_cl")
    await carelessly(
        empty_shop, "INSERT INTO newsletter_subscriber (subscriber_id, subscriber_email) VALUES (3, 'x')"
    )
    assert await empty_shop.sql("SELECT entity_id FROM synqd_subscriber_cl") == [{"entity_id": 3}]


async def test_a_key_that_is_too_long_is_cut(empty_shop: Database, open_magento: OpenMagento) -> None:
    long = Watch(
        "store_website", "{row}.website_id", key="REPEAT({row}.code, 200)", identity=True, on=On.DELETE
    )
    magento = await open_magento(empty_shop, {Model.PRODUCT: (long,)})
    await magento.changelog.install()
    empty_shop.run(
        "SET SESSION sql_mode = 'STRICT_ALL_TABLES';"
        "INSERT INTO store_website (website_id, code) VALUES (9, 'käse'); DELETE FROM store_website;"
    )
    ((entity_id, _, key, _, deleted),) = await logged(magento, Model.PRODUCT)
    assert (entity_id, key, deleted) == (9, ("käse" * 64)[:255], True)


async def test_a_column_that_was_dropped_later_leaves_no_change_unlogged(
    empty_shop: Database, open_magento: OpenMagento
) -> None:
    empty_shop.run("ALTER TABLE customer_entity ADD COLUMN loyalty int NULL")
    magento = await open_magento(empty_shop, own_triggers="all")
    await magento.changelog.install()
    await carelessly(empty_shop, CUSTOMER, 1, "a@mail.example", 1)
    empty_shop.run("ALTER TABLE customer_entity DROP COLUMN loyalty")
    await empty_shop.sql("UPDATE customer_entity SET firstname = 'Ann'")
    # The address is no key that was left, so it is not written down.
    assert await logged(magento, Model.CUSTOMER) == [(1, "", None, 1, False)] * 2
    await empty_shop.sql("DROP TABLE synqd_customer_cl")
    await empty_shop.sql("UPDATE customer_entity SET firstname = 'Eve'")


async def test_columns_that_shape_nothing_are_not_looked_at(
    empty_shop: Database, open_magento: OpenMagento
) -> None:
    empty_shop.run("ALTER TABLE customer_entity_int ADD COLUMN remark int NULL")
    magento = await open_magento(empty_shop, {Model.CUSTOMER: CustomerEntity().watches}, own_triggers="all")
    await magento.changelog.install()
    (trigger,) = await empty_shop.sql(
        "SELECT action_statement AS body FROM information_schema.triggers WHERE trigger_schema = DATABASE()"
        " AND event_object_table = 'customer_entity_int' AND event_manipulation = 'UPDATE'"
        " AND trigger_name LIKE 'synqd%'"
    )
    assert "remark" not in trigger["body"]
