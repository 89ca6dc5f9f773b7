"""The queue file in the daemon's life: where it is, and what happens when it is broken (S17)."""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

from synqd.config import Settings
from synqd.models.errors import Fatal, StorageUnavailable, Transient
from synqd.models.shortage import outages, shortage
from synqd.queue import FORGOTTEN_LOST, REBUILT, Corrupt, Queue, QueueSettings, inode_of, set_aside
from synqd.runtime.clock import Clock, utc
from synqd.runtime.logs import get_logger

QUEUE_FILE = "queue.db"
MEBIBYTE = 1024 * 1024

log = get_logger("app")
DAY = 86_400.0
CHECK_AGAIN = 600.0
"""Seconds until the file is checked again after the check could not be ended."""


def queue_settings(settings: Settings) -> QueueSettings:
    """What of the configuration concerns the queue file."""
    return QueueSettings(
        settle=settings.sync.settle,
        settle_ceiling=settings.sync.settle_ceiling,
        log_lines=settings.queue.log_lines,
        reserve_bytes=settings.queue.reserve_mib * MEBIBYTE,
        payload_bytes=settings.queue.dead_letter_payload_mib * MEBIBYTE,
        payload_life=settings.queue.dead_letter_payload_days * DAY,
    )


Wait = Callable[[Transient, int], Awaitable[bool]]
"""Waits a while, given an error and how often it came; False to give up."""


async def move_aside(error: Corrupt, now: float, wait: Wait) -> Path | None:
    """Sets a broken queue file aside, so that a new one can begin in its place.

    Returns its new name; None if nobody waits any more for the machine to be able to.

    Raises:
        Fatal: it cannot be renamed.
    """
    failures = 0
    while True:
        try:
            return set_aside(error.path, now)
        except OSError as failure:
            outage = shortage(failure, f"queue file {error.path} is broken and cannot be set aside now")
            if outage is None:
                raise Fatal(
                    f"queue file {error.path} is broken ({error.detail}) and cannot be set aside"
                    f" ({failure.strerror}): move it and its -wal file away, a new one is built from the"
                    " change log"
                ) from failure
        failures += 1
        log.warning("queue.waiting", reason=str(outage))
        if not await wait(outage, failures):
            return None


async def remember_rebuild(queue: Queue, path: Path, when: str, *, lost: bool = False) -> bool:
    """Whether the file replaces a broken or lost one and not everything was sent again since.

    That it replaces a broken one is seen from what lies beside it, and not only told by whoever set it aside:
    a kill between the two must not make it an ordinary new file, which would begin at the end of the change
    log. ``lost``: there was none, though there must have been one.

    Raises:
        StorageUnavailable: it could not be noted.
    """
    noted = await queue.facts.meta(REBUILT)
    if noted is not None:
        return noted != ""
    broken = sorted(path.parent.glob(f"{path.name}.broken-*Z"))
    if await queue.capture.cursors() or not (broken or lost):
        return False
    inherited = bool(broken) and await queue.people.inherit(broken[-1])
    await queue.facts.set_meta(REBUILT, when if inherited else f"{when} {FORGOTTEN_LOST}")
    if lost and not broken:
        log.error("queue.lost", remedy="it is begun anew, and everything is compared")
    return True


async def open_queue(
    stack: AsyncExitStack,
    path: Path,
    settings: Settings,
    clock: Clock,
    wait: Wait,
    *,
    used: bool,
) -> Queue | None:
    """The queue file, as soon as its disk lets it be opened; None if nobody waits for that any more.

    Args:
        stack: closes it.
        path: where it is.
        settings: the configuration.
        clock: time.
        wait: between two tries.
        used: whether a daemon has worked with the directory before.
    """
    # Where the change log itself tells whether it was read, that is the better witness.
    lost = used and settings.magento.capture == "readonly" and inode_of(path) is None
    failures = 0
    while True:
        try:
            async with AsyncExitStack() as opening:
                queue = await opening.enter_async_context(Queue.open(path, queue_settings(settings), clock))
                with outages("the state directory cannot be read now"):
                    await remember_rebuild(queue, path, utc(clock).isoformat(), lost=lost)
                stack.push_async_exit(opening.pop_all())
        except Transient as error:
            log.warning("queue.waiting", reason=str(error))
            failures += 1
            if not await wait(error, failures):
                return None
        else:
            return queue


async def check(queue: Queue, clock: Clock) -> None:
    """Verifies the file beside the work, thoroughly if it was not closed in order (S17)."""
    while True:
        try:
            return await queue.file.check(thorough=not queue.file.opened_clean)
        except StorageUnavailable as error:
            log.warning("queue.not_checked", reason=str(error))
        await clock.sleep(CHECK_AGAIN)
