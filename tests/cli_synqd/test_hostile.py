"""Whatever shop, configuration and arguments hold: the terminal only shows it."""

import json
from pathlib import Path

import pytest

from tests.support.database import Database
from tests.support.hostile import HOSTILE, harmless
from tests.support.house import run

STORABLE = "".join(letter for letter in HOSTILE if "\0" < letter < "\ud800" or "\udfff" < letter <= "\uffff")
"""Without what neither databases nor arguments can hold."""


@pytest.fixture
def config(tmp_path: Path, shop: Database) -> Path:
    path = tmp_path / "synqd.toml"
    (tmp_path / "key").write_text("x")
    path.write_text(
        f'[magento]\nsocket = "{shop.socket}"\ndatabase = "{shop.name}"\nuser = "{shop.user}"\n'
        f'[queue]\ndirectory = "{tmp_path}/state"\n'
        f'[workspaces.main]\napi_key_file = "{tmp_path}/key"\nwebsites = ["home", "trade"]\n'
    )
    return path


async def test_a_preview_is_json_of_the_same_value_that_does_nothing(config: Path, shop: Database) -> None:
    name = f"Cup {STORABLE} ß"
    await shop.sql(
        "UPDATE catalog_product_entity_varchar SET value = %s WHERE store_id = 0 AND entity_id = 101"
        " AND attribute_id = (SELECT attribute_id FROM eav_attribute WHERE attribute_code = 'name' AND"
        " entity_type_id = 4)",
        name,
    )
    arguments = ("preview", "product", "--store", "home_en", "--ids", "101", "--config", str(config))
    ended = await run("synqd", *arguments, "--explain")
    assert harmless(ended.out)
    (line,) = ended.out.splitlines()
    assert json.loads(line)["item"]["value"]["name"] == name
    assert "ß" in line


@pytest.mark.parametrize(
    ("status", "arguments"),
    [
        (1, ("preview", "product", "--store", f"home{STORABLE}", "--ids", "101")),
        (2, ("preview", f"product{STORABLE}")),
        (2, ("preview", "product", "--store", "x", "--ids", STORABLE)),
        (2, ("check-config", f"--{STORABLE}")),
        (1, ("check-config", "--config", f"/nonexistent/{STORABLE}")),
        (2, (STORABLE,)),
        (1, ("init", "--output", f"/proc/{STORABLE}/x")),
        (2, ("install-service", "--instance", STORABLE)),
    ],
)
async def test_what_synqd_is_given_does_nothing_to_the_terminal(
    config: Path, status: int, arguments: tuple[str, ...]
) -> None:
    own = ("--config", str(config)) if arguments[0] == "preview" else ()
    ended = await run("synqd", *arguments, *own, status=status)
    assert harmless(ended.out + ended.err)


async def test_a_configuration_is_only_shown(config: Path) -> None:
    key = "".join(f"\\u{ord(letter):04x}" for letter in STORABLE)
    config.write_text(
        f'[sync]\n"{key}" = 1\n[workspaces."{key}"]\napi_key_file = "{key}"\nwebsites = ["x"]\n'
    )
    ended = await run("synqd", "check-config", "--config", str(config), status=1)
    assert "\\u009b" in ended.err
    assert harmless(ended.out + ended.err)
