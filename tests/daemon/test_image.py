"""The image: built from the Containerfile as it is, the daemon in it at work between shop and Synerise."""

import asyncio
import os
import shutil
import signal
import socket
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from synqd import __version__
from synqd_demo.fake_synerise import FakeSynerise
from tests.daemon.test_doubt import finished, until
from tests.support import debian
from tests.support.changes import PATIENCE
from tests.support.control import Control
from tests.support.database import Database
from tests.support.house import House
from tests.support.images import CHROOT, Buildah
from tools.tree import copied

pytestmark = pytest.mark.long
IMAGE, BASE, UID = "localhost/synqd", "localhost/debian", 64023
STATE = "/var/lib/synqd"


@pytest.fixture(scope="module")
def buildah() -> Iterator[Buildah]:
    """buildah with the image, on a base of Debian's packages: no registry of images is asked."""
    debian.need("buildah")
    archive = debian.archive_of_root()
    with tempfile.TemporaryDirectory(prefix="synqd-image-") as name:
        folder = Path(name)
        tool = Buildah(folder)
        offline = ("--build-arg", "PIP_NO_INDEX=1", "--build-arg", "PIP_FIND_LINKS=/wheels")
        base = ("--pull-never", "--build-arg", f"BASE={tool.base(archive, BASE)}", "--format", "docker")
        mount = ("--volume", f"{debian.wheelhouse()}:/wheels:ro")
        tool.run("build", *CHROOT, *base, *offline, *mount, "--tag", IMAGE, copied(folder / "source"))
        yield tool


def test_it_holds_the_daemon_and_nothing_that_builds(buildah: Buildah) -> None:
    with buildah.container(IMAGE) as made:
        inside = ("run", *CHROOT, made, "--")
        assert buildah.run(*inside, "synqd", "--version") == f"synqd, version {__version__}"
        assert "enabled = false" in buildah.run(*inside, "synqd", "init", "--output", "-")
        assert buildah.run(*inside, "id", "-u") == str(UID)
        listed = buildah.run(*inside, "ls", "/opt/synqd/bin", "/opt/synqd/lib/", "/", STATE).split()
        assert {"synqctl", "synqd"} <= set(listed)
        assert not {"pip", "hatchling", "src", "wheel", "build"} & set(listed)
        assert buildah.run(*inside, "touch", f"{STATE}/x", "/run/synqd/x") == ""
    told = buildah.told(IMAGE)
    assert (told["Entrypoint"], told["Cmd"], told["User"]) == (["synqd"], ["run"], f"{UID}:{UID}")
    assert set(told["Volumes"]) == {STATE}


def knows_the_shop(status: Any) -> bool:
    return any(place["name"] == "magento" and place["usable"] for place in status["conditions"])


@asynccontextmanager
async def started(
    buildah: Buildah, made: str, house: House, *options: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """The daemon in a container that sees the house and the shop's socket.

    The state lies in the house, too: buildah puts a volume of its own where the image has one.
    """
    socket_home = Path(house.database.socket).parent
    folders = (house.home, socket_home)
    volumes = [part for one in folders for part in ("--volume", f"{one}:{one}")]
    command = (*buildah.command, "run", *CHROOT, *volumes, *options, made, "--")
    with (house.home / "daemon.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *(*command, "synqd", "run", "--config", str(house.config)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=buildah.environment,
            start_new_session=True,
        )
    control = house.home / "control.sock"
    try:
        async with asyncio.timeout(PATIENCE):
            while not control.exists() and process.returncode is None:
                await asyncio.sleep(0.1)  # nobody is told when a container is ready
        await Control(control).until("/v1/status", knows_the_shop)
        yield process
    except BaseException as error:
        error.add_note((house.home / "daemon.log").read_text())
        raise
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def ended(process: asyncio.subprocess.Process, house: House) -> int:
    """Ends the daemon in order, as a container service does; returns its status."""
    os.kill(int((house.home / "state" / "lock").read_text()), signal.SIGTERM)
    async with asyncio.timeout(PATIENCE):
        return await process.wait()


@contextmanager
def opened(folder: Path) -> Iterator[None]:
    """A folder that others may look into for a while."""
    mode = folder.stat().st_mode & 0o777
    folder.chmod(0o755)
    try:
        yield
    finally:
        folder.chmod(mode)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def hand_over(house: House) -> None:
    """What the configuration names belongs to the image's user; the state as a volume of Kubernetes does."""
    state = house.home / "state"
    shutil.rmtree(state, ignore_errors=True)
    state.mkdir()
    for path in (house.home, *house.home.iterdir()):
        os.chown(path, UID, UID)
    os.chown(state, 0, UID)
    state.chmod(0o2770)


async def test_it_synchronizes_says_how_it_is_and_ends_in_order(
    buildah: Buildah, house: House, shop: Database, fake: FakeSynerise
) -> None:
    house.configure(('[metrics]\nlisten = "off"\n', ""))
    hand_over(house)
    listen = f"SYNQD_METRICS__LISTEN=0.0.0.0:{free_port()}"
    *_, check = buildah.told(IMAGE)["Healthcheck"]["Test"][1:]
    with opened(Path(shop.socket).parent), buildah.container(IMAGE) as made, buildah.container(IMAGE) as side:

        def healthy() -> bool:
            asked = (*CHROOT, "--env", listen, side, "--", "python", "-c", check)
            return not buildah.try_("run", *asked).returncode

        assert not healthy()
        async with started(buildah, made, house, "--env", listen) as process:
            job = await house.ctl("full", "--model", "customer", "--all-stores")
            await finished(house, job["id"])
            assert fake.profiles()
            await shop.sql("UPDATE customer_entity SET firstname = 'Newer' WHERE entity_id = 301")
            await until(lambda: any(one.get("firstName") == "Newer" for one in fake.profiles()))
            assert await asyncio.to_thread(healthy)
            assert await ended(process, house) == 0
    assert (house.home / "state" / "queue.db").stat().st_uid == UID
