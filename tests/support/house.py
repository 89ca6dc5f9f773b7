"""A configured house for tests: configuration on disk, commands, the daemon as a process."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from synqd_demo.fake_synerise import FakeSynerise
from synqd_demo.process import DaemonProcess
from tests.support.database import Database

CONFIGURATION = """\
[magento]
socket = "{socket}"
database = "{database}"
user = "{user}"
password_file = "{home}/password"
table_prefix = "{prefix}"
poll_interval = 0.05

[sync]
enabled = true

[workspaces.first]
base_url = "{url}"
api_key_file = "{home}/first.key"
websites = ["{websites[0]}"]

[workspaces.second]
base_url = "{url}"
api_key_file = "{home}/second.key"
websites = ["{websites[1]}"]

[queue]
directory = "{home}/state"
reserve_mib = 1

[metrics]
listen = "off"

[control]
socket = "{home}/control.sock"
"""


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    status: int
    out: str
    err: str


@dataclass
class House:
    """Where everything of one test is."""

    home: Path
    database: Database
    fake: FakeSynerise
    websites: tuple[str, str]
    keys: Sequence[str]
    extra: str = ""
    config: Path = field(init=False)
    daemon: DaemonProcess = field(init=False)

    def __post_init__(self) -> None:
        self.config = self.home / "synqd.toml"
        self.daemon = DaemonProcess(self.config, self.home / "daemon.log")
        for name, key in zip(("first", "second"), self.keys, strict=True):
            (self.home / f"{name}.key").write_text(key)
        (self.home / "password").write_text(self.database.password)
        self.configure()

    def configure(self, *changes: tuple[str, str]) -> None:
        """Writes the configuration anew, with texts replaced."""
        text = CONFIGURATION.format(
            socket=self.database.socket,
            database=self.database.name,
            user=self.database.user,
            prefix=self.database.prefix,
            home=self.home,
            url=self.fake.url,
            websites=self.websites,
        )
        text += self.extra
        for old, new in changes:
            assert old in text, f"the configuration has no {old!r}"
            text = text.replace(old, new)
        self.config.write_text(text)

    async def command(self, *arguments: str, status: int = 0) -> Ended:
        """Runs ``synqd`` with the configuration; its exit status has to be the expected one."""
        return await run("synqd", *arguments, "--config", str(self.config), status=status)

    async def ctl(self, *arguments: str, status: int = 0) -> Any:
        """Runs ``synqctl --json`` and returns its answer (None where it prints nothing)."""
        socket = str(self.home / "control.sock")
        ended = await run("synqctl", "--socket", socket, *arguments, "--json", status=status)
        lines = ended.out.strip().splitlines()
        return json.loads(lines[-1]) if lines else None

    async def failing(self, *arguments: str) -> Ended:
        """Runs a ``synqctl`` verb that has to be refused."""
        return await run("synqctl", "--socket", str(self.home / "control.sock"), *arguments, status=1)

    async def preview(self, model: str, store: str, *ids: int) -> list[dict[str, Any]]:
        """What `synqd preview` says would be sent."""
        chosen = ",".join(map(str, ids))
        ended = await self.command("preview", model, "--store", store, "--ids", chosen)
        return [json.loads(line) for line in ended.out.splitlines()]


async def run(program: str, *arguments: str, status: int = 0) -> Ended:
    """Runs one of our programs to its end."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", f"from synqd.cli.{program} import main; main()", *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    ended = Ended(process.returncode or 0, out.decode(), err.decode())
    assert ended.status == status, f"{arguments} ended with {ended.status}:\n{ended.out}\n{ended.err}"
    return ended
