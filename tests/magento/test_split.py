"""Which table is captured how, and that Magento's next `setup:upgrade` meets nothing in its way (S28)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

import pytest

from synqd.entities import create_entities
from synqd.entities.watch import On, Watch
from synqd.magento import Fault, Finding, Level, Magento
from synqd.magento.changelog.feeds import MagentoTrigger, feeds
from synqd.magento.changelog.look import read_split
from synqd.magento.changelog.split import Split, Surroundings, Way, decide
from synqd.models.errors import ConfigError, Denied
from synqd.models.names import Model
from tests.magento.places import OpenMagento
from tests.support import deploys
from tests.support.database import Database

WATCHES: Mapping[Model, Sequence[Watch]] = {
    model: entity.watches for model, entity in create_entities().items()
}
MagentoCopy = Callable[[str], Awaitable[Database]]
OWN = "SELECT COUNT(*) AS n FROM information_schema.triggers WHERE trigger_schema = DATABASE()"
OWN += " AND trigger_name LIKE %s AND event_object_table = %s"


def faults(findings: list[Finding]) -> set[tuple[Fault | None, str]]:
    return {(one.fault, one.subject) for one in findings if one.level is Level.ERROR}


async def split_of(magento: Magento) -> Split:
    return await read_split(magento.source)


async def with_way(shop: Database, way: str) -> Database:
    """A shop as it is, with a prefix, or with indexers that update at once."""
    if way == "realtime":
        await deploys.set_all_realtime(shop)
    return await deploys.with_prefix(shop, way) if way.endswith("_") else shop


@pytest.mark.parametrize("way", ["plain", "m2_", "sales_", "realtime"])
async def test_the_next_upgrade_passes_and_keeps_every_trigger(
    magento_copy: Database, open_magento: OpenMagento, way: str
) -> None:
    shop = await with_way(magento_copy, way)
    before = await deploys.upgrade(shop)
    assert before.passes or way == "sales_"  # there Magento does not know its own triggers again
    magento = await open_magento(shop, WATCHES)
    await magento.changelog.install()
    assert await deploys.upgrade(shop) == before
    assert faults(await magento.changelog.verify()) == set()
    rows = await shop.sql(OWN, "trg\\_%", f"{shop.prefix}catalog_product_entity_varchar")
    assert rows == [{"n": 0 if way == "realtime" else 3}]


@pytest.mark.parametrize("way", ["plain", "m2_", "realtime"])
async def test_triggers_everywhere_are_in_the_way_and_are_told_of(
    magento_copy: Database, open_magento: OpenMagento, way: str
) -> None:
    shop = await with_way(magento_copy, way)
    everywhere = await open_magento(shop, WATCHES, own_triggers="all")
    await everywhere.changelog.install()
    foretold = await deploys.upgrade(shop)
    assert foretold.aborts or len(foretold.lost) == 54
    magento = await open_magento(shop, WATCHES)
    found = await magento.changelog.verify()
    assert (Fault.CONFLICT, f"table {shop.prefix}sales_order") in faults(found)
    report = await magento.changelog.install()
    assert report.dropped_triggers
    assert report.marked == ()  # the old ones stood until the new ones were there
    assert (await deploys.upgrade(shop)).passes
    assert faults(await magento.changelog.verify()) == set()


async def test_the_smallest_set_of_logs_is_listened_to(
    magento_copy: Database, open_magento: OpenMagento
) -> None:
    magento = await open_magento(magento_copy, WATCHES)
    report = await magento.changelog.install()
    assert report.listened == (
        "catalog_category_product_cl",
        "catalog_product_price_cl",  # tier prices; the other log of them grows faster in this shop
        "cataloginventory_stock_cl",
        "catalogsearch_fulltext_cl",
        "inventory_cl",
        "sales_order_data_exporter_cl",
    )
    assert report.swept == {}
    assert sum(each.way is Way.LOG for each in (await split_of(magento)).values()) == 18


async def test_of_half_an_indexer_set_on_schedule_the_rest_is_captured_by_own_triggers(
    magento_copy: Database, open_magento: OpenMagento
) -> None:
    await deploys.set_realtime(magento_copy, "inventory", "cataloginventory_stock", "catalogsearch_fulltext")
    magento = await open_magento(magento_copy, WATCHES)
    await magento.changelog.install()
    split = await split_of(magento)
    assert split["inventory_source_item"].way is Way.OWN
    assert split["cataloginventory_stock_item"].way is Way.OWN
    # Only the full-text log had these, and the triggers of other views do not stand there.
    assert split["catalog_product_bundle_selection"].way is Way.OWN
    assert {one.log for one in split["catalog_product_entity_text"].listeners} == {"catalogrule_product_cl"}
    assert (await deploys.upgrade(magento_copy)).passes


async def test_a_view_that_goes_to_realtime_alone_is_told_and_mended(
    magento_copy: Database, open_magento: OpenMagento
) -> None:
    magento = await open_magento(magento_copy, WATCHES)
    await magento.changelog.install()
    await deploys.set_realtime(magento_copy, "catalogsearch_fulltext")
    found = faults(await magento.changelog.verify())
    assert (Fault.UNCOVERED, "table catalog_product_entity_varchar") in found
    assert {fault for fault, _ in found} == {Fault.UNCOVERED}
    report = await magento.changelog.install()
    assert report.marked == (Model.ORDER, Model.PRODUCT)  # all of Magento's were made anew
    assert faults(await magento.changelog.verify()) == set()
    assert (await deploys.upgrade(magento_copy)).passes


async def test_a_trigger_of_magentos_that_comes_later_is_a_conflict_until_it_is_moved(
    magento_copy: Database, open_magento: OpenMagento
) -> None:
    made = await deploys.definitions(magento_copy)
    late = {name: text for name, text in made.items() if "cataloginventory_stock_item" in name}
    deploys.drop(magento_copy, late)
    await magento_copy.sql(
        "UPDATE mview_state SET mode = 'disabled' WHERE view_id = 'cataloginventory_stock'"
    )
    magento = await open_magento(magento_copy, WATCHES)
    await magento.changelog.install()
    assert (await split_of(magento))["cataloginventory_stock_item"].way is Way.OWN
    await magento_copy.sql("UPDATE mview_state SET mode = 'enabled' WHERE view_id = 'cataloginventory_stock'")
    deploys.create(magento_copy, late.values())
    found = await magento.changelog.verify()
    assert (Fault.CONFLICT, "table cataloginventory_stock_item") in faults(found)
    assert (await deploys.upgrade(magento_copy)).aborts
    report = await magento.changelog.install()
    assert report.marked == ()
    assert (await deploys.upgrade(magento_copy)).passes


async def test_magentos_tables_stay_so_while_its_triggers_are_made_anew(
    magento_copy: Database, open_magento: OpenMagento
) -> None:
    magento = await open_magento(magento_copy, WATCHES)
    await magento.changelog.install()
    made = await deploys.definitions(magento_copy)
    gone = [name for name in made if "_entity_int_" in name or "super_link" in name]
    deploys.drop(magento_copy, gone)
    report = await magento.changelog.install()  # in the midst of an upgrade
    assert "catalog_product_super_link" in report.swept
    assert not [name for name in report.created_triggers if "super_link" in name]
    deploys.create(magento_copy, [made[name] for name in gone])
    await magento.changelog.install()
    assert (await split_of(magento))["catalog_product_super_link"].way is Way.LOG
    assert (await deploys.upgrade(magento_copy)).passes


async def test_a_shop_whose_triggers_an_upgrade_has_dropped_gets_none_of_ours_in_their_place(
    magento_copy: Database, open_magento: OpenMagento
) -> None:
    made = await deploys.definitions(magento_copy)
    deploys.drop(magento_copy, [name for name in made if "trg_sales" not in name and "trg_store" not in name])
    magento = await open_magento(magento_copy, WATCHES)
    found = [f"{one.subject} {one.remedy}" for one in await magento.changelog.verify()]
    assert any("view catalogsearch_fulltext" in one and "setup:upgrade" in one for one in found)
    report = await magento.changelog.install()
    assert "catalog_product_entity" in report.swept
    assert "synqd_catalog_product_entity_ai" not in str(report.created_triggers)


async def test_without_any_trigger_of_magentos_nothing_is_installed(
    magento_copy: Database, open_magento: OpenMagento
) -> None:
    deploys.drop(magento_copy, await deploys.definitions(magento_copy))
    magento = await open_magento(magento_copy, WATCHES)
    with pytest.raises(ConfigError, match=r"by schedule.*setup:upgrade"):
        await magento.changelog.install()
    assert await magento_copy.sql("SHOW TABLES LIKE 'synqd%'") == []
    await magento_copy.sql("UPDATE mview_state SET mode = 'disabled'")
    assert (await magento.changelog.install()).listened == ()


@pytest.mark.parametrize(
    "spoil",
    [
        "DROP TABLE catalogsearch_fulltext_cl, catalogrule_product_cl, catalog_product_attribute_cl,"
        " catalog_product_price_cl",
        "ALTER TABLE catalogsearch_fulltext_cl CHANGE entity_id thing int; ALTER TABLE catalogrule_product_cl"
        " CHANGE entity_id thing int; ALTER TABLE catalog_product_attribute_cl CHANGE entity_id thing int",
        "UPDATE mview_state SET mode = 'disabled' WHERE view_id IN ('catalogsearch_fulltext',"
        " 'catalogrule_product', 'catalog_product_attribute')",
    ],
)
async def test_logs_that_cannot_be_used_leave_a_table_to_be_summed_up_with_a_warning(
    magento_copy: Database, open_magento: OpenMagento, spoil: str
) -> None:
    magento_copy.run(spoil)
    magento = await open_magento(magento_copy, WATCHES)
    report = await magento.changelog.install()
    assert "catalog_product_entity_varchar" in report.swept
    found = await magento.changelog.verify()
    assert faults(found) == set()
    told = [one for one in found if one.subject == "table catalog_product_entity_varchar"]
    assert [one.level for one in told] == [Level.WARNING]


async def test_a_failed_install_leaves_nothing_behind(
    empty_shop: Database, open_magento: OpenMagento
) -> None:
    rights = [f"SELECT, TRIGGER, CREATE, DROP ON {empty_shop.name}.*"]  # no INSERT: it cannot name itself
    empty_shop.server.create_account("halfway", "", rights)
    magento = await open_magento(Database(empty_shop.server, empty_shop.name, user="halfway"), WATCHES)
    with pytest.raises(Denied, match="INSERT"):
        await magento.changelog.install()
    assert await empty_shop.sql("SHOW TABLES LIKE 'synqd%'") == []
    assert await empty_shop.sql(OWN.replace(" AND event_object_table = %s", ""), "synqd%") == [{"n": 0}]


async def test_an_account_that_sees_no_triggers_goes_by_what_install_noted(
    magento_copy: Database, open_magento: OpenMagento
) -> None:
    await (await open_magento(magento_copy, WATCHES)).changelog.install()
    magento_copy.server.create_account("onlooker", "", [f"SELECT ON {magento_copy.name}.*"])
    magento = await open_magento(Database(magento_copy.server, magento_copy.name, user="onlooker"), WATCHES)
    found = await magento.changelog.verify()
    assert faults(found) == set()
    assert any("shorter than a minute" in one.message for one in found)
    made = await deploys.definitions(magento_copy)
    gone = "trg_catalog_product_entity_varchar_after_update"
    deploys.drop(magento_copy, [gone])
    assert (Fault.UNCOVERED, "table catalog_product_entity_varchar") in faults(
        await magento.changelog.verify()
    )
    deploys.create(magento_copy, [made[gone]])
    await magento_copy.sql("UPDATE mview_state SET mode = 'disabled' WHERE view_id = 'inventory'")
    deploys.create(
        magento_copy,
        [made["trg_sales_order_after_insert"].replace("sales_order", "sales_order_address")],
    )
    found = await magento.changelog.verify()
    assert (Fault.CONFLICT, "table sales_order_address") in faults(found)


def trigger(body: str, event: On = On.INSERT) -> MagentoTrigger:
    return MagentoTrigger("trg_t_after", "t", event, body)


@pytest.mark.parametrize(
    ("event", "body", "logs"),
    [
        (On.INSERT, "BEGIN\nINSERT IGNORE INTO `a_cl` (`entity_id`) VALUES (NEW.`id`);\nEND", ["a_cl"]),
        (On.DELETE, "BEGIN INSERT IGNORE INTO `a_cl` (`entity_id`) VALUES (OLD.`id`); END", ["a_cl"]),
        (
            On.UPDATE,
            "BEGIN\nIF (NOT(NEW.`x` <=> OLD.`x`) OR NOT(NEW.`id` <=> OLD.`id`)) THEN INSERT IGNORE INTO"
            " `a_cl` (`entity_id`) VALUES (NEW.`id`); END IF;\n"
            "INSERT INTO b_cl (entity_id) VALUES (NEW.id);\nEND",
            ["a_cl", "b_cl"],
        ),
        # Somebody else's under Magento's name: a condition of its own, or more than inserts.
        (On.INSERT, "BEGIN IF NEW.x > 3 THEN INSERT INTO a_cl (entity_id) VALUES (NEW.id); END IF; END", []),
        (On.INSERT, "BEGIN INSERT INTO a_cl (entity_id) VALUES (NEW.id); SET @x = 1; END", []),
        (
            On.INSERT,
            "BEGIN IF @off THEN INSERT INTO a_cl (entity_id) VALUES (NEW.id);"
            " INSERT INTO b_cl (entity_id) VALUES (NEW.id); END IF; END",
            [],
        ),
        (On.INSERT, "SET @x = 1", []),
        (On.INSERT, "", []),
    ],
)
def test_only_what_is_of_magentos_form_counts(event: On, body: str, logs: list[str]) -> None:
    assert [feed.log for feed in feeds(trigger(body, event))] == logs


def test_a_log_that_does_not_compare_what_counts_covers_nothing() -> None:
    """A column that a watch needs and Magento's trigger leaves out of its comparison."""

    def around(*compared: str) -> Surroundings:
        condition = " OR ".join(f"NOT(NEW.`{name}` <=> OLD.`{name}`)" for name in compared)
        insert = "INSERT IGNORE INTO `a_cl` (`entity_id`) VALUES ({}.`id`);"
        texts = {
            On.INSERT: insert.format("NEW"),
            On.UPDATE: f"IF ({condition}) THEN {insert.format('NEW')} END IF;",
            On.DELETE: insert.format("OLD"),
        }
        return Surroundings(
            prefix="",
            columns={"t": {"id": "int", "x": "int", "y": "int"}},
            triggers=[
                MagentoTrigger(f"trg_{on}", "t", on, f"BEGIN {text} END") for on, text in texts.items()
            ],
            enabled=frozenset({"a"}),
            logs={"a_cl": frozenset({"version_id", "entity_id"})},
        )

    watches = {Model.PRODUCT: [Watch("t", "{row}.id", only=("x", "id"))]}
    assert decide(watches, around("id", "x", "y"))["t"].way is Way.LOG
    assert decide(watches, around("id", "y"))["t"].way is Way.SWEEP
