"""Verbs of the place for forgetting people (S20).

A person is erased and remembered by salted hashes in one transaction. What SQLite leaves of erased rows in
free space is cleaned afterwards; until that is done the file remembers that it has to be.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import NamedTuple

from synqd.models.errors import StorageUnavailable
from synqd.models.person import EntityRef, Person
from synqd.queue import (
    flags,
    forgetting,
    maintenance,
    marks,
    traces,
)
from synqd.queue.connection import Connection, aside
from synqd.queue.readonly import read_forgotten
from synqd.queue.store import ASIDE, Store

TRIES, PAUSE = 10, 0.5
"""Tries to empty the log while it is being read, and seconds between them."""
PAGES = 500
"""Free pages that are given back at a time."""


class Erased(NamedTuple):
    """What forgetting did: rows that went or were changed, by kind; whether nothing is left in free space."""

    gone: Counter[str]
    clean: bool


class PersonVerbs:
    """Forgetting people, and knowing who was forgotten."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def has_forgotten(self) -> bool:
        """Whether anybody was ever forgotten: spares the others the look for their marks."""
        return not self._store.blotting.idle

    def forgotten(self, marks: Iterable[str]) -> bool:
        """Whether one of these texts (``Person.marks``) is of somebody who was forgotten. Asks no file."""
        return any(map(self._store.blotting.known, marks))

    def blotted(self, text: str) -> str:
        """A text without the names of whoever was forgotten. Asks no file."""
        return self._store.blotting.text(text)

    async def acquainted(
        self, emails: Collection[str], beings: Collection[EntityRef]
    ) -> dict[EntityRef, set[str]]:
        """Customers and subscribers known by these folded addresses, these of them, and their keys."""
        return await self._store.read(forgetting.acquainted, emails, beings)

    async def forget(self, person: Person, by: str) -> Erased:
        """Erase everything about a person for good; nothing of the person is taken in or recorded again.

        What is in flight for the person is not recorded when it ends, and what is for others only without
        the person's names.
        """
        with self._store.blotting.erasing(person.marks()):
            gone, self._store.blotting.marks = await self._store.write(
                forgetting.forget, person, by, self._store.now()
            )
        return Erased(gone, await self._clean(person))

    async def revoke(self, marks: Iterable[str], by: str) -> int:
        """Let somebody who was forgotten be synchronized again; returns how many marks were removed."""
        gone, self._store.blotting.marks = await self._store.write(
            forgetting.revoke, list(marks), by, self._store.now()
        )
        return gone

    async def inherit(self, path: Path) -> bool:
        """Know whoever the file before this one forgot; False if that cannot be read any more."""
        found = await aside(path, read_forgotten, path)
        if found is not None:
            self._store.blotting.marks = await self._store.write(marks.inherit, found)
        return found is not None

    async def scrub(self) -> bool:
        """Clean free space if a crash, a full disk or a long reader kept it from being done.

        Returns whether there was something to do. Raises: StorageUnavailable if it cannot be done now.
        """
        if await self._store.ask(flags.meta, forgetting.SCRUB) != "wanted":
            return False
        await self._rewrite()
        if not await self._empty_log():
            raise StorageUnavailable(f"the log of queue file {self._store.path} is still being read")
        await self._store.write(flags.set_meta, forgetting.SCRUB, "done")
        return True

    async def _rewrite(self) -> None:
        """Writes the file anew on a connection of its own: the writing one has to answer the watchdog.

        Whoever wants to write meanwhile waits, and goes on as soon as it is done; if that takes long, it is
        told so and tries again. A caller that is cancelled (a stop) ends it, and it remains to be done.
        """
        rewriter = Connection(self._store.path, self._store.settings.cache_bytes // ASIDE, writing=True)
        await rewriter.start()
        try:
            async with self._store.nobody_writing():
                await rewriter.run_or_end(maintenance.rewrite)
            # All of the file lies in the log now. The writing thread would bring it back in one go.
            for _ in range(TRIES):
                if await rewriter.run(maintenance.bring_back):
                    break
                await self._store.clock.sleep(PAUSE)
        finally:
            await rewriter.finish()

    async def _empty_log(self) -> bool:
        """Cuts the log to nothing, in some tries, between which others write; False if a reader needs it."""
        for _ in range(TRIES):
            if await self._store.ask(maintenance.empty_log):
                return True
            await self._store.clock.sleep(PAUSE)
        return False

    async def _clean(self, person: Person) -> bool:
        """Looks for what is left in the raw file, and writes the file anew only if something is."""
        try:
            while await self._store.ask(maintenance.release, PAGES):
                pass  # one step after the other, so that others write in between
            emptied = await self._empty_log()
            if emptied and await aside(
                self._store.path, traces.left, self._store.path, self._store.raw, person.words
            ):
                return await self.scrub()
            if emptied:
                await self._store.write(flags.set_meta, forgetting.SCRUB, "done")
        except StorageUnavailable:
            return False  # it stays noted, and the janitor's next round tries again
        return emptied
