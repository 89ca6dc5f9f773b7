"""Many who want the same thing at the same time share one request for it."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class SingleFlight(Generic[T]):
    """Runs one piece of work at a time; whoever asks meanwhile gets the same result, or the same error."""

    def __init__(self) -> None:
        self._task: asyncio.Task[T] | None = None

    async def run(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """The result of ``work``, or of the work that is under way already.

        A caller that is cancelled leaves the work to the others.
        """
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(work())
            self._task.add_done_callback(_look)
        return await asyncio.shield(self._task)

    async def close(self) -> None:
        """Cancels the work that is under way."""
        if self._task is not None and not self._task.done():
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await self._task


def _look(task: "asyncio.Task[Any]") -> None:
    """Takes note of an error that nobody is left to hear, or asyncio would complain of it."""
    if not task.cancelled():
        task.exception()
