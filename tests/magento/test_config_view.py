"""The view through which an account reads what is configured, and nothing of other modules."""

from __future__ import annotations

from dataclasses import replace

import pytest

from synqd.entities.shop_inputs import SUBJECTS
from synqd.magento import Level, Magento
from synqd.models.errors import Denied
from synqd.models.shop import DEFAULT, PATHS, ShopConfig
from tests.magento.places import OpenMagento
from tests.support.database import Database

BASE_URL = ("web/unsecure/base_url", DEFAULT, 0)
LAYOUT = ("store", "store_group", "store_website")
CONFIG = """
DELETE FROM core_config_data;
INSERT INTO core_config_data (scope, scope_id, path, value) VALUES
  ('default', 0, 'web/unsecure/base_url', 'https://shop.example/'),
  ('default', 0, 'tax/calculation/discount_tax', NULL),
  ('default', 0, 'tax/taxjar/apikey', 'sesame'),
  ('default', 0, 'web/secure/private_key', 'sesame'),
  ('default', 0, 'web/secure/odd', '0:3:c2VzYW1l'),
  ('default', 0, 'payment/some/password', 'sesame');
"""


def narrow(shop: Database, *tables: str) -> None:
    """An account that may read these tables only."""
    shop.server.create_account("narrow", "", [f"SELECT ON {shop.name}.{table}" for table in tables])


@pytest.fixture
async def configured(empty_shop: Database, open_magento: OpenMagento) -> Database:
    empty_shop.run(CONFIG)
    assert (await (await open_magento(empty_shop)).changelog.install()).without_view == ""
    return empty_shop


async def errors(magento: Magento) -> list[str]:
    found = await magento.changelog.verify()
    return [f"{one.subject} {one.message}; {one.remedy}" for one in found if one.level is Level.ERROR]


async def test_the_view_shows_what_is_read_and_nothing_else(
    configured: Database, open_magento: OpenMagento
) -> None:
    narrow(configured, *LAYOUT, "synqd_config")
    shop = await (await open_magento(replace(configured, user="narrow"))).shop()
    assert shop.config.values == {
        BASE_URL: "https://shop.example/",
        ("tax/calculation/discount_tax", DEFAULT, 0): None,
    }
    assert shop == await (await open_magento(configured)).shop()
    assert "sesame" not in configured.run("SELECT * FROM synqd_config")


async def test_without_either_the_right_is_named(configured: Database, open_magento: OpenMagento) -> None:
    narrow(configured, *LAYOUT)
    place = await open_magento(replace(configured, user="narrow"))
    with pytest.raises(Denied, match="neither core_config_data nor the view synqd_config may be read"):
        await place.shop()
    grant = f"GRANT SELECT ON `{configured.name}`.`synqd_config` TO 'narrow'@'localhost';"
    assert grant in [one.remedy for one in await place.check() if one.level is Level.ERROR]


async def test_a_view_whose_account_is_gone_is_told_and_not_needed_by_whoever_reads_the_table(
    configured: Database, open_magento: OpenMagento
) -> None:
    configured.server.create_account("leaver", "", [f"ALL PRIVILEGES ON {configured.name}.*"])
    root = await open_magento(configured)
    await root.changelog.install(definer="leaver@localhost")
    narrow(configured, *LAYOUT, "synqd_config")
    await (await open_magento(replace(configured, user="narrow"))).shop()
    for harm in (
        f"REVOKE SELECT ON {configured.name}.* FROM leaver@localhost",
        "DROP USER leaver@localhost, leaver@127.0.0.1",
    ):
        configured.run(harm)
        with pytest.raises(Denied, match=r"view synqd_config cannot be read.*run `synqd changelog install`"):
            await (await open_magento(replace(configured, user="narrow"))).shop()
        assert any(line.startswith("view synqd_config cannot be read") for line in await errors(root))
        assert BASE_URL in (await root.shop()).config.values
    await root.changelog.install()
    assert await errors(root) == []
    assert BASE_URL in (await (await open_magento(replace(configured, user="narrow"))).shop()).config.values


async def test_a_view_of_another_version_is_not_taken_for_the_configuration(
    configured: Database, open_magento: OpenMagento
) -> None:
    root = await open_magento(configured)
    narrow(configured, *LAYOUT, "synqd_config")
    older = ",".join(PATHS[1:])
    configured.run(
        f"CREATE OR REPLACE VIEW synqd_config AS SELECT path, scope, scope_id, value, '{older}' AS covers"
        " FROM core_config_data"
    )
    with pytest.raises(Denied, match=rf"does not show {PATHS[0]}; run `synqd changelog install`"):
        await (await open_magento(replace(configured, user="narrow"))).shop()
    assert len(await errors(root)) == 1
    await root.changelog.install()
    assert await errors(root) == []
    await (await open_magento(replace(configured, user="narrow"))).shop()


async def test_an_account_that_may_not_make_it_installs_all_the_same(
    empty_shop: Database, open_magento: OpenMagento
) -> None:
    rights = "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, TRIGGER"
    empty_shop.server.create_account("plain", "", [f"{rights} ON {empty_shop.name}.*"])
    plain = await open_magento(replace(empty_shop, user="plain"))
    assert "CREATE VIEW" in (await plain.changelog.install()).without_view
    assert await errors(plain) == []


def test_all_that_is_read_is_shown() -> None:
    for path in (path for subject in SUBJECTS for path in subject.paths):
        assert any(path.startswith(shown) or shown.startswith(path) for shown in PATHS), path
    with pytest.raises(LookupError, match="payment/some/password"):
        ShopConfig().at_default("payment/some/password")
