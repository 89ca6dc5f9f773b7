"""A cluster of three, of which synqd knows one node: only with ``make servers``, which starts one."""

from __future__ import annotations

import itertools
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from synqd_demo.fake_synerise import FakeSynerise
from tests.daemon.conftest import MakeHouse
from tests.support.changes import customers_arrived
from tests.support.database import Database
from tests.support.standing import StandingServer

NODES = os.environ.get("SYNQD_TEST_NODES", "")
CHANGES = 300

pytestmark = pytest.mark.skipif(not NODES, reason="no cluster runs here: `make servers` starts one")


@pytest.fixture
async def nodes(shop: Database) -> AsyncIterator[Sequence[Database]]:
    """The shop as each node has it."""
    with ExitStack() as servers:
        each = [servers.enter_context(StandingServer(Path(socket))) for socket in NODES.split(os.pathsep)]
        yield [Database(server, shop.name) for server in each]


async def test_what_any_node_writes_arrives_and_the_gaps_between_their_ids_are_not_waited_for_for_long(
    make_house: MakeHouse, shop: Database, nodes: Sequence[Database], fake: FakeSynerise
) -> None:
    ids = [row["entity_id"] for row in await shop.sql("SELECT entity_id FROM customer_entity ORDER BY 1")]
    async with make_house(shop) as house:
        async with house.daemon:
            for number in range(CHANGES):
                await nodes[number % len(nodes)].sql(
                    "UPDATE customer_entity SET firstname = %s WHERE entity_id = %s",
                    f"change {number}",
                    ids[number % len(ids)],
                )
            await customers_arrived(shop, fake)
            status = await house.ctl("status")
        assert status["notices"] == []
        rows = await shop.sql("SELECT version_id FROM synqd_customer_cl ORDER BY 1")
    numbers = [row["version_id"] for row in rows]
    (step,) = (await shop.sql("SELECT @@GLOBAL.auto_increment_increment AS step"))[0].values()
    assert step == len(nodes)
    gaps = {later - earlier for earlier, later in itertools.pairwise(numbers)}
    assert max(gaps) <= step, "wider ones are taken for rolled back, and looked up for a day"
    assert "lost" not in house.daemon.log.read_text()
