"""While synchronization is off nothing is read or sent (S4), but the shop's disk is kept from filling up.

Triggers go on writing, so that enabling again goes on where it stopped. Rows older than the retention are
deleted, read or not; the triggers are kept from falling silent as long as somebody does that.
"""

from collections.abc import Mapping

import orjson

from synqd.config import Settings
from synqd.entities import create_entities
from synqd.magento import Alive, Magento
from synqd.models.errors import SynqdError
from synqd.models.shortage import outages
from synqd.movers.capture.interruption import PURGED
from synqd.queue import Queue
from synqd.runtime.logs import get_logger

EVERY = 600.0
"""Seconds between two turns."""
BATCHES = 500
"""Batches of rows that one turn deletes at most."""

log = get_logger("app")


async def keep_log_short(settings: Settings, queue: Queue) -> None:
    """One turn; an outage or a missing right is only told, since the next turn comes.

    Only a change log that this queue file knows is touched (S3).
    """
    if settings.magento.capture != "triggers":
        return
    try:
        with outages():
            removed = await _turn(settings, queue) if await queue.facts.installation() is not None else 0
    except SynqdError as error:
        log.warning("changelog.not_purged", reason=str(error))
    else:
        if removed:
            log.info("changelog.purged", rows=removed)


async def _turn(settings: Settings, queue: Queue) -> int:
    watches = {model: entity.watches for model, entity in create_entities().items()}
    async with Magento.open(settings.magento, watches) as magento:
        if await magento.installation() != await queue.facts.installation():
            return 0
        removed = 0
        for _ in range(BATCHES):
            batch = await magento.life.purge_unread()
            await _note_unread({log: last for log, (_, last) in batch.items()}, magento, queue)
            removed += sum(rows for rows, _ in batch.values())
            if not batch:
                break
        # Silent triggers stay silent: whoever enables again compares everything first.
        if await magento.life.look() is Alive.AHEAD:
            await magento.life.extend()
        return removed


async def _note_unread(deleted: Mapping[str, int], magento: Magento, queue: Queue) -> None:
    """Remembers the models of which rows went unread: they are compared when synchronization is on again."""
    read = {cursor.source: cursor.high for cursor in await queue.capture.cursors()}
    unread = {magento.reader.sources[log] for log, last in deleted.items() if last > read.get(log, 0)}
    if unread:
        known = set(orjson.loads(await queue.facts.meta(PURGED) or "[]"))
        await queue.facts.set_meta(
            PURGED, orjson.dumps(sorted(known | {model.value for model in unread})).decode()
        )
