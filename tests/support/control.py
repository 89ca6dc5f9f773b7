"""The control socket of a running daemon, without a process for each request."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synqd.cli.synqctl.client import Client

FINAL = ("finished", "cancelled", "replaced")
PATIENCE = 60.0
SETTLED = ("sent", "unchanged", "skipped", "dead", "dropped")


@dataclass(frozen=True)
class Control:
    """Asks the daemon that listens at ``path``."""

    path: Path

    async def get(self, path: str, **query: Any) -> Any:
        return await asyncio.to_thread(Client(str(self.path)).get, path, **query)

    async def post(self, path: str, **body: Any) -> Any:
        return await asyncio.to_thread(Client(str(self.path)).post, path, body)

    async def stream(self, path: str, lines: Iterable[str]) -> Any:
        return await asyncio.to_thread(Client(str(self.path)).stream, path, lines)

    async def full(self, **choice: Any) -> Any:
        return await self.post("/v1/jobs", kind="full", **choice)

    async def batch(self, model: str, **choice: Any) -> Any:
        return await self.post("/v1/jobs", kind="batch", model=model, **choice)

    async def job(self, number: int) -> Any:
        return await self.get(f"/v1/jobs/{number}")

    async def until(self, path: str, holds: Callable[[Any], bool], patience: float = PATIENCE) -> Any:
        """Asks again until the answer is as wanted; returns it."""
        answer = None
        try:
            async with asyncio.timeout(patience):
                while not holds(answer := await self.get(path)):  # another process
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError(f"{path} did not get there in {patience:g} s: {answer}") from None
        return answer

    async def ended(self, number: int, patience: float = PATIENCE) -> Any:
        """Waits until a job has ended; its account has to add up."""
        job = await self.until(f"/v1/jobs/{number}", lambda one: one["state"] in FINAL, patience)
        adds_up(job)
        return job


def adds_up(job: Any) -> None:
    """Q10, for each part of a job at any moment."""
    for part in job["parts"]:
        assert part["selected"] == sum(part[name] for name in SETTLED) + part["waiting"], part
        if part["state"] == "finished":
            assert (part["waiting"], part["dropped"], part["total"]) == (0, 0, part["selected"]), part


def account(job: Any, *names: str) -> list[int]:
    """Numbers of all parts together."""
    return [sum(part[name] for part in job["parts"]) for name in names]
