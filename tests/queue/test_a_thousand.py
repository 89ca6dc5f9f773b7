"""S20, S33: of a thousand persons who look alike, some are forgotten, and the others stay byte by byte."""

from __future__ import annotations

import html
import json
import random
import sqlite3
from collections.abc import Callable, Collection, Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from synqd.entities.identity import profile_uuid
from synqd.entities.person import names_of
from synqd.models.item import LedgerEntry, Want, Wish
from synqd.models.names import Key, Lane, Model, Stream
from synqd.models.person import ERASED, Person, folded
from synqd.models.settle import Ack, Bury, Retry
from synqd.queue import BatchPage, Queue
from tests.queue.conftest import File

KINDS = [
    "ann{}@x.example",
    "joann{}@x.example",
    "ann{}@x.example.com",
    "ann{}@x.example-shop.com",
    "jo.ann{}@x.example",
    "jo+ann{}@x.example",
    "o'ann{}@x.example",
    "Ann{}.Lee@X.example",
    "josé{}@x.example",
    "jose{}@x.example",
    "JOSÉ{}@x.example",
    "jose\u0301{}@x.example",
    "strasse{}@x.example",
    "straße{}@x.example",
    "kim{}@x.example",
    "\u212aim{}@x.example",
    "office{}@x.example",
    "o\ufb03ce{}@x.example",
    "100%_{}\\@x.example",
    "\u200fann{}@x.example",
]
"""Addresses that are part of each other, or that some collation or case folding takes for one."""
PERSONS, FORGOTTEN = 1_000, 60
SPELLINGS: list[Callable[[str], str]] = [
    str,
    str.upper,
    lambda text: json.dumps(text)[1:-1],
    lambda text: quote(text, safe=""),
    lambda text: html.escape(text).replace("@", "&#64;"),
]
MODELS = (Model.CUSTOMER, Model.SUBSCRIBER, Model.ORDER)
STREAMS = {model: Stream(model, 1) for model in MODELS}


@dataclass(frozen=True)
class One:
    """A made-up person; each model's entity has the same number."""

    number: int
    email: str

    @property
    def person(self) -> Person:
        beings = frozenset((model, self.number) for model in MODELS)
        return Person(frozenset({folded(self.email)}), beings, names_of({self.email}))

    def spelled(self, chance: random.Random) -> str:
        spelling = chance.choice(SPELLINGS)
        return spelling(self.email) if self.email.isascii() or spelling is not str.upper else self.email


def everybody() -> list[One]:
    return [
        One(number + 1, KINDS[number % len(KINDS)].format(number // len(KINDS))) for number in range(PERSONS)
    ]


@dataclass
class Town:
    """Everybody in a queue file, where texts name some of them."""

    persons: list[One]
    chance: random.Random

    def text(self, without: Collection[One], model: str, number: int) -> str:
        """What Synerise says of three persons, each spelled in some way."""
        chance = random.Random(f"{model} {number}")
        named = [chance.choice(self.persons) for _ in range(3)]
        spelled = [one.spelled(chance) for one in named]
        told = [ERASED if one in without else text for one, text in zip(named, spelled, strict=True)]
        return f'refused: <{told[0]}> "{told[1]}", {told[2]}'

    async def fill(self, queue: Queue) -> None:
        for model, stream in STREAMS.items():
            wishes = [Wish(Key(model, 1, one.number), Lane.LIVE, 60.0) for one in self.persons]
            await queue.outbox.intake(wishes)
            items = await queue.outbox.lease(stream, Lane.LIVE, PERSONS, 60)
            await queue.outbox.settle(
                [
                    Ack(item, entry(f"{one.number}" if model is Model.ORDER else one.email))
                    for item, one in zip(items, self.persons, strict=True)
                ]
            )
            await queue.outbox.intake(wishes)
            items = await queue.outbox.lease(stream, Lane.LIVE, PERSONS // 5, 60)
            await queue.outbox.settle([self.trouble(item.key.entity_id, item) for item in items])
        unknown = {one.email: "no customer has it" for one in self.persons[::20]}

        async def pages() -> Any:
            yield BatchPage((1,), unknown, [one.email for one in self.persons[10::20]])

        await queue.jobs.submit_batch([STREAMS[Model.CUSTOMER]], pages(), Want.FORCE, "a test", "emails")

    def trouble(self, number: int, item: Any) -> Bury | Retry:
        said = self.text((), item.key.model, number)
        if number % 2:
            return Retry(item, 60.0, own_fault=True, cause=said)
        email = self.persons[number - 1].email
        client = {"email": email, "uuid": profile_uuid(email)}
        payload = json.dumps({"client": client, "note": "n" * 50}, ensure_ascii=False)
        return Bury(item, "refused", said, "main", email, 400, said, payload)


def entry(wire_key: str) -> LedgerEntry:
    return LedgerEntry("main", wire_key, frozenset({"email"}), b"digest", "settings", True, 5, 5, 202)


def rows(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """All that is kept about persons, table by table."""
    tables = {
        "ledger": "SELECT model, entity_id, wire_key, alive, digest, doubt FROM ledger",
        "outbox": "SELECT model, entity_id, id, lane, attempts, due_at, hint FROM outbox",
        "dead_letters": "SELECT model, entity_id, id, wire_key, detail, answer, payload FROM dead_letters",
        "log": "SELECT model, entity_id, id, event, text, facts FROM log WHERE event <> 'person.forgotten'",
        "batch_keys": "SELECT 'customer', 0, key FROM batch_keys",
        "unknown_keys": "SELECT 'customer', 0, key FROM unknown_keys",
    }
    with closing(sqlite3.connect(path)) as db:
        return {name: sorted(db.execute(sql), key=repr) for name, sql in tables.items()}


def without(town: Town, kept: dict[str, list[tuple[Any, ...]]], gone: Iterable[One]) -> dict[str, list[Any]]:
    """What has to be left of the rows when these are gone."""
    forgotten = {one.number: one for one in gone}
    emails, left = {one.email for one in forgotten.values()}, {}
    for name, table in kept.items():
        left[name] = [
            tuple(_retold(town, row, cell, forgotten.values()) for cell in row)
            for row in table
            if row[1] not in forgotten and not emails.intersection(row)
        ]
    return left


def _retold(town: Town, row: tuple[Any, ...], cell: Any, gone: Collection[One]) -> Any:
    said = town.text((), *row[:2]) if isinstance(cell, str) and "refused: <" in cell else None
    return cell.replace(said, town.text(gone, *row[:2])) if said else cell


@pytest.fixture
async def town(file: File) -> Town:
    made = Town(everybody(), random.Random(7))
    async with file.open() as queue:
        await made.fill(queue)
    return made


async def test_exactly_the_others_stay(file: File, town: Town) -> None:
    before = rows(file.path)
    gone = town.chance.sample(town.persons, FORGOTTEN)
    async with file.open() as queue:
        for one in gone:
            assert (await queue.people.forget(one.person, "a test")).clean
        counts = await queue.facts.counts()
    after = rows(file.path)
    expected = without(town, before, gone)
    for name, table in expected.items():
        assert after[name] == table, name
        assert len(table) < len(before[name]), name
    raw = b"".join(part.read_bytes() for part in file.path.parent.iterdir())
    buried = {one.number: profile_uuid(one.email).encode() for one in town.persons if one.number % 2 == 0}
    left = {number for number, uuid in buried.items() if uuid in raw}
    assert left == {row[1] for row in after["dead_letters"]}
    assert sum(counts.alive.values()) == len(after["ledger"])
    assert sum(counts.dead.values()) == len(after["dead_letters"])
    assert sum(counts.depth.values()) == len(after["outbox"])
