"""Prometheus's programs from Debian's package, private to a test."""

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest

from synqd_demo.command import free_port

STARTING = 30.0
CONFIGURATION = """\
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: [{rules}]
scrape_configs:
  - job_name: synqd
    static_configs: [{{targets: ["127.0.0.1:{target}"]}}]
"""


def program(name: str) -> str:
    """Path of a program of the package."""
    found = shutil.which(name)
    if found:
        return found
    reason = f"{name} is not installed: tools/setup.sh --with-monitoring installs it"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def promtool(*arguments: str, stdin: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    """Runs promtool to its end."""
    return subprocess.run([program("promtool"), *arguments], input=stdin, capture_output=True, check=False)


class Prometheus:
    """Asks a running Prometheus."""

    def __init__(self, address: str, session: aiohttp.ClientSession) -> None:
        self._address = address
        self._session = session

    async def get(self, path: str, **query: str) -> Any:
        """``data`` of an answer; an error of Prometheus is one of the test."""
        async with self._session.get(f"{self._address}/api/v1/{path}?{urlencode(query)}") as answer:
            document = json.loads(await answer.text())
        assert document["status"] == "success", f"{query}: {document.get('error')}"
        assert not document.get("warnings"), document
        return document["data"]

    async def query(self, expression: str) -> list[dict[str, Any]]:
        """The samples of an expression now."""
        return list((await self.get("query", query=expression))["result"])

    async def wait(self, expression: str) -> None:
        """Waits until an expression has a sample."""
        async with asyncio.timeout(STARTING):
            while not await self.query(expression):
                await asyncio.sleep(0.2)


@asynccontextmanager
async def prometheus(directory: Path, target: int, rules: Path) -> AsyncIterator[Prometheus]:
    """A Prometheus that scrapes a port of this machine each second and evaluates rules."""
    config = directory / "prometheus.yml"
    config.write_text(CONFIGURATION.format(rules=json.dumps(str(rules)), target=target))
    port = free_port()
    with (directory / "prometheus.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            program("prometheus"),
            f"--config.file={config}",
            f"--storage.tsdb.path={directory / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--log.level=warn",
            stdout=log,
            stderr=log,
        )
    try:
        async with aiohttp.ClientSession() as session:
            await _answers(session, f"http://127.0.0.1:{port}/-/ready", process, directory)
            yield Prometheus(f"http://127.0.0.1:{port}", session)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _answers(
    session: aiohttp.ClientSession, address: str, process: asyncio.subprocess.Process, directory: Path
) -> None:
    async with asyncio.timeout(STARTING):
        while True:
            assert process.returncode is None, (directory / "prometheus.log").read_text()
            try:
                async with session.get(address) as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.1)
