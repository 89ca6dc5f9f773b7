"""The bare pipeline: asyncmy -> dict -> orjson -> aiohttp, and nothing else.

No queue, no ledger, no mapping: rows become dicts under their column names or attribute ids, and leave in
requests of the size that synqd uses, to the same address. It reads the rows without which no mapping can do:
of products the entity and the values of the selected attributes, of customers the row with its address and
the values, of orders the row and its lines, of subscribers the row. A process of its own, as the daemon is:

    python -m benchmarks.bare '{"model": "product", ...}'

It prints how many items it sent, the seconds it took and its CPU seconds.
"""

import asyncio
import json
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import aiohttp
import asyncmy
import orjson

from benchmarks.shop import FIRST

CHUNK = 400
"""Items read at once: as many as the daemon reads of a full synchronization."""
WORKERS = 4

_COLUMNS = {
    "varchar": "value",
    "text": "value",
    "int": "CAST(value AS CHAR)",
    "decimal": "CAST(value AS CHAR)",
    "datetime": "CAST(value AS CHAR)",
}
_VALUES = {
    kind: f"SELECT entity_id, attribute_id, store_id, {column} FROM catalog_product_entity_{kind}"
    " WHERE entity_id IN %s AND attribute_id IN %s AND store_id IN (0, %s)"
    for kind, column in _COLUMNS.items()
}
_FLAT = {
    "product": "SELECT entity_id, sku, type_id, created_at FROM catalog_product_entity WHERE entity_id IN %s",
    "customer": """
        SELECT c.entity_id, email, c.firstname, c.lastname, dob, gender, telephone, city, street, postcode,
               country_id, a.company
          FROM customer_entity c LEFT JOIN customer_address_entity a ON a.entity_id = c.default_billing
         WHERE c.entity_id IN %s""",
    "order": """
        SELECT entity_id, increment_id, customer_email, customer_id, grand_total, discount_amount,
               order_currency_code, created_at, status
          FROM sales_order WHERE entity_id IN %s""",
    "subscriber": """
        SELECT subscriber_id, subscriber_email, subscriber_status, change_status_at
          FROM newsletter_subscriber WHERE subscriber_id IN %s""",
}
_BELOW = {
    "customer": " UNION ALL ".join(
        f"SELECT entity_id, attribute_id, {column} FROM customer_entity_{kind} WHERE entity_id IN %s"
        for kind, column in _COLUMNS.items()
    ),
    "order": """
        SELECT order_id, item_id, CONCAT_WS('|', sku, name, qty_ordered, price_incl_tax, product_id)
          FROM sales_order_item WHERE order_id IN %s""",
}
Row = Sequence[Any]


@dataclass(frozen=True)
class Task:
    """What to do; ``attributes`` are (attribute id, backend) of the product attributes, ``url`` full."""

    model: str
    socket: str
    database: str
    url: str
    token: str
    count: int
    store_id: int = 1
    per_request: int = 100
    in_flight: int = 8
    attributes: Sequence[tuple[int, str]] = ()

    def text(self) -> str:
        """As argument of the program."""
        return json.dumps(asdict(self))


@dataclass(frozen=True)
class Outcome:
    """What it took."""

    items: int
    seconds: float
    cpu: float


async def run(task: Task) -> Outcome:
    """Sends all entities that the shop's generator made."""
    ranges = iter(range(FIRST, FIRST + task.count, CHUNK))
    slots = asyncio.Semaphore(task.in_flight)
    pool = await asyncmy.create_pool(
        unix_socket=task.socket, user="root", db=task.database, minsize=WORKERS, maxsize=WORKERS
    )
    headers = {"Authorization": f"Bearer {task.token}", "Content-Type": "application/json"}
    headers["Api-Version"] = "4.4"
    async with aiohttp.ClientSession(headers=headers) as session:
        begun, cpu = time.perf_counter(), time.process_time()
        async with asyncio.TaskGroup() as group:
            for _ in range(2 * WORKERS):
                group.create_task(_work(task, pool, session, ranges, slots))
        outcome = Outcome(task.count, time.perf_counter() - begun, time.process_time() - cpu)
    pool.close()
    await pool.wait_closed()
    return outcome


async def _work(
    task: Task, pool: Any, session: aiohttp.ClientSession, ranges: Iterable[int], slots: asyncio.Semaphore
) -> None:
    for first in ranges:
        ids = tuple(range(first, min(first + CHUNK, FIRST + task.count)))
        async with pool.acquire() as connection, connection.cursor() as cursor:
            bodies = await _read(task, cursor, ids)
        for start in range(0, len(bodies), task.per_request):
            async with slots:
                data = orjson.dumps(bodies[start : start + task.per_request], default=float)
                async with session.post(task.url, data=data) as answer:
                    await answer.read()
                    if answer.status >= 300:
                        raise RuntimeError(f"the fake answered {answer.status}")


async def _read(task: Task, cursor: Any, ids: tuple[int, ...]) -> list[dict[str, Any]]:
    await cursor.execute(_FLAT[task.model], [ids])
    names = [column[0] for column in cursor.description]
    rows = await cursor.fetchall()
    bodies = {row[0]: dict(zip(names, row, strict=True)) for row in rows}
    if task.model == "product":
        for kind, statement in _VALUES.items():
            wanted = tuple(number for number, backend in task.attributes if backend == kind)
            await cursor.execute(statement, [ids, wanted, task.store_id])
            for entity_id, attribute_id, _, value in await cursor.fetchall():
                bodies[entity_id][str(attribute_id)] = value
    elif task.model in _BELOW:
        below = _BELOW[task.model]
        await cursor.execute(below, [ids] * below.count("%s"))
        for entity_id, name, value in await cursor.fetchall():
            bodies[entity_id][str(name)] = value
    return [{"itemKey": str(key), "value": body} for key, body in bodies.items()]


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    print(json.dumps(asdict(asyncio.run(run(Task(**given))))))
