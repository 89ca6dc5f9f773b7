"""Websites, store views and configuration."""

from __future__ import annotations

from synqd.models.shop import DEFAULT, STORES, Website
from tests.magento.places import OpenMagento
from tests.support.database import Database

LAYOUT = """
SET SESSION foreign_key_checks = 0, sql_mode = 'NO_AUTO_VALUE_ON_ZERO';
DELETE FROM store_website; DELETE FROM store_group; DELETE FROM store; DELETE FROM core_config_data;
INSERT INTO store_website (website_id, code, name, default_group_id, is_default)
  VALUES (0, 'admin', 'Admin', 0, 0), (1, 'base', 'Main', 1, 1), (2, 'b2b', 'Business', 0, 0);
INSERT INTO store_group (group_id, website_id, code, name, root_category_id, default_store_id)
  VALUES (0, 0, 'd', 'Default', 0, 0), (1, 1, 'main', 'Main', 2, 4), (2, 1, 'side', 'Side', 7, 5);
INSERT INTO store (store_id, code, website_id, group_id, name, is_active)
  VALUES (0, 'admin', 0, 0, 'Admin', 1), (4, 'en', 1, 1, 'English', 1), (5, 'de', 1, 2, 'German', 0);
INSERT INTO core_config_data (scope, scope_id, path, value) VALUES
  ('default', 0, 'web/unsecure/base_url', 'https://shop.example/'),
  ('stores', 5, 'web/unsecure/base_url', NULL),
  ('default', 0, 'catalog/search/opensearch_password', 'x'),
  ('default', 0, 'catalog/search/odd', '0:3:c2VjcmV0'),
  ('default', 0, 'customer/captcha/private_key', 'x'),
  ('default', 0, 'payment/some/merchant', 'x');
"""


async def test_layout(empty_shop: Database, open_magento: OpenMagento) -> None:
    empty_shop.run(LAYOUT)
    shop = await (await open_magento(empty_shop)).shop()
    assert shop.websites == {1: Website(1, "base", "Main", 4), 2: Website(2, "b2b", "Business", None)}
    assert set(shop.stores) == {4, 5}
    german = shop.stores[5]
    assert (german.website_code, german.group_id, german.root_category_id, german.active) == (
        "base",
        2,
        7,
        False,
    )
    assert shop.config.values == {
        ("web/unsecure/base_url", DEFAULT, 0): "https://shop.example/",
        ("web/unsecure/base_url", STORES, 5): None,
    }
    assert shop.config.at_store("web/unsecure/base_url", shop.stores[4]) == "https://shop.example/"
    assert shop.config.at_store("web/unsecure/base_url", german, "fallback") is None


async def test_the_real_dump(magento_dump: Database, open_magento: OpenMagento) -> None:
    secret = magento_dump.server.directory / "reader-password"
    secret.write_text(magento_dump.password)
    shop = await (await open_magento(magento_dump, password_file=secret)).shop()
    assert {store.website_code for store in shop.stores.values()} >= {"base"}
    assert all(site.default_store_id in shop.stores for site in shop.websites.values())
    assert not [path for path, _, _ in shop.config.values if "password" in path]
