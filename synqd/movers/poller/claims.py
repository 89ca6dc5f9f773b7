"""The claim of the change log, and what its count tells: whether database or queue file is an old one (S3).

The count of claims stands in the database and in the queue file. It is noted in the file before it is written
to the database, so that neither a kill between the two nor a lost answer makes them differ.
"""

import asyncio
from pathlib import Path
from socket import gethostname
from uuid import NAMESPACE_URL, uuid5

from synqd.config import Settings
from synqd.magento import Held, LogMissing, Magento, Past, mismatch, past, was_made_again
from synqd.models.change import Claim
from synqd.models.errors import Mismatch
from synqd.models.names import Model
from synqd.movers.capture.interruption import Interruptions
from synqd.movers.capture.pending import Pending
from synqd.queue import OLD, REBUILT, Queue
from synqd.runtime.clock import Clock, SystemClock, utc
from synqd.runtime.logs import get_logger

log = get_logger("poller")


def holder(directory: Path) -> str:
    """Who reads the change log: this host's daemon with that state directory."""
    return str(uuid5(NAMESPACE_URL, f"synqd://{gethostname()}{directory.absolute()}"))


def discrepancy(what: Past, claim: Claim | None, held: Held | None) -> str | None:
    """What is wrong with database or queue file, in one sentence with its remedy; None if nothing is."""
    here, there = (claim.high if claim else 0), (held.number if held else 0)
    if what is Past.OLD_FILE:
        return (
            "the queue file is an old one: this daemon has read on since with a newer one (claim"
            f" {there} in the database, {here} here), or a copy of it does so now; put the newer file back,"
            " stop the copy, or run `synqd adopt`"
        )
    if what is Past.OLD_DATABASE:
        return (
            f"the database is older than the queue file (claim {there} there, {here} here), as after"
            " restoring a backup; if this is meant, run `synqd adopt`"
        )
    return None


async def take_for_old(queue: Queue, interruptions: Interruptions, clock: Clock, why: str) -> None:
    """What the queue file says was sent is not what Synerise has: it is in doubt, and all is compared.

    May be repeated if it does not end.

    Raises:
        StorageUnavailable: it has to be done again.
    """
    doubtful = await queue.ledger.doubt_everything()
    await queue.facts.set_meta(REBUILT, f"{utc(clock).isoformat()} {OLD}")
    await interruptions.tell(list(Model), why)
    log.error("queue.old", reason=why, in_doubt=doubtful)


async def adopt_past(queue: Queue, magento: Magento, settings: Settings) -> str:
    """Lets a queue file and a database that do not match go on together; returns how, for people.

    Raises:
        ConfigError, MagentoUnavailable, Denied, StorageUnavailable: nothing is spoilt; it may be repeated.
        Fatal: another daemon reads the log.
    """
    clock = SystemClock()
    pending = Pending(queue, clock)
    await pending.load()
    interruptions = Interruptions(queue, pending, lambda _: None, settings.sync.models)
    what = past(await queue.facts.claim(), await magento.held(holder(settings.queue.directory)))
    if mismatch(await magento.installation(), await queue.facts.installation()):
        what = Past.OURS  # another log counts for itself
    if what in (Past.OLD_FILE, Past.OTHERS):
        await take_for_old(queue, interruptions, clock, "an old queue file was adopted")
        return "the queue file reads on where it stopped, and all that it says was sent is sent again"
    await queue.outbox.intake((), (await magento.reader.heads()).values())
    await interruptions.tell(list(Model), "the database was adopted")
    return "reading begins at the present end of the change log, and everything is compared, once"


class Claims:
    """Claims the change log for one queue file, as often as it is told to."""

    def __init__(
        self, queue: Queue, magento: Magento, interruptions: Interruptions, clock: Clock, directory: Path
    ) -> None:
        self._queue = queue
        self._magento = magento
        self._interruptions = interruptions
        self._clock = clock
        self._holder = holder(directory)
        self._claim: Claim | None = None
        self._one_by_one = asyncio.Lock()

    async def recognize(self) -> None:
        """Makes sure that the change log belongs to the queue file; one that was made again does (S28).

        Raises:
            Mismatch: it does not (S3).
            LogMissing: there is none.
            MagentoUnavailable, Denied, StorageUnavailable: it has to be done again.
        """
        found = await self._magento.installation()
        if found is None:
            raise LogMissing(list(self._magento.reader.sources))
        remembered = await self._queue.facts.installation()
        if wrong := mismatch(found, remembered):
            raise Mismatch(wrong)
        if was_made_again(found, remembered):
            await self._interruptions.tell(list(Model), "the change log was removed and installed again")
            await self._queue.facts.adopt(found)

    async def renew(self) -> None:
        """Claims the log, or claims it again, after a look whether nobody else did since.

        Raises:
            Mismatch: database or queue file is an old one (S3); nothing was changed.
            Fatal: another daemon reads the log.
            MagentoUnavailable, Denied, StorageUnavailable: it has to be done again.
        """
        async with self._one_by_one:
            held = await self._magento.held(self._holder)
            await self._compare(held)
            number = held.number if held else 0
            claim = Claim(self._holder, number, number + 1)
            await self._queue.facts.note_claim(claim)
            await self._magento.hold(self._holder)
            self._claim = claim

    async def let_go(self) -> None:
        """Lets others claim the log at once; raises like ``renew``.

        It counts as a claim: a copy of the queue file that was made before the end is an old one, too.
        """
        async with self._one_by_one:
            if self._claim is not None:
                await self._queue.facts.note_claim(Claim(self._holder, self._claim.low, self._claim.high + 1))
                await self._magento.let_go()

    async def _compare(self, held: Held | None) -> None:
        """Makes good, or refuses, what the count of claims tells."""
        if past(await self._queue.facts.claim(), held) is Past.OURS:
            return
        await self.recognize()  # another log counts for itself
        claim = await self._queue.facts.claim()
        what = past(claim, held)
        if wrong := discrepancy(what, claim, held):
            raise Mismatch(wrong)
        if what is Past.OTHERS:
            why = "another synqd, with its own queue file, has read the change log since"
            await take_for_old(self._queue, self._interruptions, self._clock, why)
        if what is Past.BEHIND:
            why = "the database has lost its last moments, as when a replica takes over"
            await self._interruptions.tell(list(Model), why)
