"""Whatever lies in place of a file of the state directory, nothing else is opened, emptied or given away."""

import os
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from synqd.models.errors import Fatal
from synqd.models.names import Key, Model
from synqd.queue import Queue, read_installation, read_memory
from synqd.queue.connection import connect
from synqd.queue.reserve import Reserve
from synqd.runtime.lock import locked
from tests.queue.conftest import File
from tests.support.planted import FILES, NOBODY, PLANTS

HELD = b"somebody else's\n" * 1000


@pytest.fixture
def victim(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "victim"
    path.write_bytes(HELD)
    path.chmod(0o644)
    before = path.stat()
    yield path
    after = path.stat()
    assert path.read_bytes() == HELD
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    path = tmp_path / "state"
    path.mkdir(mode=0o700)
    return path


@pytest.mark.parametrize("kind", PLANTS)
@pytest.mark.parametrize("name", FILES)
async def test_nothing_but_a_file_of_its_own_is_opened(
    name: str, kind: str, state: Path, victim: Path
) -> None:
    PLANTS[kind](state / name, victim)
    refused = pytest.raises(Fatal, match=rf"{name} (is|has) .*, so it is not used")
    with refused, locked(state):
        async with Queue.open(state / "queue.db"):
            pass


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make files of others")
@pytest.mark.parametrize("name", FILES)
async def test_no_file_of_somebody_elses_is_used_where_others_may_write(name: str, state: Path) -> None:
    state.chmod(0o1777)
    (state / name).touch()
    os.chown(state / name, NOBODY, NOBODY)
    refused = pytest.raises(Fatal, match=rf"{name} belongs to user {NOBODY}, not to the user that runs this")
    with refused, locked(state):
        async with Queue.open(state / "queue.db"):
            pass
    (state / name).unlink()
    with locked(state):
        async with Queue.open(state / "queue.db"):
            pass


@pytest.mark.parametrize("kind", PLANTS)
@pytest.mark.parametrize("name", FILES[1:])
def test_a_look_from_outside_follows_nothing(name: str, kind: str, state: Path, victim: Path) -> None:
    PLANTS[kind](state / name, victim)
    path = state / "queue.db"
    if name != "queue.db":
        path.touch()
    with pytest.raises(Fatal, match="so it is not used"):
        read_installation(path)
    with pytest.raises(Fatal, match="so it is not used"):
        read_memory(path, [Key(Model.ORDER, 1, 1)])


@pytest.mark.parametrize("kind", ["link", "hard link", "fifo"])
@pytest.mark.parametrize("suffix", ["", ".new"])
def test_the_reserve_is_always_a_file_of_its_own(suffix: str, kind: str, state: Path, victim: Path) -> None:
    place = state / "queue.db.reserve"
    PLANTS[kind](place.with_name(place.name + suffix), victim)
    reserve = Reserve(state / "queue.db", 4096)
    assert reserve.held() == 0
    assert reserve.renew()
    status = place.lstat()
    assert (stat.S_ISREG(status.st_mode), status.st_nlink, status.st_size) == (True, 1, 4096)


async def test_what_is_put_back_is_a_file_of_its_own(file: File, victim: Path) -> None:
    (file.path.with_name(file.path.name + ".saved")).symlink_to(victim)
    async with file.open() as queue:
        file.path.unlink()
        with pytest.raises(Fatal):
            await queue.file.probe()
        assert not file.path.is_symlink()


async def test_a_file_that_others_could_read_is_made_private_without_being_opened(
    file: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To close it would end the locks that the connections have on it."""
    async with file.open():
        file.path.chmod(0o644)
        opened: list[str] = []
        real = os.open

        def watched(path: str, flags: int, *rest: int) -> int:
            if not flags & os.O_PATH:
                opened.append(str(path))
            return real(path, flags, *rest)

        monkeypatch.setattr(os, "open", watched)
        with closing(connect(file.path, 1 << 20, writing=False)):
            pass
    assert str(file.path) not in opened
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
