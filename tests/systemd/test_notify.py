import asyncio
import re
import signal
from pathlib import Path

from tests.support.house import House
from tests.systemd.manager import TIMEOUT, Manager

State = dict[str, str]


def misspell(config: Path) -> None:
    config.write_text(config.read_text() + "\n[snyc]\n")


async def test_life_is_told(manager: Manager, config: Path, state: State) -> None:
    await manager.start(config, state)
    ready = await manager.heard("READY=1")
    assert ready["STATUS"] == "synchronization is off"
    assert await manager.stop() == 0
    assert "STOPPING" in (await manager.heard("STOPPING=1"))


async def test_the_status_line_has_the_depth(manager: Manager, config: Path, state: State) -> None:
    await manager.start(config, state)
    await manager.heard("READY=1")
    message = await manager.heard("STATUS")
    assert "0 live" in message["STATUS"]
    assert "dead letters: 0" in message["STATUS"]


async def test_the_status_line_has_age_and_rate(manager: Manager, house: House) -> None:
    await manager.start(house.config, {"WATCHDOG_USEC": "600000"})  # it beats more often
    await manager.heard("READY=1")
    await house.ctl("pause")
    await house.ctl("full", "--model", "customer")
    await _shown(manager, r"[1-9]\d* full, oldest for 0:00:\d\d; sent: 0\.0/s; dead letters: 0$")
    await house.ctl("resume")
    await _shown(manager, r" 0 full; sent: (?!0\.0)[\d.]+/s; dead letters: 0$")
    assert await manager.stop() == 0


async def _shown(manager: Manager, pattern: str) -> None:
    async with asyncio.timeout(TIMEOUT):
        while not re.search(pattern, (await manager.heard("STATUS"))["STATUS"]):
            pass


async def test_progress_is_proven_as_often_as_the_watchdog_wants(
    manager: Manager, config: Path, state: State
) -> None:
    await manager.start(config, state | {"WATCHDOG_USEC": "600000"})
    await manager.heard("READY=1")
    for _ in range(3):
        await manager.heard("WATCHDOG=1")


async def test_nobody_is_told_of_progress_who_does_not_watch(
    manager: Manager, config: Path, state: State
) -> None:
    await manager.start(config, state | {"WATCHDOG_USEC": "600000", "WATCHDOG_PID": "1"})
    await manager.heard("READY=1")
    assert "WATCHDOG" not in await manager.heard("STATUS")
    assert await manager.stop() == 0
    assert not any("WATCHDOG" in message for message in await manager.messages_until("STOPPING=1"))


async def test_a_reload_begins_and_ends(manager: Manager, config: Path, state: State) -> None:
    await manager.start(config, state)
    await manager.heard("READY=1")
    assert manager.process is not None
    manager.process.send_signal(signal.SIGHUP)
    assert int((await manager.heard("RELOADING=1"))["MONOTONIC_USEC"]) > 0
    await manager.heard("READY=1")


async def test_a_refused_reload_changes_nothing(manager: Manager, config: Path, state: State) -> None:
    await manager.start(config, state)
    await manager.heard("READY=1")
    misspell(config)
    assert manager.process is not None
    manager.process.send_signal(signal.SIGHUP)
    await manager.heard("STATUS")  # it goes on
    assert await manager.stop() == 0
    said = await manager.messages_until("STOPPING=1")
    assert not any("RELOADING" in message for message in said)
    assert "did you mean sync?" in (manager.home / "daemon.log").read_text()


async def test_state_is_kept_where_systemd_says(manager: Manager, config: Path, home: Path) -> None:
    await manager.start(config, {"STATE_DIRECTORY": f"{home}/first:{home}/second"})
    await manager.heard("READY=1")
    assert (home / "first" / "queue.db").exists()
    assert not (home / "second").exists()
