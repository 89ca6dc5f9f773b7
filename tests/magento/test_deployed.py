"""Settings that a shop's deployment makes: where they are read, which of them, and which one wins (S31)."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from synqd.cli.synqd import synqd
from synqd.config import DeployedSettings, Settings
from synqd.magento.deployed import (
    Root,
    from_settings,
    from_variables,
    laid_over,
    read_variables,
    unknown_codes,
)
from synqd.magento.deployed.sources import Place
from synqd.models.errors import ConfigError
from synqd.models.shop import DEFAULT, STORES, WEBSITES, Shop, ShopConfig, StoreView, Website

URL = "web/unsecure/base_url"
SHOP = Shop(
    {1: Website(1, "Base", "Main", 2)},
    {2: StoreView(2, "de", "German", 1, "Base", 1, 2, active=True)},
    ShopConfig({(URL, DEFAULT, 0): "http://database.example/"}),
)
ENV = """<?php return ['crypt' => ['key' => 'k'], 'system' => [
  'default' => ['web' => ['unsecure' => ['base_url' => 'https://env.example/'],
    'seo' => ['use_rewrites' => 1]],
    'tax' => ['calculation' => ['price_includes_tax' => null]],
    'payment' => ['x' => ['api_key' => 'secret']], 'currency' => ['options' => ['base' => '0:3:abc']]],
  'stores' => ['de' => ['general' => ['locale' => ['timezone' => 'Europe/Berlin']]]]]];
"""
CONFIG = """<?php return ['modules' => ['A' => 1], 'system' => ['default' => ['web' => [
  'unsecure' => ['base_url' => 'https://config.example/'], 'url' => ['use_store' => '1']]]]];
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "app/etc").mkdir(parents=True)
    (tmp_path / "app/etc/env.php").write_text(ENV)
    (tmp_path / "app/etc/config.php").write_text(CONFIG)
    return tmp_path


def test_of_the_two_files_env_php_wins_and_no_secret_is_read(root: Path) -> None:
    assert Root(root).settings() == {
        Place(DEFAULT, "", URL): "https://env.example/",
        Place(DEFAULT, "", "web/seo/use_rewrites"): "1",
        Place(DEFAULT, "", "web/url/use_store"): "1",
        Place(DEFAULT, "", "tax/calculation/price_includes_tax"): "",
        Place(STORES, "de", "general/locale/timezone"): "Europe/Berlin",
    }


def test_files_are_read_again_when_they_change_and_broken_ones_change_nothing(root: Path) -> None:
    files = Root(root)
    known = files.settings()
    assert files.settings() is known
    (root / "app/etc/env.php").write_text("<?php return [ deploying")
    assert files.settings() == known
    (root / "app/etc/env.php").write_text("<?php return [];")
    assert files.settings()[Place(DEFAULT, "", URL)] == "https://config.example/"
    (root / "app/etc/env.php").write_text("<?php return [ deploying")
    with pytest.raises(ConfigError, match=r"env\.php"):
        Root(root).settings()


def test_variables_are_settings_of_their_scope() -> None:
    found = from_variables(
        {
            "CONFIG__DEFAULT__WEB__UNSECURE__BASE_URL": "https://variable.example/",
            "CONFIG__WEBSITES__BASE__CURRENCY__OPTIONS__BASE": "EUR",
            "CONFIG__STORES__DE__TAX__CALCULATION__BASED_ON": "origin",
            "CONFIG__DEFAULT__WEB__UNSECURE": "too short",
            "CONFIG__DEFAULT__PAYMENT__X__API_KEY": "secret",
            "DEFAULT__WEB__UNSECURE__BASE_URL": "no prefix",
        }
    )
    assert found == {
        Place(DEFAULT, "", URL): "https://variable.example/",
        Place(WEBSITES, "base", "currency/options/base"): "EUR",
        Place(STORES, "de", "tax/calculation/based_on"): "origin",
    }
    shop = laid_over(SHOP, found)
    assert shop.config.at_website("currency/options/base", 1) == "EUR"  # Magento's variables know no capitals


@pytest.mark.parametrize(
    "text",
    [
        "A=1\nCONFIG__DEFAULT__WEB__UNSECURE__BASE_URL=https://a.example/\n",
        'export CONFIG__DEFAULT__WEB__UNSECURE__BASE_URL="https://a.example/"',
        "env[CONFIG__DEFAULT__WEB__UNSECURE__BASE_URL] = 'https://a.example/'",
        "A=1\0CONFIG__DEFAULT__WEB__UNSECURE__BASE_URL=https://a.example/\0B=\xff",
    ],
)
def test_files_of_variables(tmp_path: Path, text: str) -> None:
    (tmp_path / "variables").write_bytes(text.encode("latin-1"))
    found = from_variables(read_variables(tmp_path / "variables"))
    assert found == {Place(DEFAULT, "", URL): "https://a.example/"}


def test_a_setting_wins_in_its_own_scope_before_scopes_fall_back() -> None:
    own = replace(SHOP, config=ShopConfig({**SHOP.config.values, (URL, STORES, 2): "http://german.example/"}))
    everywhere = {Place(DEFAULT, "", URL): "https://env.example/"}
    shop = laid_over(own, everywhere)
    assert shop.config.at_default(URL) == "https://env.example/"
    assert shop.config.at_store(URL, shop.stores[2]) == "http://german.example/"
    later = laid_over(own, everywhere, {Place(STORES, "de", URL): "https://later.example/"})
    assert later.config.at_store(URL, shop.stores[2]) == "https://later.example/"
    lost = {Place(STORES, "fr", URL): "x", Place(WEBSITES, "Base", URL): "y"}
    assert unknown_codes(SHOP, lost) == ["stores/fr"]
    assert laid_over(SHOP, {Place(STORES, "fr", URL): "x"}) == SHOP


def test_what_the_command_prints_is_what_the_configuration_takes(root: Path, tmp_path: Path) -> None:
    variables = tmp_path / "variables"
    variables.write_text('CONFIG__DEFAULT__WEB__UNSECURE__BASE_URL=https://"x\\y".example/\n')
    asked = ["shop-config", "--magento-root", str(root), "--env-file", str(variables)]
    printed = CliRunner().invoke(synqd, asked, catch_exceptions=False)
    assert "secret" not in printed.output
    settings = Settings.model_validate(tomllib.loads(printed.output))
    assert settings.shop.config.complete
    expected = {**Root(root).settings(), Place(DEFAULT, "", URL): 'https://"x\\y".example/'}
    assert from_settings(settings.shop.config) == expected


def test_paths_that_nobody_reads_are_refused() -> None:
    with pytest.raises(ValueError, match="payment/x/api_key: synqd does not read this path"):
        DeployedSettings(default={"payment/x/api_key": "secret"})
