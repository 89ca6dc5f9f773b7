"""Rights: what SHOW GRANTS says, what is enough to install and to run, and what check-config finds."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from asyncmy.errors import OperationalError

from synqd.magento import Finding, Level, Magento
from synqd.magento.checks import _version
from synqd.magento.grants import Grants
from synqd.magento.translate import translated
from synqd.models.errors import Denied
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
        line for line in re.findall(r"^(GRANT SELECT ON .*)", script, re.MULTILINE) if "synqd_" not in line
    ]
    installing = re.findall(r"^-- (GRANT .*)", script, re.MULTILINE)
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


async def test_a_read_only_server(magento: Magento, empty_shop: Database) -> None:
    empty_shop.run("SET GLOBAL read_only = 1")
    try:
        found = wrong(await magento.check())
    finally:
        empty_shop.run("SET GLOBAL read_only = 0")
    assert [(f.level, "read-only" in f.message) for f in found] == [(Level.WARNING, True)]


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
    # What this mode cannot see is said plainly, and nothing else is wrong.
    assert {finding.subject for finding in findings} == {"read-only capture"}
