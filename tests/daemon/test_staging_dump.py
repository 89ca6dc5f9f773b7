"""A real Magento in the shape of Adobe Commerce: read as before, and followed as its content switches."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from synqd.config import Settings
from synqd.entities import create_entities
from synqd.magento import Level
from synqd.models.names import Key, Model
from synqd.models.wire import Parcel, Skip
from synqd.movers.sweeper.soundness import Soundness
from synqd.movers.sweeper.versions import ContentVersions
from tests.daemon.conftest import MakeHouse
from tests.daemon.test_capture_recorded import WITH_GALLERY
from tests.entities.product.shopkeeping import RECORDED_ATTRIBUTES
from tests.support import deploys
from tests.support.database import Database
from tests.support.entities import NOW, CountingSource, Shopkeeper, leased, open_magento
from tests.support.inside import Inside, ShiftedClock, inside
from tests.support.staged import switch

pytestmark = pytest.mark.long
"""Some minutes, as each compares a whole shop; tests/daemon/test_staging.py tries the same on a small one."""

MOMENT = int(NOW.timestamp())
DAY = 86_400
ATTRIBUTES = ["media_gallery", *(code for code in RECORDED_ATTRIBUTES if code != "updated_at")]
"""The conversion touches every product."""
WORKSPACES = {"main": {"api_key_file": "main.key", "websites": ["base", "b2b"]}}
ROWS_OF_VERSIONS = re.compile(r"^catalog_(?:product|category)_entity_(?!media_gallery$)")
MAINS = ("catalog_product_entity", "catalog_category_entity")
LINKS = {"catalog_product_link": "product_id", "catalog_product_bundle_selection": "parent_product_id"}


def convert(shop: Database, directory: Path, *arguments: str) -> None:
    """Turns the dump into the shape of Commerce, by a script that lies beside it."""
    script = directory / "commerce_convert.py"
    if not script.is_file():
        pytest.skip(f"{script} is missing")
    command = [sys.executable, str(script), shop.socket, shop.name, str(MOMENT), *arguments]
    subprocess.run(command, check=True, capture_output=True)


def in_the_form_of_commerce(text: str) -> str:
    """A trigger of Magento's as content staging writes it."""
    table = re.findall(r" ON `?(\w+)`? FOR EACH ROW", text)[0]
    row = "OLD" if "_after_delete" in text else "NEW"
    column = LINKS.get(table) or ("row_id" if ROWS_OF_VERSIONS.match(table) else "")
    if table in MAINS:
        return re.sub(
            r"((?:IF \(NOT|INSERT IGNORE).*)\n",
            rf"IF ({row}.created_in <= UNIX_TIMESTAMP()) THEN \1 END IF;\n",
            text,
        )
    if not column:
        return text
    main = "catalog_category_entity" if table.startswith("catalog_category") else "catalog_product_entity"
    found = f"SET @entity_id = (SELECT `entity_id` FROM `{main}` WHERE `row_id` = {row}.`{column}`);"
    text = re.sub(rf"VALUES \({row}\.`(?:entity_id|{column})`\)", "values(@entity_id)", text)
    return text.replace(".`entity_id`", ".`row_id`").replace("BEGIN\n", f"BEGIN\n{found}\n", 1)


@pytest.fixture
async def commerce(magento_copy: Database, conformance_dir: Path) -> Database:
    """The dump with versions, and Magento's own triggers in the form that they have there."""
    triggers = await deploys.definitions(magento_copy)
    convert(magento_copy, conformance_dir, "--versions")
    deploys.create(magento_copy, map(in_the_form_of_commerce, triggers.values()))
    await switch(magento_copy, 1)
    return magento_copy


async def previews(
    database: Database, home: Path, mapping: str, stores: Iterable[int]
) -> Mapping[Key, Parcel | Skip]:
    """What would be sent of all products and orders."""
    settings = Settings.model_validate(
        {"workspaces": WORKSPACES, "sync": {"mapping": mapping}, "product": {"attributes": ATTRIBUTES}}
    )
    found: dict[Key, Parcel | Skip] = {}
    async with open_magento(database, home) as magento:
        shop = await magento.shop()
        for model in (Model.PRODUCT, Model.ORDER):
            entity = create_entities()[model]
            keeper = Shopkeeper(entity, CountingSource(magento.source), shop, settings)
            ids = range(1, await entity.high(magento.source) + 1)
            for store in stores:
                items = [leased(entity, store, number) for number in ids]
                outcomes = await entity.compose(magento.source, keeper.context(store), items)
                found |= dict(zip([item.key for item in items], outcomes, strict=True))
    return found


async def test_without_versions_every_preview_is_as_before(
    magento_dump: Database, magento_copy: Database, conformance_dir: Path, tmp_path: Path
) -> None:
    convert(magento_copy, conformance_dir)
    for mapping, stores in (("store", (1, 3)), ("module", (2, 4))):
        before = await previews(magento_dump, tmp_path, mapping, stores)
        after = await previews(magento_copy, tmp_path, mapping, stores)
        assert len(before) > 4_000
        assert [key for key in before if before[key] != after[key]] == []


async def shows(here: Inside) -> None:
    await here.settled()
    await here.swept(ContentVersions)
    assert await here.differences([Model.PRODUCT]) == []


EDIT = (
    "UPDATE catalog_{0}_entity_varchar v JOIN catalog_{0}_entity e USING (row_id)"
    " SET v.value = CONCAT(v.value, ' {1}') WHERE e.created_in {1} AND v.attribute_id IN"
    " (SELECT attribute_id FROM eav_attribute WHERE attribute_code = 'name')"
)


async def test_a_real_shop_is_followed_from_version_to_version(
    make_house: MakeHouse, commerce: Database, clock: ShiftedClock
) -> None:
    async with make_house(commerce, websites=("base", "b2b"), extra=WITH_GALLERY) as house:
        verified = (await house.command("changelog", "verify")).out
        assert "summed up" not in verified, verified
        async with inside(house, clock) as here:
            await here.full()
            await here.swept()
            await switch(commerce, MOMENT - DAY)
            await shows(here)
            for kind in ("product", "category"):
                await commerce.sql(EDIT.format(kind, f"= {MOMENT - DAY}"))
                await commerce.sql(EDIT.format(kind, f"> {MOMENT}"))
            await commerce.sql("DELETE FROM catalog_product_entity WHERE created_in > %s", MOMENT)
            await commerce.sql("DELETE FROM sequence_product WHERE sequence_value IN (1, 101)")
            await shows(here)
            await switch(commerce, None)
            await shows(here)
            await here.swept(Soundness)
            assert not [one for one in here.daemon.house.notices if one != "content staging"]
            checked = await here.generation.parts.magento.check()
            assert {one.subject for one in checked if one.level is Level.ERROR} == {"content staging"}
