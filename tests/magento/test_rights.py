"""Rights: what SHOW GRANTS says, what is enough to install and to run, and what check-config finds."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from asyncmy.errors import OperationalError

from synqd.config import CustomerSettings, Routes, Settings
from synqd.entities import create_entities
from synqd.entities.checks import attribute_faults, identity_risks
from synqd.entities.customer.attributes import load_attributes, may_be_sent, select
from synqd.entities.person import read_beings, read_holders, read_orders
from synqd.entities.watch import RANGE
from synqd.magento import Finding, Level, Magento
from synqd.magento.checks import _version
from synqd.magento.grants import Grants
from synqd.magento.translate import translated
from synqd.models.errors import Denied
from synqd.models.names import Model
from tests.magento.places import OpenMagento
from tests.support.database import Database


@pytest.mark.parametrize(
    ("lines", "allowed"),
    [
        (["GRANT USAGE ON *.* TO `u`@`%` IDENTIFIED BY PASSWORD '*AB'"], False),
        (["GRANT ALL PRIVILEGES ON *.* TO `u`@`%` WITH GRANT OPTION"], True),
        (["GRANT SELECT, INSERT ON `my_shop`.* TO 'u'@'%'"], True),
        (["GRANT INSERT ON `my_shop`.* TO `u`@`%`"], False),
        ([r"GRANT SELECT ON `my\_shop`.* TO `u`@`%`"], True),
        ([r"GRANT SELECT ON `my\_sho_`.* TO `u`@`%`"], True),
        (["GRANT SELECT ON `my%`.* TO `u`@`%`"], True),
        (["GRANT SELECT ON `your%`.* TO `u`@`%`"], False),
        (["GRANT SELECT, UPDATE (`a`, `b`) ON `my_shop`.`store` TO `u`@`%`"], True),
        (["GRANT SELECT (`a`, `b`), INSERT ON `my_shop`.`store` TO `u`@`%`"], False),
        (["GRANT SELECT, SELECT (`a`), REFERENCES ON `my_shop`.`store` TO `u`@`%`"], True),
        (["GRANT SELECT (`a`), SELECT ON `my_shop`.`store` TO `u`@`%`"], True),
        (["GRANT SELECT ON `my_shop`.`other` TO `u`@`%`"], False),
        (["GRANT SELECT ON `myxshop`.`store` TO `u`@`%`"], False),
        (["GRANT SELECT ON *.* TO `u`@`%`", "REVOKE SELECT ON `my_shop`.* FROM `u`@`%`"], False),
        (["GRANT `role`@`%` TO `u`@`%`", "GRANT PROXY ON ''@'%' TO 'u'@'%'"], False),
    ],
)
def test_grants(lines: list[str], allowed: bool) -> None:
    assert Grants(lines).allows("SELECT", "my_shop", "store") is allowed


@pytest.mark.parametrize(
    ("greeting", "level"),
    [
        ("8.0.36", Level.OK),
        ("8.4.0-commercial", Level.OK),
        ("5.7.44-log", Level.WARNING),
        ("5.5.5-10.6.18-MariaDB-log", Level.OK),
        ("11.4.2-MariaDB", Level.OK),
        ("5.5.5-10.3.39-MariaDB", Level.WARNING),
    ],
)
def test_versions(greeting: str, level: Level) -> None:
    assert _version(greeting).level is level


def wrong(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.level is not Level.OK]


async def account(shop: Database, open_magento: OpenMagento, user: str, *grants: str) -> Magento:
    shop.server.create_account(user, "", [grant.replace("DB", f"`{shop.name}`") for grant in grants])
    return await open_magento(replace(shop, user=user))


async def test_the_grants_it_prints_are_enough_to_install_and_run(
    empty_shop: Database, open_magento: OpenMagento
) -> None:
    magento = await account(empty_shop, open_magento, "least", "SELECT ON DB.store")
    with pytest.raises(Denied, match="SELECT"):
        await magento.shop()
    script = await (await open_magento(empty_shop)).changelog.render()
    reading = [
        line for line in re.findall(r"^(GRANT SELECT.*)", script, re.MULTILINE) if "synqd_" not in line
    ]
    installing = re.findall(r"^-- (GRANT .*)", script.partition("-- Only if synqd")[2], re.MULTILINE)
    empty_shop.run("REVOKE ALL PRIVILEGES, GRANT OPTION FROM least@localhost")
    for grant in (*reading, *installing):
        empty_shop.run(grant.replace("'root'@'localhost'", "least@localhost"))
    magento = await open_magento(replace(empty_shop, user="least"))
    await magento.changelog.install()
    assert wrong(await magento.check()) == []
    empty_shop.run(
        "SET foreign_key_checks = 0; INSERT INTO customer_entity (email) VALUES ('a@mail.example')"
    )
    heads = await magento.reader.heads()
    assert max(cursor.high for cursor in heads.values()) == 1  # the trigger ran with these rights
    assert await magento.reader.purge(heads, 0.0) == 0
    await magento.forget(["a@mail.example"])
    await magento.adopt()
    await magento.changelog.uninstall()


async def test_installing_without_the_right_names_it(empty_shop: Database, open_magento: OpenMagento) -> None:
    magento = await account(empty_shop, open_magento, "visitor", "SELECT ON DB.*")
    with pytest.raises(Denied, match=r"may not see the triggers.*GRANT TRIGGER ON .* TO 'visitor'"):
        await magento.changelog.install()
    found = {finding.subject: finding.remedy for finding in wrong(await magento.check())}
    assert found["right CREATE"].startswith(f"GRANT CREATE ON `{empty_shop.name}`.`synqd_")
    assert found["right TRIGGER"].endswith("TO 'visitor'@'localhost';")


@pytest.mark.usefixtures("magento")
async def test_missing_rights_to_read_and_purge(empty_shop: Database, open_magento: OpenMagento) -> None:
    narrow = await account(
        empty_shop, open_magento, "narrow", "SELECT ON DB.store", "SELECT, UPDATE ON DB.synqd_customer_cl"
    )
    found = [f"{f.subject} {f.message}" for f in await narrow.check() if f.level is Level.ERROR]
    assert "right SELECT is missing on store_website, needed for reading the shop" in found
    assert not any(" on store," in line for line in found)


def test_binary_log_without_super_is_explained() -> None:
    with pytest.raises(Denied, match="log_bin_trust_function_creators"), translated("here", 1):
        raise OperationalError(1419, "You do not have the SUPER privilege and binary logging is enabled")


@pytest.mark.parametrize("table", ["table 'shop'", "table `db`.`shop`"])
def test_a_column_that_is_denied_is_named_with_its_grant(table: str) -> None:
    text = f"SELECT command denied to user 'u'@'h' for column 'secret' in {table}"
    with (
        pytest.raises(Denied, match=r"GRANT SELECT \(secret\) ON \S*shop`? TO 'u'@'h'"),
        translated("here", 1),
    ):
        raise OperationalError(1143, text)


async def test_a_read_only_server(magento: Magento, empty_shop: Database) -> None:
    empty_shop.run("SET GLOBAL read_only = 1")
    try:
        found = [one for one in wrong(await magento.check()) if one.subject != "rights"]
    finally:
        empty_shop.run("SET GLOBAL read_only = 0")
    assert [(f.level, "read-only" in f.message, f.remedy) for f in found] == [
        (Level.ERROR, True, "set [magento] write_host to the server that the shop writes to")
    ]


async def test_an_unreachable_server_is_one_finding(empty_shop: Database, open_magento: OpenMagento) -> None:
    magento = await open_magento(empty_shop, database="nowhere")
    (finding,) = await magento.check()
    assert (finding.level, "nowhere" in finding.message) == (Level.ERROR, True)


async def test_readonly_capture_needs_no_more_than_select(
    empty_shop: Database, open_magento: OpenMagento
) -> None:
    await account(empty_shop, open_magento, "looker", "SELECT ON DB.*")
    magento = await open_magento(replace(empty_shop, user="looker"), capture="readonly")
    findings = wrong(await magento.check())
    # What this mode cannot see is said plainly, and so is that more may be read than is needed.
    assert {finding.subject for finding in findings} == {"read-only capture", "rights"}


@pytest.fixture
async def little(shop: Database, open_magento: OpenMagento) -> Magento:
    """The daemon's place over the demo shop, with the rights that are printed; change log installed."""
    shop.server.create_account("little", "", [])
    await as_printed(shop, open_magento)
    return await open_magento(replace(shop, user="little"), ALL_WATCHES)


NAMES = {
    Model.CUSTOMER: "email",
    Model.ORDER: "increment_id",
    Model.PRODUCT: "sku",
    Model.SUBSCRIBER: "email",
}
ALL_WATCHES = {model: entity.watches for model, entity in create_entities().items()}


async def as_printed(shop: Database, open_magento: OpenMagento, *, whole_tables: bool = False) -> None:
    """Runs what is printed for the account ``little``, as a DBA would."""
    dba = await open_magento(shop, ALL_WATCHES)
    shop.run(await dba.changelog.render("little@localhost", whole_tables=whole_tables))


async def test_all_that_is_looked_up_may_be_read(little: Magento) -> None:
    """Beside what the daemon reads in its daily work, which tests/daemon tries with these rights."""
    shop, source = await little.shop(), little.source
    workspaces = {
        "one": {"api_key_file": "unused", "websites": [site.code for site in shop.websites.values()]}
    }
    routes = Routes.build(Settings.model_validate({"workspaces": workspaces}), shop)
    await identity_risks(source, routes)
    emails, ids = ["a@mail.example"], [1]
    keys = {RANGE: "1-9", "day": "2026-01-01/2026-01-02"}
    await read_holders(source, emails)
    await read_beings(source, [(Model.CUSTOMER, 1), (Model.SUBSCRIBER, 1)])
    await read_orders(source, emails, ids)
    for entity in create_entities().values():
        store = shop.stores[min(shop.stores)]
        high = await entity.high(source)
        found = (await entity.page(source, store, 0, 50, high)).ids
        assert found, entity.model
        assert await entity.count(source, store)
        await entity.locate(source, shop, found)
        await entity.related(source, found)
        for via in entity.wide:
            await entity.reach(source, via, keys.get(via, "1"), 0, 10)
        for via in {NAMES[entity.model], *(watch.via for watch in entity.watches)} - {"", *entity.wide}:
            await entity.resolve(source, via, ["1"])


@pytest.mark.parametrize(
    "statement",
    [
        "LOCK TABLES synqd_product_cl READ",
        "LOCK TABLES customer_entity READ",
        "FLUSH TABLES customer_entity WITH READ LOCK",
        "TRUNCATE synqd_product_cl",
        "ALTER TABLE synqd_product_cl ADD COLUMN more INT",
        "DROP TABLE synqd_meta",
        "CREATE TRIGGER more AFTER INSERT ON customer_entity FOR EACH ROW SET @more = 1",
        "CREATE TABLE child (id INT REFERENCES customer_entity (entity_id))",
        "INSERT INTO synqd_product_cl (entity_id) VALUES (1)",
        "UPDATE synqd_product_cl SET entity_id = 1",
        "DELETE FROM synqd_meta",
        "UPDATE customer_entity SET firstname = 'Eve'",
        "SHOW CREATE VIEW synqd_config",
    ],
)
@pytest.mark.usefixtures("little")
async def test_what_would_hold_up_or_change_the_shop_is_refused(shop: Database, statement: str) -> None:
    """What is left, docs/security.md says: who may read rows may lock them (``test_locks``)."""
    with pytest.raises(OperationalError, match="denied"):
        await replace(shop, user="little").sql(statement)


async def test_attributes_that_are_columns_need_a_right_of_their_own_only_if_they_came_later(
    little: Magento, shop: Database, open_magento: OpenMagento
) -> None:
    known = await load_attributes(little.source)
    assert [code for code in may_be_sent(known) if not known[code].readable] == []
    assert {code for code, one in known.items() if not one.readable} <= {
        "failures_num",
        "first_failure",
        "lock_expires",
        "password_hash",
        "rp_token",
        "rp_token_created_at",
    }
    await shop.sql("ALTER TABLE customer_entity ADD COLUMN club_card VARCHAR(20) DEFAULT '4711'")
    await shop.sql(
        "INSERT INTO eav_attribute (entity_type_id, attribute_code, backend_type, frontend_input)"
        " SELECT entity_type_id, 'club_card', 'static', 'text' FROM eav_entity_type"
        " WHERE entity_type_code = 'customer'"
    )
    chosen = CustomerSettings(attributes=("taxvat", "club_card"))
    faults = await attribute_faults(little.source, chosen)
    assert [(code, "may not read" in why) for code, why in faults.items()] == [("club_card", True)]
    assert list(await attribute_faults(little.source, CustomerSettings(attributes="all"))) == ["club_card"]
    assert "club_card" not in {one.code for one in select("all", await load_attributes(little.source))}
    errors = [one for one in await little.check() if one.level is Level.ERROR]
    assert {one.subject.rpartition("_")[0] for one in errors} == {"trigger synqd_customer_entity_au"}, (
        "its layout is seen all the same"
    )
    await as_printed(shop, open_magento)
    assert await attribute_faults(little.source, chosen) == {}


async def test_rights_on_whole_tables_go_on_to_work_with_a_warning(
    shop: Database, open_magento: OpenMagento
) -> None:
    """As an older version printed them."""
    shop.server.create_account("little", "", [])
    await as_printed(shop, open_magento, whole_tables=True)
    shop.run("GRANT UPDATE ON synqd_order_cl TO little@localhost")
    place = await open_magento(replace(shop, user="little"), ALL_WATCHES)
    assert not [one for one in await place.check() if one.level is Level.ERROR]
    assert await place.shop()
    (found,) = [one for one in await place.check() if one.subject == "rights"]
    assert "reads password_hash, rp_token, subscriber_confirm_code, additional_information" in found.message
    assert "UPDATE ON" in found.remedy
    shop.run("".join(re.findall(r"REVOKE[^;]*;", found.remedy)))
    await as_printed(shop, open_magento)
    (found,) = [one for one in await place.check() if one.subject == "rights"]
    assert found.message.endswith("(SELECT on core_config_data)"), "it was needed until there was the view"
    shop.run(found.remedy)
    assert [one for one in await place.check() if one.subject == "rights"] == []


@pytest.mark.parametrize(
    ("grant", "words"),
    [
        (
            "ALL PRIVILEGES ON *.*",
            "on the whole server: whoever has its password reads the passwords and tokens",
        ),
        ("FILE, PROCESS ON *.*", "has FILE, PROCESS on the whole server: whoever has its password reads and"),
        ("SELECT, LOCK TABLES ON DB.*", "has SELECT, LOCK TABLES on all of database"),
        ("SELECT ON DB.admin_user", "does not need (SELECT on admin_user)"),
        (
            "SELECT (password_hash, email) ON DB.customer_entity",
            "(SELECT of password_hash on customer_entity)",
        ),
        ("SELECT ON DB.customer_entity", "reads password_hash, rp_token, which synqd does not"),
        ("UPDATE ON DB.customer_entity", "(UPDATE on customer_entity)"),
        ("DELETE ON DB.synqd_meta", "(DELETE on synqd_meta)"),
        ("INSERT ON DB.synqd_product_cl", "(INSERT on synqd_product_cl)"),
        ("TRIGGER ON DB.customer_entity", "(TRIGGER on customer_entity)"),
        ("SELECT ON mysql.*", "has SELECT on all of database mysql"),
    ],
)
async def test_rights_beyond_those_printed_are_named_with_the_revoke(
    little: Magento, shop: Database, grant: str, words: str
) -> None:
    assert [one for one in await little.check() if one.subject == "rights"] == []
    shop.run("CREATE TABLE IF NOT EXISTS admin_user (user_id INT, password VARCHAR(255))")
    shop.run(f"GRANT {grant.replace('DB', shop.name)} TO little@localhost")
    try:
        (found,) = [one for one in await little.check() if one.subject == "rights"]
        assert words in found.message
        assert found.level is Level.WARNING
        shop.run("".join(re.findall(r"REVOKE[^;]*;", found.remedy)))
    finally:
        shop.run("REVOKE ALL PRIVILEGES ON *.* FROM little@localhost")
    assert [one for one in await little.check() if one.subject == "rights"] == []
