import re
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from importlib.resources.abc import Traversable
from pathlib import Path

import pytest

from synqd.models.errors import Fatal, StorageUnavailable
from synqd.models.names import Lane
from synqd.queue import Corrupt, Queue, Removed, set_aside
from synqd.queue import migrate as migrate_module
from synqd.queue.connection import connect, transact
from synqd.queue.migrate import APPLICATION_ID, migrate, migrations
from tests.queue.conftest import SETTINGS, START, File
from tests.queue.words import PRODUCTS, ack, bulk, live, take


def rights(path: str) -> int:
    return stat.S_IMODE(Path(path).stat().st_mode)


def copy_running(source: Path, target: Path) -> None:
    for suffix in ("", "-wal"):
        Path(f"{target}{suffix}").write_bytes(Path(f"{source}{suffix}").read_bytes())


def raw(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None)


async def test_only_its_owner_may_read_the_file(file: File) -> None:
    file.path.touch(0o644)
    async with file.open() as queue:
        await queue.outbox.intake([live(1)])
        for suffix in ("", "-wal", "-shm"):
            assert rights(f"{file.path}{suffix}") == 0o600


async def test_it_is_durable_and_strict(queue: Queue) -> None:
    def pragmas(db: sqlite3.Connection) -> list[object]:
        names = ("journal_mode", "synchronous", "foreign_keys", "auto_vacuum")
        return [db.execute(f"PRAGMA {name}").fetchone()[0] for name in names]

    assert await queue._store._writer.run(pragmas) == ["wal", 2, 1, 2]
    strict = (
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite_%' AND NOT strict"
    )
    assert await queue._store._writer.run(lambda db: db.execute(strict).fetchall()) == []


async def test_a_restart_frees_leases_and_keeps_everything_else(file: File) -> None:
    async with file.open() as queue:
        await queue.outbox.intake([live(1), live(2)])
        first, _ = await take(queue)
        await queue.outbox.intake([live(2)])
        await queue.outbox.settle([ack(first)])
    async with file.open() as queue:
        assert queue.file.opened_clean
        (item,) = await take(queue)
        assert (item.key.entity_id, item.revision) == (2, 2)
        assert (await queue.facts.counts()).depth[PRODUCTS, Lane.LIVE] == 1


async def test_a_process_that_died_is_noticed(file: File, tmp_path: Path) -> None:
    async with file.open() as queue:
        await queue.outbox.intake([live(1)])
        copy = File(tmp_path / "copy.db", file.clock)
        copy_running(file.path, copy.path)
    async with copy.open() as queue:
        assert not queue.file.opened_clean
        assert len(await take(queue)) == 1


def test_migrations_make_the_same_schema_in_one_go_or_step_by_step(tmp_path: Path) -> None:
    steps = migrations()
    with closing(connect(tmp_path / "a", 1 << 20, writing=True)) as db:
        transact(db, migrate, tmp_path / "a")
        assert db.execute("PRAGMA user_version").fetchone() == (len(steps),)
        assert db.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
        schema = db.execute("SELECT sql FROM sqlite_schema").fetchall()
        transact(db, migrate, tmp_path / "a")
        assert db.execute("SELECT sql FROM sqlite_schema").fetchall() == schema


AddMigrations = Callable[..., None]


class Script:
    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text

    def read_text(self, encoding: str) -> str:
        return self.text


@pytest.fixture
def with_more(monkeypatch: pytest.MonkeyPatch) -> AddMigrations:
    def add(*texts: str) -> None:
        steps: list[tuple[int, Traversable | Script]] = list(migrations())
        for text in texts:
            steps.append((len(steps) + 1, Script("more", text)))
        monkeypatch.setattr(migrate_module, "migrations", lambda: steps)

    return add


async def test_an_older_file_is_migrated_with_what_it_holds(file: File, with_more: AddMigrations) -> None:
    async with file.open() as queue:
        await queue.outbox.intake([live(1)])
    with_more("CREATE TABLE extra (a INTEGER) STRICT;\n", "ALTER TABLE extra ADD COLUMN b TEXT;\n")
    async with file.open() as queue:
        assert len(await take(queue)) == 1
        await queue._store._writer.run(lambda db: db.execute("INSERT INTO extra VALUES (1, 'b')"))


async def test_a_migration_that_fails_leaves_the_file_as_it_was(file: File, with_more: AddMigrations) -> None:
    async with file.open() as queue:
        await queue.outbox.intake([live(1)])
    with_more("CREATE TABLE extra (a INTEGER) STRICT;\n", "DROP TABLE no_such;\n")
    with pytest.raises(sqlite3.OperationalError, match="no_such"):
        async with file.open():
            pass
    with closing(raw(file.path)) as db:
        assert db.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'extra'").fetchone() == (0,)


async def test_a_file_of_a_newer_version_is_refused(file: File) -> None:
    async with file.open():
        pass
    with closing(raw(file.path)) as db:
        db.execute("PRAGMA user_version = 99")
    message = f"queue file {file.path} has schema version 99, this synqd knows up to {len(migrations())}"
    with pytest.raises(Fatal, match=re.escape(message)):
        async with file.open():
            pass


async def test_somebody_elses_database_is_not_touched(file: File) -> None:
    with closing(raw(file.path)) as db:
        db.execute("CREATE TABLE theirs (a)")
    with pytest.raises(Fatal, match=r"is not a queue file of synqd: let \[queue\] path name another file"):
        async with file.open():
            pass
    with closing(raw(file.path)) as db:
        assert db.execute("SELECT name FROM sqlite_schema").fetchall() == [("theirs",)]


async def test_what_is_no_database_is_corrupt_and_can_be_set_aside(file: File) -> None:
    file.path.write_bytes(b"no database " * 1000)
    with pytest.raises(Corrupt, match=re.escape(f"queue file {file.path} is broken")):
        async with file.open():
            pass
    aside = set_aside(file.path, START)
    assert aside.name == "queue.db.broken-20270115T080000.000000Z"
    assert aside.read_bytes().startswith(b"no database")
    async with file.open() as queue:
        assert queue.file.opened_clean


async def test_a_damaged_page_is_found_when_opened_or_by_check(file: File) -> None:
    async with file.open() as queue:
        await queue.outbox.intake([live(number) for number in range(1, 2000)])
        await queue.file.shrink()
        await queue.file.check(thorough=True)
    content = bytearray(file.path.read_bytes())
    page = content.rindex(b"product") // 4096 * 4096
    content[page : page + 12] = b"\xff" * 12
    file.path.write_bytes(content)
    with pytest.raises(Corrupt, match="sets it aside"):
        async with file.open():
            pass
    async with file.open(replace(SETTINGS, quick_check_bytes=0)) as queue:
        with pytest.raises(Corrupt):
            await queue.file.check()


async def test_a_file_that_is_taken_away_while_it_is_open_is_put_back_with_all_it_held(file: File) -> None:
    async with file.open() as queue:
        await queue.file.probe()
        await queue.outbox.intake([live(number) for number in range(1, 2000)])
        for left in file.path.parent.glob("queue.db*"):
            left.unlink()
        await queue.outbox.intake([live(2000)])
        with pytest.raises(Removed, match=re.escape(str(file.path))):
            await queue.file.probe()
    assert rights(str(file.path)) == 0o600
    async with file.open() as queue:
        await queue.file.check(thorough=True)
        assert (await queue.facts.counts()).depth[PRODUCTS, Lane.LIVE] == 2000
        await queue.file.probe()


async def test_a_file_that_is_replaced_while_it_is_open_is_left_as_it_is(file: File) -> None:
    async with file.open() as queue:
        await queue.outbox.intake([live(1)])
    backup = file.path.with_name("backup")
    backup.write_bytes(file.path.read_bytes())
    async with file.open() as queue:
        await queue.outbox.intake([live(2)])
        backup.rename(file.path)
        with pytest.raises(Removed):
            await queue.file.probe()
    async with file.open() as queue:
        await queue.file.check(thorough=True)
        assert (await queue.facts.counts()).depth[PRODUCTS, Lane.LIVE] == 1


async def test_a_folder_that_is_gone_is_named_and_waited_for(tmp_path: Path, file: File) -> None:
    folder = tmp_path / "state"
    folder.mkdir()
    async with Queue.open(folder / "queue.db", SETTINGS, file.clock) as queue:
        folder.rename(tmp_path / "elsewhere")
        with pytest.raises(StorageUnavailable, match="cannot be put back"):
            await queue.file.probe()
        folder.mkdir()
        with pytest.raises(Removed):
            await queue.file.probe()


async def test_a_missing_folder_is_named(tmp_path: Path, file: File) -> None:
    with pytest.raises(Fatal, match=r"cannot open queue file .*: No such file or directory"):
        async with Queue.open(tmp_path / "nowhere" / "queue.db", SETTINGS, file.clock):
            pass


async def test_space_is_given_back(file: File) -> None:
    async with file.open() as queue:
        await queue.outbox.intake([bulk(number) for number in range(1, 5000)])
        await queue.outbox.settle([ack(item) for item in await take(queue, 5000, Lane.FULL)])
        await queue.file.shrink(pages=0)
        before = await queue.file.sizes()
        assert before.free > 0
        await queue.file.shrink(pages=100_000)
        after = await queue.file.sizes()
        assert after.file < before.file
        assert (after.free, after.wal, after.reserve) == (0, 0, 0)
