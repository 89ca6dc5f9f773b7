"""The daemon with the rights that `synqd changelog print` prints, and not one more."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from asyncmy.errors import OperationalError

from synqd.app.operations import DaemonOperations
from synqd.control import Caller, schema
from synqd.entities import create_entities
from synqd.entities.guarded import COLUMNS
from synqd.magento.tables_read import UNWATCHED, tables_read
from synqd.models.names import Model
from synqd_demo.fake_synerise import FakeSynerise
from tests.daemon.conftest import KEYS
from tests.support.database import Database
from tests.support.house import House
from tests.support.inside import inside
from tests.support.staged import schedule, staged, switch

SYNQD = Path(__file__).resolve().parent.parent.parent / "synqd"
CHANGES = (
    "UPDATE catalog_product_entity_varchar SET value = CONCAT(value, '!') WHERE store_id = 0",
    "UPDATE catalog_product_entity_decimal SET value = value + 1 WHERE entity_id = 101",
    "UPDATE customer_entity SET firstname = 'Zoe', updated_at = NOW()",
    "UPDATE sales_order SET status = 'closed', updated_at = NOW()",
    "UPDATE newsletter_subscriber SET subscriber_status = 3, change_status_at = NOW()",
    "DELETE FROM catalog_product_entity WHERE entity_id = 130",
)
SECRETS = (
    ("customer_entity", "password_hash"),
    ("customer_entity", "rp_token"),
    ("customer_entity", "rp_token_created_at"),
    ("customer_entity", "session_cutoff"),
    ("newsletter_subscriber", "subscriber_confirm_code"),
    ("sales_order", "protect_code"),
    ("sales_order", "remote_ip"),
    ("sales_order_payment", "additional_information"),
    ("sales_order_payment", "cc_last_4"),
    ("sales_order_address", "street"),
    ("core_config_data", "value"),
    ("admin_user", "password"),
)
DENIED = {1142, 1143}
TABLES = "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE()"
Prepare = Callable[..., Awaitable[House]]


@pytest.fixture
def prepare(home: Path, shop: Database, fake: FakeSynerise) -> Prepare:
    """A house whose account has what a DBA gave it by running the printed script."""

    async def prepare(capture: str, shop: Database = shop) -> House:
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


async def test_they_are_enough_with_content_staging(prepare: Prepare, shop: Database) -> None:
    house = await prepare("triggers", staged(shop))
    checked = (await house.command("check-config", "--connect")).out
    assert "is missing" not in checked
    assert "rights that synqd does not need" not in checked
    async with inside(house) as here:
        await here.full()
        await schedule(shop, 101, 1_800_000_000)
        await shop.sql("UPDATE catalog_product_entity SET sku = 'NEW' WHERE created_in > 1")
        await switch(shop, 1_800_000_000)
        await here.swept()
        assert not here.daemon.house.progress.trouble
        assert await here.differences([Model.PRODUCT]) == []


@pytest.mark.parametrize("capture", ["triggers", "readonly"])
async def test_they_are_enough_to_forget_somebody(prepare: Prepare, shop: Database, capture: str) -> None:
    (person,) = await shop.sql(
        "SELECT c.email FROM customer_entity AS c JOIN sales_order AS o ON o.customer_id = c.entity_id"
        " JOIN newsletter_subscriber AS s ON s.subscriber_email = c.email LIMIT 1"
    )
    async with inside(await prepare(capture)) as here:
        whom = schema.PersonRequest(email=person["email"])
        answer = await DaemonOperations(here.daemon).forget_person(whom, Caller(1, 1, 1))
        assert min(answer.entities[model] for model in (Model.CUSTOMER, Model.SUBSCRIBER, Model.ORDER)) > 0


@pytest.mark.parametrize("capture", ["triggers", "readonly"])
async def test_secrets_are_refused_by_the_server(prepare: Prepare, shop: Database, capture: str) -> None:
    await shop.sql("INSERT INTO core_config_data (path, value) VALUES ('payment/some/secret', 'sesame')")
    await shop.sql("CREATE TABLE IF NOT EXISTS admin_user (user_id INT, password VARCHAR(255))")
    await prepare(capture)
    least = replace(shop, user="least", password="little")
    for table, column in SECRETS:
        asked = (
            f"{column} FROM {table}",
            f"COUNT({column}) FROM {table}",
            f"1 FROM {table} ORDER BY {column}",
        )
        for what in (*asked, f"* FROM {table}", f"1 FROM {table} WHERE {column} > 'a'"):
            with pytest.raises(OperationalError) as refused:
                await least.sql(f"SELECT {what}")
            assert refused.value.args[0] in DENIED, what
    shown = await least.sql("SELECT path, value FROM synqd_config")
    assert "web/unsecure/base_url" in {row["path"] for row in shown}
    assert "sesame" not in {row["value"] for row in shown}


@pytest.mark.parametrize("capture", ["triggers", "readonly"])
async def test_the_account_sees_nothing_else(prepare: Prepare, shop: Database, capture: str) -> None:
    await prepare(capture)
    grants = shop.run("SHOW GRANTS FOR least@localhost")
    rights = re.findall(r"GRANT ([A-Z, ]+(?: \([^)]*\)[A-Z, ]*)*) ON `[^`]+`\.`(\w+)`", grants)
    assert len(rights) == grants.count("GRANT ") - 1, "one line is that it may log in"
    written = {table for right, table in rights if {"INSERT", "UPDATE", "DELETE"} & set(right.split())}
    models = {f"synqd_{model}_cl" for model in Model}
    assert written == (models | {"synqd_meta"} if capture == "triggers" else set())
    hidden = {"admin_user", "core_config_data", "oauth_token", "quote"}
    assert not hidden & {table for _, table in rights}


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


def test_columns_that_may_be_read_are_read() -> None:
    """That no other is read, the server judges in the tests before."""
    sources = [path.read_text() for path in SYNQD.rglob("*.py") if "demo" not in path.parts]
    sources = [text for text in sources if "COLUMNS: Mapping[str, frozenset[str]]" not in text]
    for table, columns in COLUMNS.items():
        words = {word for text in sources if table in text for word in re.findall(r"\w+", text)}
        assert columns <= words, table


@pytest.mark.parametrize("capture", ["triggers", "readonly"])
@pytest.mark.parametrize("table", ["store", "customer_entity", "tax_calculation_rate"])
async def test_a_missing_right_is_named_in_one_line(
    prepare: Prepare, shop: Database, capture: str, table: str
) -> None:
    house = await prepare(capture)
    shop.run(f"REVOKE SELECT ON {table} FROM least@localhost")
    checked = (await house.command("check-config", "--connect", status=1)).out
    columns = f" ({', '.join(f'`{column}`' for column in sorted(COLUMNS.get(table, ())))})"
    grant = f"GRANT SELECT{columns if table in COLUMNS else ''} ON `{shop.name}`.`{table}` TO 'least'@"
    assert [line for line in checked.splitlines() if grant in line]
