"""What arrives at the fake Synerise, what of it repeats what was there, and what may be repeated.

Whoever sends cannot know whether something has arrived if no answer came, or if it was killed before it
could record the answer (S24). Each such case lets an item be sent once more; an item that repeats itself
without one is not explained.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from enum import Enum, auto
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.torture.mischief import AFTER_APPLY, REFUSED
from synqd.entities.payload import digest
from synqd.models.names import Model
from synqd_demo.fake_synerise import Entry, FakeSynerise

Name = tuple[Model, str]
"""What a thing is known by: SKU, customer id, address, order number."""


class Kind(Enum):
    """How an element of a request counts that repeats what was there."""

    LIVING = auto()
    """For itself."""
    TOMBSTONE = auto()
    """Among all: of a rename that fails half-way it is sent again, although it was answered."""
    WITHDRAWAL = auto()
    """Not at all: it always leaves (S24)."""


class Said(NamedTuple):
    """An element of a request."""

    name: Name
    place: str
    content: bytes
    kind: Kind = Kind.LIVING


class Witness:
    """Follows the requests of a fake Synerise."""

    def __init__(self, fake: FakeSynerise) -> None:
        self._fake = fake
        self._read = 0
        self._held: dict[tuple[str, Name], bytes] = {}
        self._repeats: Counter[Name] = Counter()
        self._tombstones = 0
        self._excuses: Counter[Name] = Counter()
        self._handed: Counter[Name] = Counter()
        self.faults = 0
        self.after_apply = 0

    @property
    def repeated(self) -> int:
        return self._repeats.total() + self._tombstones

    @property
    def unrecorded(self) -> int:
        """Of how many items the sender could not know whether they had arrived."""
        return self._excuses.total()

    @property
    def unexplained(self) -> int:
        beyond = self._repeats - self._excuses - self._handed
        return beyond.total() + max(0, self._tombstones - self.unrecorded)

    async def read(self, *, doubtful: bool = False) -> None:
        """Takes note of what has arrived since the last time.

        ``doubtful``: answers may have come too late for the sender, although none met a fault.
        """
        await self._fake.wait(until=lambda: not self._fake.stats()["open"])
        journal = self._fake.world.journal
        new, self._read = journal.finished - self._read, journal.finished
        entries = list(islice(reversed(journal.entries), new))
        for entry in sorted(entries, key=lambda one: one.number):
            self._note(entry, doubtful=doubtful)

    def excuse_in_flight(self, file: Path) -> None:
        """What a process was sending when it was killed may be sent again; ``file``: its queue file."""
        self._excuses.update(in_flight(file))

    def allow(self, handed: Counter[Name]) -> None:
        """How often keys have changed hands so far: their new owner may say what the one before has said."""
        self._handed = Counter(handed)

    def _note(self, entry: Entry, *, doubtful: bool) -> None:
        self.faults += bool(entry.fault)
        said = list(said_by(entry))
        applied = said[REFUSED:] if entry.fault == "partial" else said
        if not entry.items:  # it was turned away before anybody read it
            applied = []
        elif entry.fault in AFTER_APPLY:
            self.after_apply += 1
        sure = 200 <= entry.status < 300 and entry.fault not in AFTER_APPLY and not doubtful
        self._excuses.update(one.name for one in said if not sure or one not in applied)
        for one in applied:
            self._arrive(one)

    def _arrive(self, said: Said) -> None:
        address = said.place, said.name
        if self._held.get(address) != said.content:
            self._held[address] = said.content
        elif said.kind is Kind.LIVING:
            self._repeats[said.name] += 1
        elif said.kind is Kind.TOMBSTONE:
            self._tombstones += 1


def said_by(entry: Entry) -> Iterator[Said]:
    """What a request says, as far as it can be read and told apart."""
    try:
        body = json.loads(entry.body or b"[]")
    except ValueError:
        return  # cut off on its way
    for one in body:
        said = _said(entry.path, one)
        if said:
            yield said


def _said(path: str, one: Mapping[str, Any]) -> Said | None:
    if path.endswith("/items/batch"):
        kind = Kind.TOMBSTONE if one["value"].get("deleted") else Kind.LIVING
        return Said((Model.PRODUCT, one["itemKey"]), path, digest([one["value"]]), kind)
    if path == "/v4/transactions/batch":
        return Said((Model.ORDER, one["orderId"]), "", digest([one]))
    if path == "/v4/events/batch":
        return Said((Model.CUSTOMER, one["eventSalt"]), "", digest([one]), Kind.TOMBSTONE)
    return _profile(one) if path == "/v4/clients/batch" else None


def _profile(profile: Mapping[str, Any]) -> Said | None:
    """None for a guest's, which comes along with an order."""
    if "agreements" in profile:
        agreed = bool(profile["agreements"]["email"])
        name, kind = (Model.SUBSCRIBER, profile["email"]), Kind.LIVING if agreed else Kind.WITHDRAWAL
        return Said(name, "", repr(agreed).encode(), kind)
    custom_id = profile.get("customId")
    return Said((Model.CUSTOMER, custom_id), "", digest([profile])) if custom_id else None


def in_flight(file: Path) -> Iterable[Name]:
    """The things that a killed process had noted as in flight; the file is only read."""
    if not file.exists():
        return set()
    found: set[Name] = set()
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as db:
        for model, store_id, what in db.execute("SELECT model, store_id, what FROM notes"):
            for entry in json.loads(what):
                entity_id, keys = _noted(entry)
                found.add((Model(model), str(entity_id)))
                found.update((Model(model), key) for key in keys)
                for known, doubt in db.execute(
                    "SELECT wire_key, doubt FROM ledger WHERE (model, entity_id, store_id) = (?, ?, ?)",
                    (model, entity_id, store_id),
                ):
                    found.update((Model(model), key) for key in (known, *json.loads(doubt or "[]")))
    return found


def _noted(entry: Any) -> tuple[int, list[str]]:
    if isinstance(entry, int):
        return entry, []
    entity_id, keys = entry[:2]
    return entity_id, [keys] if isinstance(keys, str) else keys
