"""Signals inside the event loop."""

import asyncio
import signal
from collections.abc import Callable


class Signals:
    """Handles signals inside the event loop while the context lasts."""

    def __init__(self, handlers: dict[signal.Signals, Callable[[], None]]) -> None:
        self._handlers = handlers

    def __enter__(self) -> None:
        loop = asyncio.get_running_loop()
        for number, handler in self._handlers.items():
            loop.add_signal_handler(number, handler)

    def __exit__(self, *_: object) -> None:
        loop = asyncio.get_running_loop()
        for number in self._handlers:
            loop.remove_signal_handler(number)
