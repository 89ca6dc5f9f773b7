"""Whether a configuration has worked: then what is wrong now is waited for (S27)."""

from synqd.app.lookahead import fingerprint_of
from synqd.config import Settings
from synqd.exporter import Health
from synqd.models.errors import Fatal
from synqd.queue import Corrupt, Queue, Removed
from synqd.runtime.logs import get_logger
from synqd.runtime.systemd import Notifier

WORKED = "configuration that worked"
"""Name of the queue's fact that holds the hash of the configuration that a generation began with last."""

log = get_logger("app")


class Standing:
    """Remembers what has worked, and says why nothing is done while something is wrong."""

    def __init__(self, health: Health, notifier: Notifier) -> None:
        self._health = health
        self._notifier = notifier
        self._has_worked = False
        self._reason = ""

    async def begin(self, queue: Queue, settings: Settings) -> None:
        """A generation has begun with these settings."""
        self._has_worked, self._reason = True, ""
        self._health.usable("configuration", ok=True)
        await queue.facts.set_meta(WORKED, fingerprint_of(settings))

    async def take(self, error: Fatal, queue: Queue, settings: Settings) -> None:
        """Neither reads nor sends for what is wrong now, and says so; the next look is soon.

        Raises:
            Fatal: the error itself, if the configuration never worked with this queue file, or if it is the
                queue file's.
        """
        proven = self._has_worked or await queue.facts.meta(WORKED) == fingerprint_of(settings)
        if isinstance(error, Corrupt | Removed) or not proven:
            raise error
        reason = str(error)
        if reason != self._reason:
            log.error("daemon.stands_still", reason=reason)
        self._reason = reason
        self._health.usable("configuration", ok=False, detail=reason)
        self._notifier.ready(f"stands still: {reason}")
