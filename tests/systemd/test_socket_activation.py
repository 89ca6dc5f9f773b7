import asyncio
import os
import signal
from pathlib import Path

import pytest

from tests.support.house import House, run
from tests.systemd.manager import SYNQD, Manager

State = dict[str, str]


async def test_the_first_request_starts_the_daemon(
    home: Path, config: Path, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    control = home / "activated.sock"
    monkeypatch.setenv("STATE_DIRECTORY", state["STATE_DIRECTORY"])
    passed = [f"--setenv={name}" for name in ("STATE_DIRECTORY", "PATH")]
    command = [
        "systemd-socket-activate",
        f"--listen={control}",
        *passed,
        *SYNQD,
        "run",
        "--config",
        str(config),
    ]
    with (home / "daemon.log").open("ab") as log:
        waiting = await asyncio.create_subprocess_exec(*command, stdout=log, stderr=log)
    try:
        await _bound(control, 1)
        assert not (home / "state").exists(), "nobody has asked for anything yet"
        answer = await run("synqctl", "--socket", str(control), "status", "--json")
        assert '"enabled": false' in answer.out
        assert not (home / "control.sock").exists(), "the path of the configuration is not used"
    finally:
        waiting.send_signal(signal.SIGTERM)
        assert await waiting.wait() == 0, (home / "daemon.log").read_text()
    assert control.exists(), "the path belongs to the socket unit"


async def _bound(path: Path, times: int) -> None:
    """Waits until the kernel lists so many sockets with this path: the listener, and connections to it."""

    def count() -> int:
        return Path("/proc/net/unix").read_text().count(f"{path}\n")

    async with asyncio.timeout(20):
        while count() < times:
            await asyncio.sleep(0.01)


async def test_submissions_wait_during_a_restart(manager: Manager, house: House) -> None:
    manager.listen()
    await manager.start(house.config)
    await manager.heard("READY=1")
    assert await manager.stop() == 0
    submission = asyncio.create_task(_ctl(manager, "full", "--model", "customer"))
    await _bound(manager.control, 2)  # it is connected, and waits in the backlog
    assert not submission.done()
    await manager.start(house.config)
    assert '"kind": "full"' in await submission
    await house.fake.wait(until=lambda: bool(house.fake.profiles()), timeout_s=20)
    assert await manager.stop() == 0


async def _ctl(manager: Manager, *arguments: str) -> str:
    return (await run("synqctl", "--socket", str(manager.control), *arguments, "--json")).out


async def test_secrets_come_as_credentials(manager: Manager, house: House) -> None:
    credentials = manager.home / "credentials"
    credentials.mkdir()
    names = ("first.key", "second.key", "password")
    for name in names:
        (manager.home / name).rename(credentials / name)
    house.configure(*((f'"{manager.home}/{name}"', f'"{name}"') for name in names))
    await manager.start(house.config, {"CREDENTIALS_DIRECTORY": str(credentials)})
    assert (await manager.heard("READY=1"))["STATUS"] == "synchronizing"
    assert await manager.stop() == 0


async def test_a_descriptor_for_somebody_else_is_left_alone(
    manager: Manager, config: Path, state: State, home: Path
) -> None:
    await manager.start(config, state | {"LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid())})
    await manager.heard("READY=1")
    answer = await run("synqctl", "--socket", str(home / "control.sock"), "status", "--json")
    assert '"enabled": false' in answer.out
