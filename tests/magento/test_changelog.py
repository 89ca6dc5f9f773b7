"""Install, verify, print and uninstall the change log."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from synqd.entities.watch import On, Watch
from synqd.magento import Finding, Level, Magento, mismatch
from synqd.models.change import Installation
from synqd.models.errors import ConfigError, Denied, MagentoUnavailable
from synqd.models.names import Model
from tests.magento.places import WATCHES, HandClock, OpenMagento
from tests.support.database import Database

MakeShop = Callable[..., Database]

INVENTORY = "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE()"
TRIGGERS = "SELECT trigger_name AS name FROM information_schema.triggers WHERE trigger_schema = DATABASE()"
OWN = TRIGGERS + " AND trigger_name LIKE 'synqd%'"


async def names(database: Database, query: str) -> set[str]:
    return {row["name"] for row in await database.sql(query)}


def errors(findings: list[Finding]) -> list[str]:
    return [f"{f.subject} {f.message}" for f in findings if f.level is Level.ERROR]


def is_well(findings: list[Finding]) -> bool:
    return {finding.level for finding in findings} == {Level.OK}


async def test_installing_again_changes_nothing(magento: Magento, empty_shop: Database) -> None:
    before = await names(empty_shop, TRIGGERS), await magento.installation()
    report = await magento.changelog.install()
    assert (report.created_tables, report.created_triggers, report.dropped_triggers) == ((), (), ())
    assert report.kept_triggers == len(await names(empty_shop, OWN))
    assert (await names(empty_shop, TRIGGERS), await magento.installation()) == before
    assert is_well(await magento.changelog.verify())


@pytest.mark.parametrize("prefix", ["", "m2_"])
async def test_uninstall_leaves_no_trace(make_shop: MakeShop, open_magento: OpenMagento, prefix: str) -> None:
    shop = make_shop(prefix)
    before = await names(shop, INVENTORY), await names(shop, TRIGGERS)
    magento = await open_magento(shop)
    report = await magento.changelog.install()
    made = await names(shop, INVENTORY) | await names(shop, TRIGGERS)
    assert all(name.startswith(prefix + "synqd_") for name in made - before[0] - before[1])
    removed = await magento.changelog.uninstall()
    assert set(removed) == {*report.created_tables, *report.created_triggers, prefix + "synqd_config"}
    assert (await names(shop, INVENTORY), await names(shop, TRIGGERS)) == before
    assert await magento.changelog.uninstall() == ()


async def test_two_shops_in_one_database(make_shop: MakeShop, open_magento: OpenMagento) -> None:
    first = make_shop("a_")
    first.run(
        "CREATE TABLE customer_entity LIKE a_customer_entity;"
        "CREATE TABLE newsletter_subscriber LIKE a_newsletter_subscriber;"
    )
    watches = {model: WATCHES[model] for model in (Model.SUBSCRIBER,)}
    a = await open_magento(first, watches)
    plain = await open_magento(replace(first, prefix=""), watches)
    await a.changelog.install()
    await plain.changelog.install()
    assert await a.installation() != await plain.installation()
    await plain.changelog.uninstall()
    assert errors(await a.changelog.verify()) == []


@pytest.mark.usefixtures("magento")
async def test_changed_definitions_are_found_and_renewed(
    empty_shop: Database, open_magento: OpenMagento
) -> None:
    other = {**WATCHES, Model.ORDER: (Watch("sales_order", "{row}.entity_id", only=("state",)),)}
    later = await open_magento(empty_shop, other)
    assert any("sales_order_au" in line for line in errors(await later.changelog.verify()))
    report = await later.changelog.install()
    assert [name.rpartition("_")[0] for name in report.created_triggers] == ["synqd_sales_order_au"]
    assert [name.rpartition("_")[0] for name in report.dropped_triggers] == ["synqd_sales_order_au"]
    assert errors(await later.changelog.verify()) == []


async def test_new_columns_of_a_shop_upgrade_are_noticed(magento: Magento, empty_shop: Database) -> None:
    empty_shop.run("ALTER TABLE customer_entity ADD COLUMN loyalty int NULL")
    findings = await magento.changelog.verify()
    assert len(errors(findings)) == 1
    assert any("of another version" in f.message for f in findings)
    await magento.changelog.install()
    empty_shop.run("SET foreign_key_checks = 0; INSERT INTO customer_entity (email, loyalty) VALUES ('a', 1)")
    empty_shop.run("UPDATE customer_entity SET loyalty = 2")
    assert await empty_shop.sql("SELECT COUNT(*) AS n FROM synqd_customer_cl") == [{"n": 2}]


async def test_damage_is_found_and_repaired(magento: Magento, empty_shop: Database) -> None:
    gone, changed = sorted(await names(empty_shop, TRIGGERS + " AND trigger_name LIKE 'synqd_sales%'"))[:2]
    table = "sales_order"
    empty_shop.run(
        f"DROP TRIGGER {gone}; DROP TRIGGER {changed}; DROP TABLE synqd_order_cl;"
        f"CREATE TRIGGER {changed} AFTER INSERT ON {table} FOR EACH ROW SET @a = 1;"
        f"CREATE TRIGGER synqd_foreign AFTER INSERT ON {table} FOR EACH ROW SET @a = 1;"
    )
    findings = await magento.changelog.verify()
    assert sorted(errors(findings)) == [
        "table synqd_order_cl is missing",
        f"trigger {gone} on sales_order is missing",
        f"trigger {changed} was changed by somebody",
    ]
    assert ["synqd_foreign" in f.subject for f in findings if f.level is Level.WARNING] == [True]
    assert all(f.remedy for f in findings if f.level is not Level.OK)
    await magento.changelog.install()
    assert is_well(await magento.changelog.verify())


async def test_a_definer_that_is_gone_is_an_error(magento: Magento, empty_shop: Database) -> None:
    empty_shop.run("CREATE USER leaver@localhost; GRANT ALL ON *.* TO leaver@localhost;")
    (trigger,) = await names(empty_shop, TRIGGERS + " AND trigger_name LIKE 'synqd_sales_order_ai%'")
    (row,) = await empty_shop.sql(f"SHOW CREATE TRIGGER {trigger}")
    statement = row["SQL Original Statement"].replace("`root`", "`leaver`")
    empty_shop.run(
        f"SET sql_mode = 'NO_ENGINE_SUBSTITUTION'; DROP TRIGGER {trigger};\nDELIMITER $$\n{statement}$$\n"
        "DELIMITER ;\nDROP USER leaver@localhost;"
    )
    (line,) = errors(await magento.changelog.verify())
    assert line.startswith("account leaver@localhost runs triggers")


async def test_missing_table_is_an_error_unless_optional(
    empty_shop: Database, open_magento: OpenMagento
) -> None:
    missing = Watch("no_such_table", "{row}.id")
    magento = await open_magento(empty_shop, {Model.ORDER: (missing,)})
    with pytest.raises(ConfigError, match=r"no table no_such_table.*table_prefix"):
        await magento.changelog.install()
    assert await magento.changelog.uninstall() == ()
    magento = await open_magento(empty_shop, {Model.ORDER: (replace(missing, optional=True),)})
    report = await magento.changelog.install()
    assert report.left_out == ("no_such_table",)


async def test_long_names_stay_within_the_limit(empty_shop: Database, open_magento: OpenMagento) -> None:
    table = "t" * 64
    empty_shop.run(f"CREATE TABLE {table} (id int PRIMARY KEY, a int)")
    magento = await open_magento(empty_shop, {Model.ORDER: (Watch(table, "{row}.id"),)})
    report = await magento.changelog.install()
    assert {len(name) for name in report.created_triggers if "ttt" in name} == {64}


async def test_a_locked_table_is_tried_again_and_never_waited_for(
    empty_shop: Database, open_magento: OpenMagento, clock: HandClock
) -> None:
    watch = {Model.ORDER: (Watch("sales_order", "{row}.entity_id", on=On.INSERT),)}
    magento = await open_magento(empty_shop, watch, clock)

    async with empty_shop.connect(autocommit=False) as connection, connection.cursor() as cursor:
        await cursor.execute("SELECT * FROM sales_order")  # an open transaction holds the metadata lock
        installing = asyncio.create_task(magento.changelog.install())
        stepped_back = asyncio.create_task(clock.slept.wait())
        await asyncio.wait({installing, stepped_back}, return_when=asyncio.FIRST_COMPLETED)
        stepped_back.cancel()
        await connection.commit()
        report = await installing
    assert [name.startswith("synqd_sales_order_ai") for name in report.created_triggers] == [True, False]


async def test_a_table_that_stays_locked_ends_with_a_clear_message(
    empty_shop: Database, open_magento: OpenMagento, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("synqd.magento.changelog.log.LOCK_TRIES", 1)
    magento = await open_magento(empty_shop, clock=clock)
    async with empty_shop.connect(autocommit=False) as connection, connection.cursor() as cursor:
        await cursor.execute("SELECT * FROM customer_entity")
        with pytest.raises(MagentoUnavailable, match="customer_entity is locked"):
            await magento.changelog.install()
        await connection.rollback()
    await magento.changelog.install()


async def test_printed_sql_installs_the_same(empty_shop: Database, open_magento: OpenMagento) -> None:
    for name, rights in (("printer", "SELECT, TRIGGER"), ("looker", "SELECT")):
        empty_shop.server.create_account(name, "p", [f"{rights} ON {empty_shop.name}.*"])
    secret = empty_shop.server.directory / "printer-password"
    secret.write_text("p\n")
    printer = await open_magento(replace(empty_shop, user="printer"), password_file=secret)
    script = await printer.changelog.render("looker@localhost")
    magento = await open_magento(replace(empty_shop, user="looker"), password_file=secret)
    assert (await names(empty_shop, INVENTORY)).isdisjoint({"synqd_meta", "synqd_customer_cl"})
    empty_shop.server.run(script)
    # Without TRIGGER their text is hidden, but the names, which hold a hash of it, are not.
    findings = await magento.changelog.verify()
    assert errors(findings) == []
    assert any("cannot be seen by this account" in f.message for f in findings)
    with pytest.raises(Denied, match="GRANT TRIGGER"):
        await magento.changelog.render()
    again = await printer.changelog.render()
    assert "CREATE TRIGGER" not in again
    assert [f for f in await magento.check() if f.level is Level.ERROR] == []
    as_root = await open_magento(empty_shop)
    assert is_well(await as_root.changelog.verify())
    first = await magento.installation()
    empty_shop.server.run(again)  # a second run changes nothing
    assert await magento.installation() == first
    with pytest.raises(Denied, match="TRIGGER"):
        await magento.changelog.uninstall()


async def test_a_log_of_a_newer_synqd_is_left_alone(magento: Magento, empty_shop: Database) -> None:
    await empty_shop.sql("UPDATE synqd_meta SET format = 99")
    with pytest.raises(ConfigError, match="newer synqd"):
        await magento.changelog.install()


async def test_installation_is_named_once_and_adopted_on_demand(magento: Magento) -> None:
    first = await magento.installation()
    assert first is not None
    assert first.epoch == 1
    await magento.changelog.install()
    assert await magento.installation() == first
    adopted = await magento.adopt()
    assert adopted.epoch == 2
    assert adopted.installation_id != first.installation_id
    assert await magento.installation() == adopted


async def test_without_a_change_log_there_is_no_installation(
    empty_shop: Database, open_magento: OpenMagento
) -> None:
    magento = await open_magento(empty_shop)
    assert await magento.installation() is None
    with pytest.raises(ConfigError, match="changelog install"):
        await magento.adopt()


HERE = Installation("aaaa", 3)


@pytest.mark.parametrize(
    ("found", "remembered", "words"),
    [
        (HERE, HERE, None),
        (HERE, None, None),
        (None, None, "changelog install"),
        (None, HERE, "changelog install"),
        (HERE, Installation("bbbb", 3), "another shop's, or a copy"),
        (HERE, Installation("aaaa", 2), None),  # removed and installed again (S28)
        (HERE, Installation("aaaa", 4), "the database is older"),
    ],
)
def test_mismatch_says_what_is_wrong(
    found: Installation | None, remembered: Installation | None, words: str | None
) -> None:
    text = mismatch(found, remembered)
    if words is None:
        assert text is None
    else:
        assert text is not None
        assert words in text
        assert remembered is None or "synqd adopt" in text
