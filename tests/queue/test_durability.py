"""What a verb has returned from is on the disk, and a kill at any moment leaves a file that is whole."""

import asyncio
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from synqd.models.names import Lane, Model
from synqd.models.person import Person
from synqd.queue import QueueSettings
from tests.queue.conftest import File
from tests.queue.words import PRODUCTS, live

ROOT = Path(__file__).parents[2]

ENQUEUE = """
    import asyncio, os, sqlite3, sys
    from pathlib import Path
    from synqd.models.item import Wish
    from synqd.models.names import Key, Lane, Model, Stream
    from synqd.models.settle import Unchanged
    from synqd.queue import Queue, QueueSettings

    async def main():
        async with Queue.open(Path(sys.argv[1]), QueueSettings(reserve_bytes=0)) as queue:
            if "off" in sys.argv:
                await queue._store.ask(lambda db: db.execute("PRAGMA synchronous = OFF"))
            os.write(1, b"begin\\n")
            await queue.outbox.intake([Wish(Key(Model.PRODUCT, 1, 1), quiet=9)])
            os.write(1, b"enqueued\\n")
            items = await queue.outbox.lease(Stream(Model.PRODUCT, 1), Lane.LIVE, 8, 60)
            os.write(1, b"leased\\n")
            await queue.outbox.settle([Unchanged(item) for item in items])
            os.write(1, b"settled\\n")

    asyncio.run(main())
"""

WORK = """
    import asyncio, itertools, os, sys
    from pathlib import Path
    from synqd.models.change import Cursor
    from synqd.models.item import LedgerEntry, Want, Wish
    from synqd.models.names import Key, Lane, Model, Stream
    from synqd.models.settle import Ack
    from synqd.queue import Queue, QueueSettings

    STREAM = Stream(Model.PRODUCT, 1)

    def sent(item):
        fields = frozenset({"a"})
        return Ack(item, LedgerEntry("main", f"k{item.key.entity_id}", fields, b"d", "s", True, 1, 1))

    async def main():
        async with Queue.open(Path(sys.argv[1]), QueueSettings(reserve_bytes=0)) as queue:
            cursor = await queue.capture.cursor("log")
            start = cursor.high if cursor else 0
            for high in itertools.count(start + 10, 10):
                wishes = [Wish(Key(Model.PRODUCT, 1, n), quiet=9) for n in range(high - 9, high + 1)]
                await queue.outbox.intake(wishes, [Cursor("log", high)])
                items = await queue.outbox.lease(STREAM, Lane.LIVE, 8, 60)
                await queue.outbox.settle([sent(item) for item in items])
                os.write(1, b"%d\\n" % high)

    asyncio.run(main())
"""


def python(script: str, *arguments: str) -> list[str]:
    return [sys.executable, "-c", textwrap.dedent(script), *arguments]


def traced(path: Path, *arguments: str, since: str = "begin", until: str = "enqueued") -> list[str]:
    """System calls of a child that enqueues, leases and settles, between two things that it says."""
    strace = shutil.which("strace")
    if not strace:
        pytest.skip("strace is not installed")
    log = path.with_suffix(".strace")
    calls = "trace=fdatasync,fsync,pwrite64,write,openat"
    command = [strace, "-f", "-y", "-e", calls, "-o", str(log), *python(ENQUEUE, str(path), *arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=ROOT, check=False)
    if "ptrace" in done.stderr:
        pytest.skip("strace may not trace here")
    assert done.returncode == 0, done.stderr
    lines = log.read_text().splitlines()
    begin = next(number for number, line in enumerate(lines) if f'"{since}\\n"' in line)
    end = next(number for number, line in enumerate(lines) if f'"{until}\\n"' in line)
    return lines[begin:end]


def syncs(calls: list[str]) -> list[str]:
    return [line for line in calls if re.search(r"f(data)?sync\(\d+<[^>]*-wal>", line)]


@pytest.mark.parametrize(("since", "until"), [("begin", "enqueued"), ("leased", "settled")])
def test_what_happened_is_on_the_disk_before_anybody_hears_of_it(
    tmp_path: Path, since: str, until: str
) -> None:
    calls = traced(tmp_path / "queue.db", since=since, until=until)
    writes = [number for number, line in enumerate(calls) if re.search(r"pwrite64\(\d+<[^>]*-wal>", line)]
    assert writes
    assert syncs(calls[writes[-1] :]), "the last write to the log is followed by a sync"


def test_a_lease_does_not_wait_for_the_disk(tmp_path: Path) -> None:
    assert syncs(traced(tmp_path / "queue.db", since="enqueued", until="leased")) == []


def test_the_check_above_can_fail(tmp_path: Path) -> None:
    assert syncs(traced(tmp_path / "queue.db", "off")) == []


def run_with_failing_sync(path: Path) -> subprocess.CompletedProcess[str]:
    strace = shutil.which("strace")
    if not strace:
        pytest.skip("strace is not installed")
    inject = ["-f", "-o", "/dev/null", "-e", "trace=fdatasync", "-e", "inject=fdatasync:error=EIO:when=1+"]
    command = [strace, *inject, *python(ENQUEUE, str(path))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=ROOT, check=False)
    if "ptrace" in done.stderr:
        pytest.skip("strace may not trace here")
    return done


async def test_a_sync_that_fails_is_reported_and_passes(file: File) -> None:
    async with file.open():
        pass
    done = await asyncio.to_thread(run_with_failing_sync, file.path)
    assert "StorageUnavailable: queue file" in done.stderr
    assert "disk I/O error" in done.stderr
    assert "enqueued" not in done.stdout
    async with file.open() as queue:
        await queue.file.check(thorough=True)


def work_and_die(path: Path, chance: random.Random) -> int:
    """Let a child work and kill it; returns the last cursor that it reported."""
    child = subprocess.Popen(python(WORK, str(path)), stdout=subprocess.PIPE, cwd=ROOT)
    assert child.stdout
    reported = 0
    for _ in range(chance.randint(1, 6)):
        reported = int(child.stdout.readline())
    # Now and then somewhere within the next transactions, not right after one.
    for _ in range(chance.choice([0, chance.randint(0, 20_000)])):
        os.getpid()
    child.send_signal(signal.SIGKILL)
    rest = child.stdout.read().split()
    child.stdout.close()
    assert child.wait(30) == -signal.SIGKILL
    return int(rest[-1]) if rest else reported


async def test_a_kill_at_any_moment_loses_nothing(file: File) -> None:
    chance = random.Random(20)
    for _ in range(20):
        reported = await asyncio.to_thread(work_and_die, file.path, chance)
    file.clock.seconds = time.time() + 60
    async with file.open(QueueSettings(reserve_bytes=0)) as queue:
        assert not queue.file.opened_clean
        await queue.file.check(thorough=True)
        cursor = await queue.capture.cursor("log")
        assert cursor
        assert cursor.high in (reported, reported + 10)
        counts = await queue.facts.counts()
        waiting, sent = counts.depth[PRODUCTS, Lane.LIVE], counts.alive[PRODUCTS]
        assert waiting + sent == cursor.high, "each id up to the cursor waits or was sent"
        items = await queue.outbox.lease(PRODUCTS, Lane.LIVE, 1_000_000, 60)
        assert len(items) == waiting


LOOK = """
    import sqlite3, sys

    db = sqlite3.connect(sys.argv[1])
    print(db.execute("SELECT count(*) FROM outbox").fetchone()[0])
    db.close()
"""


def look(path: Path) -> int:
    """What another program sees in the file, opened to be read and written."""
    code = textwrap.dedent(LOOK)
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True)
    return int(done.stdout)


async def test_another_program_that_looks_takes_nothing_away(file: File) -> None:
    """The last connection that is closed takes the write-ahead log away, unless others hold locks."""
    async with file.open() as queue:
        await queue.outbox.intake([live(1)])
        assert look(file.path) == 1
        await queue.outbox.intake([live(2)])
        assert look(file.path) == 2
        await queue.people.forget(
            Person(frozenset({"ann@mail.example"}), frozenset({(Model.ORDER, 1)})), "test"
        )
        await queue.file.check()
        assert look(file.path) == 2
        await queue.outbox.intake([live(3)])
        assert look(file.path) == 3
