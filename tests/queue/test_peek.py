"""A look into the file from outside, which makes nothing and disturbs nobody."""

from pathlib import Path

import pytest

from synqd.models.change import Installation
from synqd.models.errors import Fatal
from synqd.models.names import Model
from synqd.models.person import Person, being_mark
from synqd.queue.readonly import read_forgotten, read_installation, read_memory, read_withdrawn
from tests.queue.conftest import File
from tests.queue.words import ack, key, live, take

OURS = Installation("a shop", 3)


async def test_what_a_running_daemon_knows_can_be_read_beside_it(file: File) -> None:
    async with file.open() as queue:
        await queue.facts.adopt(OURS)
        await queue.outbox.intake([live(1), live(2)])
        (item, _) = await take(queue)
        await queue.outbox.settle([ack(item)])
        await queue.people.forget(Person(frozenset(), frozenset({(Model.CUSTOMER, 7)})), "a test")
        assert read_installation(file.path) == OURS
        entries, marks = read_memory(file.path, [key(1), key(2)])
        assert (set(entries), entries[key(1)].wire_key) == ({key(1)}, "sku1")
        assert marks.hold([being_mark(Model.CUSTOMER, 7)])
        assert not marks.hold([being_mark(Model.CUSTOMER, 8)])
        assert read_withdrawn(file.path, "main", ["a@example.com"]) == {}
        forgotten = read_forgotten(file.path)
        assert forgotten is not None
        assert len(forgotten.rows) == 1


def test_what_is_not_there_is_not_made(tmp_path: Path) -> None:
    path = tmp_path / "queue.db"
    assert read_installation(path) is None
    assert read_forgotten(path) is None
    with pytest.raises(Fatal, match="cannot be read"):
        read_memory(path, [key(1)])
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_queue_file_says_nothing(tmp_path: Path) -> None:
    path = tmp_path / "queue.db"
    path.write_text("somebody's letter, which is longer than the head of a database has to be" * 9)
    assert read_installation(path) is None
    assert read_forgotten(path) is None
    with pytest.raises(Fatal, match="cannot be read"):
        read_withdrawn(path, "main", [])
