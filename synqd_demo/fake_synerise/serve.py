"""Running the fake as a program of its own."""

import asyncio
import signal
from collections.abc import Callable

from synqd_demo.fake_synerise.control import is_loopback
from synqd_demo.fake_synerise.fake import FakeSynerise
from synqd_demo.fake_synerise.settings import Settings, SettingsError


async def serve(settings: Settings, host: str, port: int, announce: Callable[[str], None]) -> None:
    """Listen until SIGTERM or SIGINT.

    Args:
        settings: see `settings`.
        host: must mean this machine; the fake has no secrets and no limits, so it is never put on a network.
        port: 0 takes a free one.
        announce: called once with one line that has the address and the first key, when it listens.

    Raises:
        SettingsError: the host is not the loopback interface.
        OSError: the port is taken.
    """
    if host != "localhost" and not is_loopback(host):
        raise SettingsError(f"fake Synerise listens on 127.0.0.1 only, not on {host}")
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    fake = FakeSynerise(settings)
    await fake.start(port)
    try:
        announce(f"fake Synerise listens on {fake.url}, API key {fake.api_key}")
        await ended.wait()
    finally:
        await fake.stop()
