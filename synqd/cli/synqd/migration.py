"""Whether the official module is still at work beside synqd, and what taking over from it means.

Sources: the module's observers, consumers and tables, v3.3.3; Magento's ``module-mysql-mq``. The order of
steps is in docs/migration.md.
"""

from collections.abc import AsyncIterator, Sequence

from synqd.entities import Source
from synqd.entities.base import Row
from synqd.magento import Finding, Level, ServerError
from synqd.models.errors import Denied

SUBJECT = "official module"
SWITCH = "synerise/synchronization/enabled"
"""Without it none of its observers and consumers sends anything of the four models."""
SYNCED = ("customer", "product", "order", "subscriber")
CONFIG = "core_config_data"
_SWITCHES = f"SELECT scope, scope_id, value FROM {{core_config_data}} WHERE path = '{SWITCH}'"
OFF = (
    f"bin/magento config:set {SWITCH} 0 && bin/magento cache:flush"
    f" (or SQL: UPDATE {{table}} SET value = '0' WHERE path = '{SWITCH}', then the same cache:flush)"
)
_NEW, _IN_PROGRESS, _RETRY = 2, 3, 5
"""States of ``queue_message_status`` in which a message is still to be sent."""
_WAITING = (
    "SELECT m.topic_name, COUNT(*) FROM {queue_message} AS m"
    " JOIN {queue_message_status} AS s ON s.message_id = m.id"
    f" WHERE m.topic_name LIKE 'synerise.%%' AND s.status IN ({_NEW}, {_IN_PROGRESS}, {_RETRY})"
    " GROUP BY m.topic_name ORDER BY m.topic_name"
)
_RETRIED = "SELECT COUNT(*) FROM {synerise_queue_message_retry}"


async def look_at_module(source: Source, prefix: str, *, at_work: bool) -> AsyncIterator[Finding]:
    """What is left of the official module; nothing where it never was.

    Args:
        source: the shop's tables.
        prefix: of the tables, for statements that are printed.
        at_work: synqd sends itself, so whatever the module sends is sent twice.
    """
    if not await source.has_table(CONFIG):
        yield Finding(
            Level.OK,
            SUBJECT,
            "whether it still sends cannot be seen by this account",
            f"as the shop's own user: SELECT value FROM {prefix}{CONFIG} WHERE path = '{SWITCH}'",
        )
        return
    switches = await source.fetch(_SWITCHES)
    if not switches and not await source.has_table("synerise_workspace"):
        return
    try:
        async for finding in _left(source, prefix, switches, at_work=at_work):
            yield finding
    except (Denied, ServerError) as error:
        yield Finding(Level.WARNING, SUBJECT, f"its queues cannot be seen: {error}")


async def _left(
    source: Source, prefix: str, switches: Sequence[Row], *, at_work: bool
) -> AsyncIterator[Finding]:
    on = [f"{scope} {number}" for scope, number, value in switches if str(value or "0") != "0"]
    if on:
        beside = "so everything is sent twice, and older values may come last" if at_work else "as it should"
        message = f"is still sending ({SWITCH} = 1 in {', '.join(on)}), {beside}"
        before = "" if at_work else " when synqd is to take over"
        table = f"{prefix}{CONFIG}"
        yield Finding(Level.WARNING, SUBJECT, message, f"switch it off{before}: {OFF.format(table=table)}")
    else:
        yield Finding(Level.OK, SUBJECT, "is switched off")
    async for finding in _queues(source, prefix):
        yield finding
    sent = {model: await _synced(source, model) for model in SYNCED}
    if any(sent.values()):
        told = ", ".join(f"{number:,} {model}s" for model, number in sent.items() if number)
        yield Finding(
            Level.OK,
            SUBJECT,
            f"has sent {told}; the first full synchronization sends all of it once more, under the same keys:"
            " profiles and items are overwritten, orders stay one event each",
            "docs/migration.md says what is repeated and what is not, and the way back",
        )


async def _queues(source: Source, prefix: str) -> AsyncIterator[Finding]:
    """Messages that its consumers still have to send, in Magento's own queue and in its table of retries."""
    waiting = {topic: int(number) for topic, number in await _rows(source, "queue_message", _WAITING)}
    ((retried,),) = await _rows(source, "synerise_queue_message_retry", _RETRIED) or ((0,),)
    if not waiting and not retried:
        yield Finding(
            Level.OK,
            SUBJECT,
            "has nothing waiting in MySQL",
            "if Magento uses RabbitMQ: rabbitmqctl list_queues | grep synerise",
        )
        return
    topics = ", ".join(f"{number:,} in {topic}" for topic, number in waiting.items())
    told = ", ".join(part for part in (topics, f"{retried:,} to be retried" if retried else "") if part)
    yield Finding(
        Level.WARNING,
        SUBJECT,
        f"has messages waiting: {told}; what is sent of them later is older than what synqd sent",
        "let its consumers end them, or drop them:"
        f" DELETE FROM {prefix}queue_message WHERE topic_name LIKE 'synerise.%';"
        f" DELETE FROM {prefix}synerise_queue_message_retry",
    )


async def _synced(source: Source, model: str) -> int:
    ((number,),) = await _rows(
        source, f"synerise_sync_{model}", f"SELECT COUNT(*) FROM {{synerise_sync_{model}}}"
    ) or ((0,),)
    return int(number)


async def _rows(source: Source, table: str, sql: str) -> Sequence[Row]:
    return await source.fetch(sql) if await source.has_table(table) else ()
