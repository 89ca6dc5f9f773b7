"""The child of ``torture``: the real queue and drainer over a pretended change log, forked to be killed."""

import asyncio
import mmap
import os
import signal
import struct
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from synqd.clock import SystemClock
from synqd.models.change import Cursor
from synqd.models.item import Leased, Wish
from synqd.models.names import Key, Model
from synqd.models.wire import Parcel, Skip
from tests.support.bench import Bench, opened, parcel, wire

ROOT = Path(__file__).resolve().parent.parent
ENTITIES = 400
"""Change n of the log is of entity ``n % ENTITIES`` and gives it the value n."""
PAGE = 200
LOG = "torture_cl"


def value_at(entity: int, head: int) -> int:
    """What an entity holds when the change log ends at ``head``."""
    return head - (head - entity) % ENTITIES


class Head:
    """The end of the change log, in memory that parent and children share."""

    def __init__(self, path: Path) -> None:
        with path.open("a+b") as file:
            if path.stat().st_size < 8:
                file.write(bytes(8))
                file.flush()
            self._memory = mmap.mmap(file.fileno(), 8)

    def get(self) -> int:
        return int(struct.unpack("<q", self._memory[:8])[0])

    def set(self, value: int) -> None:
        self._memory[:8] = struct.pack("<q", value)


async def deliver(home: Path, url: str) -> None:
    """A poller over the pretended change log, and the drainer; until it is killed."""
    head = Head(home / "head")
    async with opened(home / "queue.db", url, SystemClock(), customer={"max_items_per_request": 20}) as bench:
        rows = bench.rows[Model.CUSTOMER]

        def make(item: Leased) -> Parcel | Skip:
            return parcel(wire(item.key, str(value_at(item.key.entity_id % ENTITIES, head.get()))))

        rows.make = make
        await asyncio.gather(poll(bench, head), drain(bench))


async def poll(bench: Bench, head: Head) -> None:
    while True:
        cursor = await bench.queue.cursor(LOG) or Cursor(LOG, 0)
        last = min(head.get(), cursor.high + PAGE)
        if last > cursor.high:
            ids = {number % ENTITIES or ENTITIES for number in range(cursor.high + 1, last + 1)}
            wishes = [Wish(Key(Model.CUSTOMER, 1, one), quiet=9.0) for one in sorted(ids)]
            await bench.queue.intake(wishes, [Cursor(LOG, last)])
            bench.woken.set()
        else:
            await asyncio.sleep(0.005)


async def drain(bench: Bench) -> None:
    while True:
        bench.woken.clear()
        rest = await bench.drainer.tick()
        if rest:
            try:
                async with asyncio.timeout(rest):
                    await bench.woken.wait()
            except TimeoutError:
                continue
        await asyncio.sleep(0)


def zygote(home: Path, url: str) -> None:
    """Forks a child at ``start`` and kills it at ``kill``; one line in, one line out."""
    for line in sys.stdin:
        if line.strip() == "start":
            pid = os.fork()
            if pid == 0:
                asyncio.run(deliver(home, url))
                os._exit(1)
            print(pid, flush=True)
        else:
            os.kill(pid, signal.SIGKILL)
            print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


@dataclass
class Child:
    """The forked victim."""

    home: Path
    url: str
    zygote: asyncio.subprocess.Process

    async def start(self) -> None:
        await self._ask("start")

    async def kill(self) -> None:
        status = int(await self._ask("kill"))
        if status != -signal.SIGKILL:
            sys.exit(f"the child ended by itself, status {status}")

    async def _ask(self, word: str) -> str:
        assert self.zygote.stdin
        assert self.zygote.stdout
        self.zygote.stdin.write(f"{word}\n".encode())
        answer = await self.zygote.stdout.readline()
        if not answer:
            sys.exit("the process that forks the children has ended; see above")
        return answer.decode()


@asynccontextmanager
async def forked(home: Path, url: str) -> AsyncIterator[Child]:
    command = [sys.executable, "-m", "benchmarks.victim", str(home), url]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, cwd=ROOT)
    try:
        yield Child(home, url, process)
    finally:
        assert process.stdin
        process.stdin.close()
        await process.wait()


if __name__ == "__main__":
    zygote(Path(sys.argv[1]), sys.argv[2])
