"""``synqd init``: configurations that load, from nothing, from a shop, from the official module."""

import json
import tomllib
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from synqd.cli.synqd.starting import starting_configuration, toml_key, toml_value
from synqd.cli.synqd.takeover import take_over
from synqd.config import Settings, load_settings
from synqd.magento.deployed.phparray import parse_php_array
from synqd.models.errors import ConfigError
from synqd.models.shop import DEFAULT, Shop, ShopConfig
from synqd.models.text import storable
from tests.support.database import Database
from tests.support.hostile import HOSTILE
from tests.support.house import run

ENV_PHP = """<?php
// Written by Magento; 'quotes' and # signs in comments are harmless.
return [
    'backend' => ['frontName' => 'admin'],
    'crypt' => ['key' => '%(key)s'],
    'db' => [
        'table_prefix' => '',
        'connection' => [
            'default' => [
                'host' => '%(socket)s', 'dbname' => '%(database)s', 'username' => 'root',
                'password' => '', 'active' => '1', 'driver_options' => [1014 => false],
            ],
        ],
    ],
    'cache_types' => array('config' => 1, 'layout' => 1.5, 'none' => NULL),
];
"""
THROW_AWAY_KEY = "base64bta58uTUP5JMa4GTa71cIBtWxYhSs7ShRopQC4HKGsk="


@pytest.fixture
def root(tmp_path: Path, magento_copy: Database, conformance_dir: Path) -> Path:
    """A shop's directory whose database has the official module in it."""
    magento_copy.server.run(conformance_dir / "module-settings.sql.gz", database=magento_copy.name)
    path = tmp_path / "shop" / "app" / "etc"
    path.mkdir(parents=True)
    values = {"key": THROW_AWAY_KEY, "socket": magento_copy.socket, "database": magento_copy.name}
    (path / "env.php").write_text(ENV_PHP % values)
    return tmp_path / "shop"


def test_the_commented_defaults_are_the_defaults() -> None:
    text = starting_configuration({})
    uncommented = [line.removeprefix("#") for line in text.splitlines() if not line.startswith("# ")]
    told = Settings.model_validate(tomllib.loads("\n".join(line for line in uncommented if line[-1:] != " ")))
    written = Settings.model_validate(tomllib.loads(text))
    assert told.model_copy(update={"schedule": ()}) == written
    assert not written.sync.enabled


async def test_the_official_modules_settings_are_taken_over(tmp_path: Path, root: Path) -> None:
    output = tmp_path / "etc" / "synqd.toml"
    await run("synqd", "init", "--output", str(output), "--magento-root", str(root), "--from-module")
    settings = load_settings(output, {})
    assert (settings.sync.enabled, settings.sync.mapping) == (False, "module")
    assert settings.sync.stores == ("default", "de", "b2b_en", "b2b_pl")
    assert {name: one.websites for name, one in settings.workspaces.items()} == {
        "lab-base": ("base",),
        "lab-b2b": ("b2b",),
    }
    keys = [one.api_key_file.read_text().strip() for one in settings.workspaces.values()]
    assert keys == [f"{digit * 8}-{digit * 4}-4{digit * 3}-8{digit * 3}-{digit * 12}" for digit in "12"]
    assert all(one.api_key_file.stat().st_mode & 0o777 == 0o600 for one in settings.workspaces.values())
    product = settings.product
    assert (product.price, product.calculate_tax, product.attribute_format) == ("final", False, "label")
    assert "lab_multi" in product.attributes
    assert settings.customer.max_items_per_request == settings.order.max_items_per_request == 100
    assert (settings.customer.delete, settings.magento.user) == ("event", "root")


async def test_values_of_websites_and_store_views_become_scopes(
    tmp_path: Path, root: Path, magento_copy: Database
) -> None:
    await magento_copy.sql(
        "INSERT INTO core_config_data (scope, scope_id, path, value) VALUES"
        " ('websites', 2, 'synerise/product/calculate_tax', '1'),"
        " ('stores', 4, 'synerise/product/attributes', 'name,color')"
    )
    output = tmp_path / "synqd.toml"
    await run("synqd", "init", "--output", str(output), "--magento-root", str(root), "--from-module")
    product = load_settings(output, {}).product
    assert product.website["b2b"].calculate_tax is True
    assert product.store["b2b_pl"].attributes == ("name", "color")


async def test_another_crypt_key_asks_for_key_files(tmp_path: Path, root: Path) -> None:
    path = root / "app" / "etc" / "env.php"
    path.write_text(path.read_text().replace(THROW_AWAY_KEY, "0123456789abcdef0123456789abcdef"))
    output = tmp_path / "synqd.toml"
    ended = await run("synqd", "init", "--output", str(output), "--magento-root", str(root), "--from-module")
    assert str(tmp_path / "lab-base.key") in ended.err
    assert not (tmp_path / "lab-base.key").exists()
    assert load_settings(output, {}).workspaces["lab-base"].api_key_file == tmp_path / "lab-base.key"


async def test_a_shop_without_the_module_is_told(tmp_path: Path, shop: Database) -> None:
    arguments = ["--socket", shop.socket, "--database", shop.name, "--user", "root"]
    output = tmp_path / "synqd.toml"
    ended = await run("synqd", "init", "--output", str(output), *arguments, "--from-module", status=1)
    assert "synerise_workspace" in ended.err
    assert not output.exists()


async def test_nothing_is_overwritten(tmp_path: Path) -> None:
    output = tmp_path / "synqd.toml"
    output.write_text("mine")
    ended = await run("synqd", "init", "--output", str(output), status=1)
    assert str(output) in ended.err
    assert output.read_text() == "mine"


@pytest.mark.parametrize(
    "text", ["<?php return 5;", "<?php return [1 => ", "<?php return [getenv('X')];", ""]
)
def test_what_is_no_literal_array_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="array"):
        parse_php_array(text)


@pytest.mark.parametrize(
    ("env", "told"),
    [
        (b"<?php\nreturn ['db' => ['password' => 'hunter2' . getenv('hunter2')]];", "line 2, column 44"),
        (b"<?php return ['db' => ['password' => 'hunter2\\'", "line 1, column 38: no literal array"),
        (b"<?php return ['db' => ['password' => 'hunter2\xff']];", "is not UTF-8 text"),
        (b"<?php return ['db' => 'hunter2'];", "has no db/connection/default"),
        (b"<?php return ['db' => ['connection' => ['default' => 'hunter2']]];", "no db/connection/default"),
        (b"<?php return [" + 5000 * b"'hunter2' => [", "is nested more than"),
    ],
)
async def test_no_error_quotes_what_the_shop_keeps_secret(tmp_path: Path, env: bytes, told: str) -> None:
    (tmp_path / "app" / "etc").mkdir(parents=True)
    (tmp_path / "app" / "etc" / "env.php").write_bytes(env)
    output = tmp_path / "synqd.toml"
    ended = await run("synqd", "init", "--output", str(output), "--magento-root", str(tmp_path), status=1)
    assert told in ended.err
    assert ended.err.count("\n") == 1
    assert "hunter2" not in ended.err
    assert not output.exists()


async def test_database_settings_of_odd_kinds_are_taken_as_php_would(tmp_path: Path) -> None:
    (tmp_path / "app" / "etc").mkdir(parents=True)
    database = "'host' => \"db:\\u{b2}\", 'dbname' => 5, 'username' => null, 'password' => 123"
    text = f"<?php return ['db' => ['connection' => ['default' => [{database}]]], 'crypt' => 'no array'];"
    (tmp_path / "app" / "etc" / "env.php").write_text(text)
    output = tmp_path / "synqd.toml"
    await run("synqd", "init", "--output", str(output), "--magento-root", str(tmp_path))
    magento = load_settings(output, {}).magento
    assert (magento.host, magento.port, magento.database, magento.user) == ("db", 3306, "5", "")
    assert (tmp_path / "magento.password").read_text() == "123\n"


@given(st.text(st.characters(codec=None) | st.sampled_from(HOSTILE)))
@example(HOSTILE)
@example('"\\\n')
def test_any_text_can_be_a_value_and_a_key(text: str) -> None:
    line = f"{toml_key(text)} = {toml_value(text)}"
    assert line.isprintable()
    assert tomllib.loads(line) == {storable(text): storable(text)}


@pytest.mark.parametrize(
    "text",
    [
        "5",
        '"x"',
        "[1]",
        '{"1": Infinity}',
        '{"x": 1}',
        f'{{"{"9" * 5000}": 1}}',
        "[" * 100_000,
        "{",
        "a:0:{}",
    ],
)
def test_a_workspace_map_that_is_none_is_one_line(text: str) -> None:
    empty = Shop(websites={}, stores={}, config=ShopConfig({}))
    with pytest.raises(ConfigError, match=r"is not a map of websites to workspaces$"):
        take_over({("synerise/workspace/map", DEFAULT, 0): text}, [], empty, str)
    many = {("synerise/product/limit", DEFAULT, 0): "9" * 5000}
    assert take_over(many, [], empty, str).given["product"]["max_items_per_request"] == 50


async def test_taking_over_ends_with_what_the_module_is_doing(
    tmp_path: Path, root: Path, magento_copy: Database, conformance_dir: Path
) -> None:
    """The rehearsal of moving over: each step of docs/migration.md as the check sees it."""
    await magento_copy.sql(
        "INSERT INTO queue_message (id, topic_name, body) VALUES (901, 'synerise.queue.data.item', '{}'),"
        " (902, 'synerise.queue.events', '{}'), (903, 'async.operations.all', '{}')"
    )
    await magento_copy.sql(
        "INSERT INTO queue_message_status (queue_id, message_id, updated_at, status)"
        " SELECT MIN(id), 901, NOW(), 2 FROM queue UNION SELECT MIN(id), 902, NOW(), 4 FROM queue"
        " UNION SELECT MIN(id), 903, NOW(), 2 FROM queue"
    )
    output = tmp_path / "etc" / "synqd.toml"
    taken = await run("synqd", "init", "--output", str(output), "--magento-root", str(root), "--from-module")
    assert "is still sending (synerise/synchronization/enabled = 1 in default 0), as it should" in taken.out
    assert "bin/magento config:set synerise/synchronization/enabled 0" in taken.out
    assert "has messages waiting: 1 in synerise.queue.data.item; " in taken.out
    assert "sends all of it once more, under the same keys" in taken.out
    config = ["--config", str(output)]
    await run("synqd", "changelog", "install", *config)
    output.write_text(output.read_text().replace("enabled = false", "enabled = true", 1))
    both = (await run("synqd", "check-config", "--connect", *config, status=1)).out  # no Synerise to ask
    assert "so everything is sent twice" in both
    await magento_copy.sql(
        "UPDATE core_config_data SET value = '0' WHERE path = 'synerise/synchronization/enabled'"
    )
    await magento_copy.sql("DELETE FROM queue_message WHERE topic_name LIKE 'synerise.%%'")
    after = (await run("synqd", "check-config", "--connect", *config, status=1)).out
    assert "official module: is switched off" in after
    assert "official module: has nothing waiting in MySQL" in after
    assert "sent twice" not in after
    shown = await run(*("synqd", "preview", "product", "--store", "default", "--skus", "24-MB01", *config))
    assert json.loads(shown.out)["item"]["itemKey"] == "24-MB01"
