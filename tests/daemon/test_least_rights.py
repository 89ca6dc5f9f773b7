"""The daemon with the rights that `synqd changelog print` prints, and not one more."""

import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from synqd.demo.fake_synerise import FakeSynerise
from synqd.entities import create_entities
from synqd.magento.reads import UNWATCHED, tables_read
from synqd.models.names import Model
from tests.daemon.conftest import KEYS
from tests.support.database import Database
from tests.support.house import House
from tests.support.inside import inside

SYNQD = Path(__file__).resolve().parent.parent.parent / "synqd"
CHANGES = (
    "UPDATE catalog_product_entity_varchar SET value = CONCAT(value, '!') WHERE store_id = 0",
    "UPDATE catalog_product_entity_decimal SET value = value + 1 WHERE entity_id = 101",
    "UPDATE customer_entity SET firstname = 'Zoe', updated_at = NOW()",
    "UPDATE sales_order SET status = 'closed', updated_at = NOW()",
    "UPDATE newsletter_subscriber SET subscriber_status = 3, change_status_at = NOW()",
    "DELETE FROM catalog_product_entity WHERE entity_id = 130",
)
TABLES = "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE()"
Prepare = Callable[[str], Awaitable[House]]


@pytest.fixture
def prepare(home: Path, shop: Database, fake: FakeSynerise) -> Prepare:
    """A house whose account has what a DBA gave it by running the printed script."""

    async def prepare(capture: str) -> House:
        shop.server.create_account("least", "little", [])
        house = House(home, shop, fake, ("home", "trade"), KEYS)
        way = ("poll_interval = 0.05", f'poll_interval = 0.05\ncapture = "{capture}"')
        house.configure(way)
        printed = await house.command("changelog", "print", "--account", "least@localhost")
        shop.server.run(printed.out, database=shop.name)
        (home / "password").write_text("little")
        house.configure(way, ('user = "root"', 'user = "least"'))
        return house

    return prepare


@pytest.mark.parametrize("capture", ["triggers", "readonly"])
async def test_printed_rights_are_enough(prepare: Prepare, shop: Database, capture: str) -> None:
    house = await prepare(capture)
    checked = (await house.command("check-config", "--connect")).out
    assert "right SELECT: is there" in checked
    assert "is missing" not in checked
    async with inside(house) as here:
        await here.full()
        for statement in CHANGES:
            shop.run(statement)
        await here.settled()
        await here.swept()
        assert not here.daemon.house.progress.trouble
        assert await here.differences() == []


@pytest.mark.parametrize("capture", ["triggers", "readonly"])
async def test_the_account_sees_nothing_else(prepare: Prepare, shop: Database, capture: str) -> None:
    await prepare(capture)
    grants = shop.run("SHOW GRANTS FOR least@localhost")
    rights = re.findall(r"GRANT ([A-Z, ]+) ON `[^`]+`\.`(\w+)`", grants)
    assert len(rights) == grants.count("GRANT ") - 1, "one line is that it may log in"
    written = {table for right, table in rights if right != "SELECT"}
    models = {f"synqd_{model}_cl" for model in Model}
    assert written == (models | {"synqd_meta"} if capture == "triggers" else set())
    assert not {"admin_user", "oauth_token", "quote"} & {table for _, table in rights}


async def test_tables_that_are_read_are_all_listed(empty_shop: Database) -> None:
    named: set[str] = set()
    for path in SYNQD.rglob("*.py"):
        # reads.py is the list, and stock.py names views, one of them as a table that is not read.
        if "demo" not in path.parts and path.name not in {"reads.py", "stock.py"}:
            named.update(re.findall(r"[\"'{](\w+)[\"'}]", path.read_text()))
    magento = {row["name"] for row in await empty_shop.sql(TABLES)}
    watches = {model: entity.watches for model, entity in create_entities().items()}
    listed = tables_read(watches, "readonly").keys()
    assert named & magento <= listed, "readable only by an account that may read everything"
    assert set(UNWATCHED) <= named, "not read any more"


@pytest.mark.parametrize("capture", ["triggers", "readonly"])
@pytest.mark.parametrize("table", ["store", "customer_entity", "tax_calculation_rate"])
async def test_a_missing_right_is_named_in_one_line(
    prepare: Prepare, shop: Database, capture: str, table: str
) -> None:
    house = await prepare(capture)
    shop.run(f"REVOKE SELECT ON {table} FROM least@localhost")
    checked = (await house.command("check-config", "--connect", status=1)).out
    grant = f"GRANT SELECT ON `{shop.name}`.`{table}` TO 'least'@'localhost';"
    assert [line for line in checked.splitlines() if grant in line]
