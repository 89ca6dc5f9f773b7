"""Content staging: which version is current, what stands in place of tables, what is said of odd shops."""

from __future__ import annotations

import pytest

from synqd.entities import create_entities
from synqd.entities.base import at_one_version, version_of
from synqd.entities.watch import On, entity_of
from synqd.magento import Finding, Level, Way
from synqd.magento.changelog.feeds import MagentoTrigger, feeds
from synqd.magento.changelog.look import read_split
from synqd.magento.staging import half_done, is_staged
from synqd.magento.statements import Version, parse
from synqd.magento.tables_read import tables_read
from synqd.magento.versions import Current, judged, noted
from synqd.models.errors import ConfigError, MagentoUnavailable
from synqd.models.names import Model
from synqd_demo.shop.staging import PRODUCTS
from tests.magento.places import OpenMagento
from tests.support import deploys
from tests.support.database import Database, MakeShop
from tests.support.staged import schedule, staged, switch, unstaged

WATCHES = {model: entity.watches for model, entity in create_entities().items()}
BEGIN, END = 1_800_000_000, 1_800_003_600
IDS = "SELECT entity_id FROM {catalog_product_entity} WHERE entity_id IN (101, 102)"
OURS = "SELECT COUNT(*) AS n FROM information_schema.triggers WHERE trigger_name LIKE 'synqd%'"


@pytest.fixture
def commerce(shop: Database) -> Database:
    return staged(shop)


def lines(findings: list[Finding], *, level: Level) -> list[str]:
    return [f"{one.subject} {one.message}" for one in findings if one.level is level]


VERSION = Version(5, {"t": "(SELECT 5)"})


@pytest.mark.parametrize(
    ("sql", "written"),
    [
        ("FROM {t}", "FROM (SELECT 5) `t`"),
        ("FROM {t} held WHERE", "FROM (SELECT 5) held WHERE"),
        ("FROM {t} AS held", "FROM (SELECT 5) AS held"),
        ("FROM {t}\n WHERE x", "FROM (SELECT 5) `t`\n WHERE x"),
        ("FROM {t} JOIN {u} USING (x)", "FROM (SELECT 5) `t` JOIN `p_u` USING (x)"),
        ("(SELECT 1 FROM {t})", "(SELECT 1 FROM (SELECT 5) `t`)"),
        ("FROM {t} LIMIT 1", "FROM (SELECT 5) `t` LIMIT 1"),
        ("FROM {t*} held", "FROM `p_t` held"),
        ("SELECT '{t}', \"{t*}\"", "SELECT '{t}', \"{t*}\""),
    ],
)
def test_rows_of_a_version_stand_in_place_of_a_table(sql: str, written: str) -> None:
    assert "".join(parse(sql, "p_", VERSION)) == written
    assert "".join(parse("FROM {t}", "p_")) == "FROM `p_t`"


@pytest.mark.parametrize(
    ("data", "number"),
    [
        ('{"current_version":"1796083200"}', 1_796_083_200),
        ('{"current_version": 1796083200, "maximum_versions_in_db": 0}', 1_796_083_200),
        ('a:1:{s:15:"current_version";s:10:"1796083200";}', 1_796_083_200),
        ('a:1:{s:15:"current_version";i:1;}', 1),
        ('{"other":"7"}', None),
        ('{"current_version":""}', None),
        ('{"current_version":"99999999999999999999"}', None),
        ("", None),
        (None, None),
    ],
)
def test_what_magento_notes_of_its_current_version_is_read(data: str | None, number: int | None) -> None:
    assert noted(data) == number


@pytest.mark.parametrize(
    ("has_row", "number", "exists", "shown"),
    [(True, 7, True, 7), (True, 7, False, 1), (True, None, False, 1), (False, None, False, 1)],
)
def test_what_is_not_there_shows_the_first_version(
    has_row: bool, number: int | None, exists: bool, shown: int
) -> None:
    current = judged(has_row=has_row, number=number, exists=exists)
    assert current.number == shown
    assert bool(current.doubt) is (not exists)
    assert judged(has_row=True, number=0, exists=False) == Current(1)


def test_tables_fit_together_or_are_told_of() -> None:
    main, value = "catalog_product_entity", "catalog_product_entity_int"
    with_versions = ["row_id", "created_in", "updated_in"]
    fits: list[dict[str, list[str]]]
    fits = [{}, {main: ["entity_id"], value: ["entity_id"]}, {main: with_versions, value: ["row_id"]}]
    for columns in fits:
        assert half_done(columns) is None
        assert is_staged(columns) is (with_versions in columns.values())
    assert half_done({main: ["row_id"]}) == f"table {main} has row_id, but not created_in, updated_in"
    assert half_done({main: ["x"], value: ["row_id"]}) == f"table {value} has row_id, but {main} has not"


BEFORE = "SET @entity_id = (SELECT `entity_id` FROM `catalog_product_entity` WHERE `row_id` = {}.`row_id`);\n"
TO_A = "INSERT IGNORE INTO `a_cl` (`entity_id`) values(@entity_id);"
DUE = "IF ({}.created_in <= UNIX_TIMESTAMP()) THEN {} END IF;"
DIFFERS = "IF (NOT(NEW.`value` <=> OLD.`value`) OR NOT(NEW.`row_id` <=> OLD.`row_id`)) THEN {} END IF;"
OF_ROW = {"entity_id": entity_of("row_id")}
AS_IT_IS = "INSERT IGNORE INTO `a_cl` (`entity_id`) VALUES (NEW.`entity_id`);"


@pytest.mark.parametrize(
    ("event", "body", "held"),
    [
        (On.INSERT, BEFORE.format("NEW") + TO_A, [OF_ROW]),
        (On.DELETE, BEFORE.format("OLD") + TO_A + TO_A.replace("a_cl", "b_cl"), [OF_ROW, OF_ROW]),
        (On.UPDATE, BEFORE.format("NEW") + DIFFERS.format(TO_A), [OF_ROW]),
        (On.UPDATE, DIFFERS.format(BEFORE.format("NEW") + TO_A), [OF_ROW]),
        (On.INSERT, DUE.format("NEW", AS_IT_IS), [{"entity_id": "entity_id"}]),
        (On.UPDATE, DUE.format("NEW", DIFFERS.format(AS_IT_IS)), [{"entity_id": "entity_id"}]),
        (On.INSERT, BEFORE.format("NEW").replace(");", " LIMIT 1);") + TO_A, [OF_ROW]),
        (On.INSERT, BEFORE.format("OLD") + TO_A, [{}]),
        (On.INSERT, BEFORE.format("NEW") + BEFORE.format("NEW").replace("NEW.`row", "NEW.`x") + TO_A, [{}]),
        (On.INSERT, TO_A, [{}]),
        (On.INSERT, "IF (NEW.created_in > 5) THEN " + AS_IT_IS + " END IF;", []),
        (On.INSERT, DUE.format("NEW", AS_IT_IS) + " END IF;", []),
    ],
)
def test_triggers_of_commerce_are_understood(event: On, body: str, held: list[dict[str, str]]) -> None:
    found = feeds(MagentoTrigger("trg_t", "t", event, f"BEGIN\n{body}\nEND"))
    assert [feed.held for feed in found] == held


async def test_each_statement_reads_the_version_that_is_current_then(
    commerce: Database, open_magento: OpenMagento
) -> None:
    magento = await open_magento(commerce)
    await schedule(commerce, 101, BEGIN, END)
    await commerce.sql("UPDATE catalog_product_entity SET entity_id = 102 WHERE created_in = %s", BEGIN)
    assert sorted(await magento.source.fetch(IDS)) == [(101,), (102,)]
    await switch(commerce, BEGIN)
    assert sorted(await magento.source.fetch(IDS)) == [(102,), (102,)]
    await switch(commerce, END)
    assert sorted(await magento.source.fetch(IDS)) == [(101,), (102,)]
    assert await magento.versions.current() == Current(END)


async def test_what_is_read_at_one_version_stays_at_it(commerce: Database, open_magento: OpenMagento) -> None:
    magento = await open_magento(commerce)
    await schedule(commerce, 101, BEGIN)
    rows = "SELECT row_id FROM {catalog_product_entity} WHERE entity_id = 101"
    source = await at_one_version(magento.source)
    before = await source.fetch(rows)
    await switch(commerce, BEGIN)
    assert await source.fetch(rows) == before != await magento.source.fetch(rows)
    assert [version_of(one) for one in (source, await at_one_version(source), magento.source)] == [1, 1, 0]
    assert await source.has_table("flag")
    assert version_of(await at_one_version(magento.source)) == BEGIN


ODD = [
    ("DELETE FROM flag", Level.ERROR, "table flag has no row 'staging'"),
    ("UPDATE flag SET flag_data = 'x'", Level.ERROR, "names no version"),
    ('UPDATE flag SET flag_data = \'{"current_version":7}\'', Level.ERROR, "names version 7, which is gone"),
    ("DROP TABLE flag", Level.ERROR, "table flag or staging_update is missing"),
    ("DROP TABLE staging_update", Level.ERROR, "table flag or staging_update is missing"),
    ("UPDATE catalog_product_entity SET entity_id = 102 WHERE entity_id = 101", Level.WARNING,
     "1 products (102) have two current versions"),
    ("UPDATE catalog_product_entity SET created_in = 9", Level.WARNING, "(101, 102, 103, ...) have no"),
    ("UPDATE catalog_category_entity SET updated_in = 1 WHERE entity_id = 7", Level.WARNING,
     "1 categories (7) have no current version"),
    ("ALTER TABLE catalog_product_entity_int CHANGE row_id entity_id INT UNSIGNED", Level.ERROR,
     "table catalog_product_entity has row_id, but catalog_product_entity_int has not"),
    ("ALTER TABLE catalog_category_entity DROP COLUMN updated_in", Level.ERROR, "but not updated_in"),
]  # fmt: skip


@pytest.mark.parametrize(("spoil", "level", "told"), ODD)
async def test_an_odd_shop_is_told_of_in_one_line(
    commerce: Database, open_magento: OpenMagento, spoil: str, level: Level, told: str
) -> None:
    magento = await open_magento(commerce, WATCHES)
    await magento.changelog.install()
    commerce.run(f"SET foreign_key_checks = 0; {spoil}")
    found = [line for line in lines(await magento.check(), level=level) if told in line]
    assert len(found) == 1, lines(await magento.check(), level=level)


async def test_the_edition_and_the_version_are_named(
    commerce: Database, open_magento: OpenMagento, make_shop: MakeShop
) -> None:
    magento = await open_magento(commerce, WATCHES)
    named = "edition is Adobe Commerce with content staging, current version"
    assert f"{named} 1 (the first)" in lines(await magento.check(), level=Level.OK)
    await schedule(commerce, 101, BEGIN)
    await switch(commerce, BEGIN)
    assert f"{named} {BEGIN} (2027-01-15 08:00 UTC)" in lines(await magento.check(), level=Level.OK)
    await unstaged(commerce, make_shop())
    other = await open_magento(commerce, WATCHES)
    told = "edition is Magento Open Source, or Adobe Commerce without content staging"
    assert told in lines(await other.check(), level=Level.OK)


async def test_a_shop_that_is_upgraded_by_half_gets_nothing_and_is_not_read(
    commerce: Database, open_magento: OpenMagento
) -> None:
    commerce.run("ALTER TABLE catalog_product_entity_text CHANGE row_id entity_id INT UNSIGNED NOT NULL")
    magento = await open_magento(commerce, WATCHES)
    with pytest.raises(ConfigError, match="by half: table catalog_product_entity has row_id"):
        await magento.changelog.install()
    assert await commerce.sql("SHOW TABLES LIKE 'synqd%'") == []
    assert await commerce.sql(OURS) == [{"n": 0}]
    with pytest.raises(MagentoUnavailable, match="by half"):
        await magento.source.fetch(IDS)
    commerce.run("ALTER TABLE catalog_product_entity_text CHANGE entity_id row_id INT UNSIGNED NOT NULL")
    assert len(await magento.source.fetch(IDS)) == 2


async def test_a_shop_that_is_upgraded_while_it_is_read_is_read_as_it_is_then(
    shop: Database, open_magento: OpenMagento, make_shop: MakeShop
) -> None:
    magento = await open_magento(shop)
    values = "SELECT entity_id FROM {catalog_product_entity_int} WHERE entity_id = 101"
    rows = await magento.source.fetch(values)
    staged(shop)
    with pytest.raises(MagentoUnavailable):
        await magento.source.fetch(values)
    assert await magento.source.fetch(values) == rows
    await unstaged(shop, make_shop())
    assert await magento.source.fetch(values) == rows


@pytest.mark.parametrize("way", ["hybrid", "own"])
async def test_install_works_and_leaves_nothing_after_uninstall(
    make_shop: MakeShop, open_magento: OpenMagento, way: str
) -> None:
    commerce = staged(make_shop("m2_"))
    if way == "own":
        await deploys.set_all_realtime(commerce)
    magento = await open_magento(commerce, WATCHES)
    report = await magento.changelog.install()
    assert report.swept == {}
    assert lines(await magento.changelog.verify(), level=Level.ERROR) == []
    again = await magento.changelog.install()
    assert (again.created_triggers, again.dropped_triggers, again.marked) == ((), (), ())
    split = await read_split(magento.source)
    values = {split[table].way for table in PRODUCTS.owned if table.endswith(("_int", "_text", "_varchar"))}
    assert values == {Way.LOG if way == "hybrid" else Way.OWN}
    assert split["sequence_product"].way is Way.OWN
    if way == "hybrid":
        assert (await deploys.upgrade(commerce)).passes
    await magento.changelog.uninstall()
    assert await commerce.sql("SHOW TABLES LIKE '%synqd%'") == []
    assert await commerce.sql(OURS.replace("'synqd", "'%synqd")) == [{"n": 0}]


def test_no_right_on_notes_and_updates_is_asked_for_without_content_staging() -> None:
    for capture in ("triggers", "readonly"):
        without = tables_read({Model.PRODUCT: WATCHES[Model.PRODUCT]}, capture, staged=False)
        assert not {"flag", "staging_update"} & without.keys()
