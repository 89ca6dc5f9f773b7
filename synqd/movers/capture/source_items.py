"""Source items by number: Magento's own log of them has nothing else, also of one that is gone (S28).

What is in the shop's table says the SKU of now; what is remembered says the SKU of before. Both are woken.
The memory lies in the queue file and is kept up with the cursor, in one transaction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import orjson

from synqd.entities import Entity, Source
from synqd.queue import Queue

LEARNED = "source items learned"
"""Name of the queue's fact that tells how far the shop's table was read: its last number, and whether to
the end."""
DOUBT = "source items in doubt"
"""Name of the queue's fact that one changed while not all were known: products are compared then."""
_CURRENT = "SELECT source_item_id, sku FROM {inventory_source_item} WHERE source_item_id IN %s"


@dataclass(frozen=True, slots=True)
class Resolved:
    """Source items of a page of the log.

    Attributes:
        products: number (as text) -> products that it concerns or concerned.
        skus: what has to be remembered with the page: number -> SKU, None for one that is gone.
    """

    products: Mapping[str, Sequence[int]] = field(default_factory=dict)
    skus: Mapping[int, str | None] = field(default_factory=dict)


async def resolve(source: Source, queue: Queue, product: Entity, keys: Sequence[str]) -> Resolved:
    """Products behind the numbers of source items, of now and of before.

    Raises:
        MagentoUnavailable, StorageUnavailable: nobody can tell now.
    """
    numbers = [int(key) for key in keys if key.isdigit()]
    now: dict[int, str] = {}
    if await source.has_table("inventory_source_item"):
        now = {number: str(sku) for number, sku in await source.fetch(_CURRENT, [numbers])}
    before = await queue.capture.source_skus(numbers)
    if not await is_complete(queue):
        await queue.facts.set_meta(DOUBT, "1")
    skus = {number: {each[number] for each in (now, before) if number in each} for number in numbers}
    wanted = sorted({sku for found in skus.values() for sku in found})
    products = await product.resolve(source, "sku", wanted)
    return Resolved(
        {
            str(number): sorted({one for sku in found for one in products.get(sku, ())})
            for number, found in skus.items()
        },
        {number: now.get(number) for number in numbers if now.get(number) != before.get(number)},
    )


async def is_complete(queue: Queue) -> bool:
    """Whether all source items of the shop are remembered."""
    saved = await queue.facts.meta(LEARNED)
    return bool(saved) and bool(orjson.loads(saved or "{}").get("done"))
