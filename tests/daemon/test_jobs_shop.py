"""A real shop in full, through five kills: in the end Synerise has exactly what `preview` shows."""

import asyncio
import json
import random
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from synqd.cli.synqd.preview import _preview
from synqd.config import load_settings
from synqd.entities.payload import encode
from synqd.models.names import Lane, Model
from synqd_demo.fake_synerise import FakeSynerise
from tests.daemon.conftest import MakeHouse
from tests.support.control import Control, account
from tests.support.database import Database
from tests.support.house import House, run

KILLS = 5
MODELS = {
    Model.CUSTOMER: ("customer_entity", "entity_id"),
    Model.ORDER: ("sales_order", "entity_id"),
    Model.PRODUCT: ("catalog_product_entity", "entity_id"),
    Model.SUBSCRIBER: ("newsletter_subscriber", "subscriber_id"),
}
EXTRA = '\n[product]\nattributes = "all"\n\n[customer]\nattributes = "all"\nmax_items_per_request = 5\n'


async def previewed(house: House, database: Database) -> dict[str, list[Any]]:
    """Items by path, as `synqd preview` shows them for every entity in every store view."""
    stores = await database.sql("SELECT code FROM store WHERE store_id > 0 AND is_active ORDER BY store_id")
    found: defaultdict[str, list[Any]] = defaultdict(list)
    settings = load_settings(house.config)
    for model, (table, key) in MODELS.items():
        ids = [row["id"] for row in await database.sql(f"SELECT {key} AS id FROM {table} ORDER BY {key}")]
        for store in stores:
            # Not as a process, only because there are two dozen of them.
            lines = await _preview(settings, model, store["code"], ids, Lane.FULL, explain=False)
            for line in lines:
                if line["item"] is not None:
                    found[line["path"]].append(json.loads(encode(line["item"])))
    return found


def stored_items(fake: FakeSynerise) -> dict[str, dict[str, Any]]:
    return {bag.name: {key: item.value for key, item in bag.items.items()} for bag in fake.catalogs()}


def last_sent(fake: FakeSynerise, path: str, key: Callable[[Any], str]) -> dict[str, Any]:
    """What was sent last under each key."""
    found: dict[str, Any] = {}
    for request in fake.requests(path=path):
        found |= {key(item): item for item in json.loads(request.body or b"[]")}
    return found


async def test_everything_arrives_as_previewed_through_five_kills(
    make_house: MakeHouse,
    magento_copy: Database,
    fake: FakeSynerise,
    record_property: Callable[[str, object], None],
) -> None:
    chance = random.Random(7)
    async with make_house(magento_copy, websites=("base", "b2b"), extra=EXTRA) as house:
        fake.configure(latency_ms=50)
        await house.daemon.start()
        socket = ("--socket", str(house.home / "control.sock"))
        watching = asyncio.create_task(run("synqctl", *socket, "full", "--all-stores", "--watch"))
        control = Control(house.home / "control.sock")
        (job,) = (await control.until("/v1/jobs", lambda one: one["jobs"]))["jobs"]
        kills = []
        for _ in range(KILLS):
            await asyncio.sleep(chance.uniform(0, 0.2))
            await house.daemon.kill()
            await house.daemon.start()
            kills.append((await control.job(job["id"]))["state"])
        ended = await control.ended(job["id"])
        watched = await watching
        status = await control.get("/v1/status")
        await house.daemon.stop()
        # The ledger would add nulls for cleared values and hide what was sent before: look without it.
        house.configure((f'directory = "{house.home}/state"', f'directory = "{house.home}/none"'))
        expected = await previewed(house, magento_copy)
    assert kills == ["running"] * KILLS, "each kill fell into the midst of the job"
    assert ended["state"] == "finished"
    assert "100%" in watched.out
    assert f"job {job['id']}: full, finished" in watched.out
    selected, sent, skipped, dead = account(ended, "selected", "sent", "skipped", "dead")
    record_property("account", {"selected": selected, "sent": sent, "skipped": skipped, "dead": dead})
    catalogs = {path: items for path, items in expected.items() if "{catalog:" in path}
    assert stored_items(fake) == {
        path.partition("{catalog:")[2].partition("}")[0]: {item["itemKey"]: item["value"] for item in items}
        for path, items in catalogs.items()
    }
    orders = {item["orderId"]: item for item in expected["/v4/transactions/batch"]}
    assert last_sent(fake, "/v4/transactions/batch", lambda item: str(item["orderId"])) == orders
    assert dead == 0
    assert selected == sum(stream["total"] for stream in status["streams"])
    assert sent == sum(stream["sent"] for stream in status["streams"])
    profiles = [(item["email"], json.dumps(item, sort_keys=True)) for item in expected["/v4/clients/batch"]]
    arrived = [
        (item["email"], json.dumps(item, sort_keys=True))
        for request in fake.requests(path="/v4/clients/batch")
        for item in json.loads(request.body or b"[]")
    ]
    assert set(arrived) == set(profiles)
