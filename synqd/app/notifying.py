"""What operators asked to be told of, seen from beside: nobody who works waits for it.

Looked at are the synchronization log (dead letters, jobs that ended), the breakers (keys that are refused)
and the notices (damage of the capture). How far the log was looked at is kept in the queue file, so that a
restart repeats nothing and what happened meanwhile is told.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress

from synqd.app.generation import Generation
from synqd.app.parts import DaemonParts
from synqd.app.views import store_code
from synqd.config import NotifySettings, Routes, Settings, read_secret
from synqd.config.urls import checked_url
from synqd.models.errors import ConfigError, StorageUnavailable
from synqd.models.shortage import Shortage
from synqd.movers.sweeper.soundness import NOTICE as CAPTURE
from synqd.pacing.breaker import Phase
from synqd.queue import Line, LogFilter
from synqd.runtime.logs import get_logger
from synqd.runtime.webhook import Message, Target, Webhook

EVERY = 5.0
"""Seconds between looks: what happens meanwhile is one message."""
PAGE = 1000
MOST_KEYS = 5
"""Keys that a message names."""
TOLD = "log told"
"""Name of the queue's fact that holds the last line of the log that was looked at."""
JOB_ENDED = frozenset({"job.finished", "job.cancelled", "job.replaced"})

log = get_logger("jobs")


class Notifying:
    """Tells by webhook, as the present configuration says."""

    def __init__(
        self,
        house: DaemonParts,
        settings: Callable[[], Settings],
        generation: Callable[[], Generation | None],
    ) -> None:
        """Args: house: the queue and the notices; settings, generation: those of now."""
        self._house = house
        self._settings = settings
        self._generation = generation
        self._refused: set[str] = set()
        self._damage: str | None = None

    async def run(self) -> None:
        """Looks and tells until it is cancelled; another configuration begins with another webhook."""
        while True:
            section = self._settings().notify
            async with self._sending(section) as offer:
                while self._settings().notify == section:
                    with suppress(StorageUnavailable):
                        for message in [*await self._of_log(), *self._of_keys(), *self._of_capture()]:
                            if message.event in section.events:
                                offer(message)
                    await self._house.clock.sleep(EVERY)

    @asynccontextmanager
    async def _sending(self, section: NotifySettings) -> AsyncIterator[Callable[[Message], None]]:
        """Where messages are put; nowhere while none are wanted."""
        target = _target(section) if section.url_file else None
        if target is None:
            yield lambda _: None
            return
        hook = Webhook(target, self._house.clock)
        sending = asyncio.create_task(hook.run(), name="webhook")
        try:
            yield hook.offer
        finally:
            sending.cancel()
            await asyncio.wait([sending])

    async def _of_log(self) -> list[Message]:
        """Dead letters and jobs, by the lines since the last look; the daemon's log hears of jobs, too."""
        queue = self._house.queue
        known = await queue.facts.meta(TOLD)
        if not known:  # it begins now
            newest = await queue.log.page(LogFilter(), 1)
            await queue.facts.set_meta(TOLD, str(newest[-1].number if newest else 0))
            return []
        page = await queue.log.page(LogFilter(events=(*JOB_ENDED, "item.dead")), PAGE, int(known))
        lines = [one.line for one in page]
        if page:
            await queue.facts.set_meta(TOLD, str(page[-1].number))
        for line in lines:
            if line.event in JOB_ENDED:
                log.info(line.event, job=line.job_id, **line.facts)
        generation = self._generation()
        return [*dead_letters(lines, generation.parts.routes if generation else None), *jobs(lines)]

    def _of_keys(self) -> Iterator[Message]:
        generation = self._generation()
        if generation is None:
            return
        states = generation.parts.breakers.states()
        refused = {workspace for (workspace, _), state in states.items() if state.phase is Phase.DENIED}
        for workspace in sorted(refused - self._refused):
            text = f"Synerise refuses the API key of workspace {workspace}: nothing of it is sent"
            yield Message("key-refused", text, {"workspace": workspace})
        self._refused = refused

    def _of_capture(self) -> Iterator[Message]:
        damage = self._house.notices.get(CAPTURE)
        if damage is not None and damage != self._damage:
            yield Message("capture-damaged", damage, {})
        self._damage = damage


def dead_letters(lines: Iterable[Line], routes: Routes | None) -> Iterator[Message]:
    """One message for each model and reason; what Synerise said of a person stays here (S34)."""
    keys: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    stores: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for line in lines:
        if line.event == "item.dead" and line.stream is not None:
            group = str(line.stream.model), line.text.partition(":")[0]
            keys[group].append(line.key or str(line.entity_id))
            stores[group][store_code(routes, line.stream.store_id)] += 1
    for (model, reason), found in keys.items():
        named = ", ".join(found[:MOST_KEYS]) + (" and more" if len(found) > MOST_KEYS else "")
        where = ", ".join(stores[model, reason])
        text = (
            f"{len(found)} {model} items could not be delivered ({reason}) in {where}: {named};"
            " synqctl dead list"
        )
        facts = {"model": model, "reason": reason, "items": len(found), "keys": found[:MOST_KEYS]}
        yield Message("dead-letters", text, {**facts, "stores": dict(stores[model, reason])})


def jobs(lines: Sequence[Line]) -> Iterator[Message]:
    """Jobs that ended, with their accounts."""
    for line in lines:
        if line.event in JOB_ENDED:
            state = line.event.partition(".")[2]
            account = ", ".join(f"{number:,} {name}" for name, number in line.facts.items())
            text = f"job {line.job_id} was {state}" if state != "finished" else f"job {line.job_id} finished"
            facts = {"job": line.job_id, "state": state, **line.facts}
            yield Message("job-ended", f"{text}{f': {account}' if account else ''}", facts)


def _target(section: NotifySettings) -> Target | None:
    """Where to; None if what is configured cannot be used, which is told."""
    try:
        url = read_secret(section.url_file, "[notify] url_file").reveal() if section.url_file else ""
        secret = (
            read_secret(section.secret_file, "[notify] secret_file").reveal() if section.secret_file else ""
        )
        checked(url)
    except (ConfigError, Shortage) as error:
        get_logger("notify").error("notify.off", reason=str(error))
        return None
    return Target(url, section.format, secret, section.name)


def checked(url: str) -> None:
    """Looks at the address, which is not repeated: it may be all the secret that there is.

    Raises:
        ConfigError: it cannot be one.
    """
    try:
        parts = checked_url(url, ("https", "http"), query=True)
    except ValueError as error:
        raise ConfigError(f"[notify] url_file: the address {error}") from None
    if parts.scheme == "http" and parts.hostname not in {"localhost", "127.0.0.1", "::1"}:
        raise ConfigError("[notify] url_file: the address is http://, which others can read; use https://")
