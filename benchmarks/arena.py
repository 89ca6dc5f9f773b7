"""Where benchmarks take place: a private MariaDB with a shop, the fake Synerise, the daemon.

Each is a process of its own, so that the CPU time and memory of one are not those of another.
"""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import aiohttp

from benchmarks.shop import ATTRIBUTES, Size, make_shop
from synqd.cli.synqctl.client import Client
from synqd_demo.fake_synerise.settings import DEMO_KEY
from synqd_demo.mariadb import MariaDB
from synqd_demo.process import DaemonProcess

DATABASE = "magento"
SERVER_OPTIONS = ("--innodb-buffer-pool-size=1G", "--innodb-log-file-size=256M")
STORES = ("home_en", "home_de", "trade_pl", "trade_en")
TICKS = os.sysconf("SC_CLK_TCK")
POLL = 0.1

CONFIGURATION = """\
[magento]
socket = "{socket}"
database = "{database}"
user = "root"

[sync]
enabled = {enabled}
{sync}
[workspaces.bench]
base_url = "{url}"
api_key_file = "{directory}/key"
websites = ["home", "trade"]
{workspace}
[customer]
attributes = "all"

[product]
attributes = [{attributes}]

[queue]
directory = "{state}"
{queue}
[metrics]
listen = "{metrics}"

[control]
socket = "{directory}/control.sock"

[log]
level = "warning"
"""


@dataclass(frozen=True)
class Usage:
    """What a process has used so far: CPU in seconds, peak and present memory in bytes."""

    cpu: float
    peak: int
    present: int

    @classmethod
    def of(cls, pid: int) -> Self:
        """Of all threads of a process, from /proc."""
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
        memory = {name: rest for name, _, rest in (line.partition(":") for line in status)}
        peak, present = (int(memory[name].split()[0]) * 1024 for name in ("VmHWM", "VmRSS"))
        return cls((int(fields[11]) + int(fields[12])) / TICKS, peak, present)


@dataclass(frozen=True)
class Sink:
    """The fake Synerise as a process."""

    url: str
    pid: int
    session: aiohttp.ClientSession = field(repr=False)

    async def get(self, name: str, **query: Any) -> Any:
        """An answer of its control routes."""
        async with self.session.get(f"{self.url}/__fake/{name}", params=query) as answer:
            return await answer.json()

    async def configure(self, **changes: Any) -> None:
        """Changes settings, for example ``latency_ms``."""
        async with self.session.post(f"{self.url}/__fake/config", json=changes) as answer:
            answer.raise_for_status()

    async def token(self) -> str:
        """A token as the daemon gets one."""
        path = "/uauth/v2/auth/login/profile"
        async with self.session.post(f"{self.url}{path}", json={"apiKey": DEMO_KEY}) as answer:
            document = await answer.json()
        return str(document["token"])


@asynccontextmanager
async def sink(directory: Path, **settings: Any) -> AsyncIterator[Sink]:
    """Runs the fake; by default it looks at nothing and keeps nothing, so that it is never the bottleneck."""
    quiet = {"validation": "none", "keep_bodies": False, "journal_size": 1000, "require_api_version": False}
    config = directory / "fake.json"
    config.write_text(json.dumps(quiet | settings), encoding="utf-8")
    command = [sys.executable, "-m", "synqd", "fake-synerise", "--port", "0", "--config", str(config)]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    try:
        if process.stdout is None:
            raise RuntimeError("the fake has no output")
        said = (await process.stdout.readline()).decode()
        url = said.split("listens on ")[1].split(",")[0]
        async with aiohttp.ClientSession() as session:
            yield Sink(url, process.pid, session)
    finally:
        process.terminate()
        await process.wait()


@contextmanager
def shop(directory: Path, size: Size) -> Iterator[MariaDB]:
    """A server with a shop of this size."""
    scratch = directory / "scratch"  # not the machine's /tmp, which may be small or swept
    scratch.mkdir(exist_ok=True)
    with MariaDB(directory / "mariadb", options=[*SERVER_OPTIONS, f"--tmpdir={scratch}"]) as server:
        server.create_database(DATABASE)
        make_shop(server, DATABASE, size)
        yield server


@dataclass(frozen=True)
class Arena:
    """Everything but the daemon; ``directory`` is short enough for unix sockets."""

    directory: Path
    server: MariaDB
    sink: Sink

    @property
    def state(self) -> Path:
        """The daemon's state directory."""
        return self.directory / "state"

    def configure(
        self,
        *,
        enabled: bool = True,
        sync: str = "",
        workspace: str = "",
        queue: str = "",
        url: str = "",
        metrics: str = "off",
    ) -> Path:
        """Writes the daemon's configuration; sync, workspace and queue are more lines of the sections."""
        (self.directory / "key").write_text(DEMO_KEY, encoding="utf-8")
        path = self.directory / "synqd.toml"
        text = CONFIGURATION.format(
            socket=self.server.socket,
            database=DATABASE,
            url=url or self.sink.url,
            directory=self.directory,
            state=self.state,
            attributes=", ".join(f'"{code}"' for code in ATTRIBUTES),
            enabled=str(enabled).lower(),
            metrics=metrics,
            sync=sync,
            workspace=workspace,
            queue=queue,
        )
        path.write_text(text, encoding="utf-8")
        return path

    async def install(self, config: Path) -> None:
        """Puts synqd's change log into the shop."""
        command = [sys.executable, "-m", "synqd", "changelog", "install", "--config", str(config)]
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.DEVNULL)
        if await process.wait():
            raise RuntimeError("the change log could not be installed")

    @asynccontextmanager
    async def daemon(self, config: Path) -> AsyncIterator["Daemon"]:
        """Runs the daemon."""
        async with DaemonProcess(config, self.directory / "synqd.log") as process:
            yield Daemon(process, Client(str(self.directory / "control.sock")))


@dataclass(frozen=True)
class Daemon:
    """The running daemon."""

    process: DaemonProcess
    client: Client

    def usage(self) -> Usage:
        """What it has used so far."""
        return Usage.of(self.process.pid)

    async def full(self, model: str, stores: tuple[str, ...] = STORES) -> int:
        """Starts a full synchronization of everything, consents included; returns the job's number."""
        request = {"kind": "full", "models": [model], "stores": stores, "reassert_consent": True}
        job = await asyncio.to_thread(self.client.post, "/v1/jobs", request)
        return int(job["id"])

    async def finished(self, job_id: int) -> dict[str, int]:
        """Waits until a job is over and returns its account, summed over the store views."""
        while True:
            job = await asyncio.to_thread(self.client.get, f"/v1/jobs/{job_id}")
            if job["state"] != "running":
                break
            await asyncio.sleep(POLL)
        names = ("selected", "sent", "unchanged", "skipped", "dead")
        return {name: sum(part[name] for part in job["parts"]) for name in names}
