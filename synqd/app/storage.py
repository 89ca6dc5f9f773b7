"""The queue file in the daemon's life: where it is, and what happens when it is broken (S17)."""

from pathlib import Path

from synqd.config import Settings
from synqd.janitor import FORGOTTEN_LOST, REBUILT
from synqd.models.errors import Fatal
from synqd.queue import Corrupt, Queue, QueueSettings, set_aside

QUEUE_FILE = "queue.db"
MEBIBYTE = 1024 * 1024
DAY = 86_400.0


def queue_settings(settings: Settings) -> QueueSettings:
    """What of the configuration concerns the queue file."""
    return QueueSettings(
        settle=settings.sync.settle,
        settle_ceiling=settings.sync.settle_ceiling,
        reserve_bytes=settings.queue.reserve_mib * MEBIBYTE,
        payload_bytes=settings.queue.dead_letter_payload_mib * MEBIBYTE,
        payload_life=settings.queue.dead_letter_payload_days * DAY,
    )


def move_aside(error: Corrupt, now: float) -> Path:
    """Sets a broken queue file aside, so that a new one can begin in its place; returns its new name.

    Raises:
        Fatal: it cannot be renamed.
    """
    try:
        return set_aside(error.path, now)
    except OSError as failure:
        raise Fatal(
            f"queue file {error.path} is broken ({error.detail}) and cannot be set aside"
            f" ({failure.strerror}): move it and its -wal file away, a new one is built from the change log"
        ) from failure


async def remember_rebuild(queue: Queue, path: Path, when: str) -> bool:
    """Whether the file replaces a broken one and not everything was sent again since.

    That it replaces one is seen from what lies beside it, and not only told by whoever set it aside: a kill
    between the two must not make it an ordinary new file, which would begin at the end of the change log.

    Raises:
        StorageUnavailable: it could not be noted.
    """
    noted = await queue.meta(REBUILT)
    if noted is not None:
        return noted != ""
    broken = sorted(path.parent.glob(f"{path.name}.broken-*Z"))
    if await queue.cursors() or not broken:
        return False
    inherited = await queue.inherit(broken[-1])
    await queue.set_meta(REBUILT, when if inherited else f"{when} {FORGOTTEN_LOST}")
    return True
