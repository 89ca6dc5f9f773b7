"""Root in a directory of somebody else's: with that user's rights, and led nowhere."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from synqd.models.errors import Fatal
from synqd.runtime.rights import lent, owner
from tests.support.planted import NOBODY

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can take on the rights of others")


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory of root's that everybody may enter."""
    with tempfile.TemporaryDirectory(prefix="synqd-") as directory:
        Path(directory).chmod(0o755)
        yield Path(directory)


def given(path: Path, uid: int = NOBODY) -> Path:
    path.mkdir(mode=0o700)
    os.chown(path, uid, uid)
    return path


def python(code: str, *arguments: object) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_roots_own_directory_needs_no_other_rights(place: Path) -> None:
    assert owner(place) is None
    assert owner(place / "not" / "there") is None


def test_the_owner_of_the_directory_is_taken_on_and_left_again(place: Path) -> None:
    before = os.geteuid(), os.getegid(), os.getgroups()
    with lent(given(place / "state")):
        assert (os.geteuid(), os.getegid()) == (NOBODY, NOBODY)
        assert 0 not in os.getgroups()
        (place / "state" / "made").touch()
        with pytest.raises(PermissionError):
            (place / "outside").touch()
    assert (os.geteuid(), os.getegid(), os.getgroups()) == before
    assert (place / "state" / "made").stat().st_uid == NOBODY


def test_the_rights_of_a_user_without_an_account_are_those_of_the_directory_but_never_roots(
    place: Path,
) -> None:
    state = given(place / "state", 4_000_001)
    os.chown(state, 4_000_001, 0)
    with lent(state):
        assert (os.geteuid(), os.getegid(), os.getgroups()) == (4_000_001, 65534, [65534])


def test_rights_that_were_given_up_do_not_come_back(place: Path) -> None:
    code = """
import os, sys
from pathlib import Path
from synqd.runtime.rights import give_up
user = give_up(Path(sys.argv[1]))
print(user, *os.getresuid(), *os.getresgid(), 0 in os.getgroups())
try:
    os.setuid(0)
except PermissionError:
    print("for good")
print(give_up(Path(sys.argv[1])))
"""
    said = python(code, given(place / "state")).splitlines()
    assert said == [f"nobody {' '.join(6 * [str(NOBODY)])} False", "for good", "None"]


def test_a_directory_on_the_way_that_is_somebody_elses_counts(place: Path) -> None:
    """Whoever owns it can put a link to any directory in place of the state directory."""
    home = given(place / "home")
    (home / "state").symlink_to("/etc")
    assert str(owner(home / "state")) == "nobody"
    (home / "real").mkdir()
    assert str(owner(home / "real" / "state")) == "nobody"


def test_a_link_of_roots_is_followed_to_whose_directory_it_is(place: Path) -> None:
    given(place / "disk")
    (place / "state").symlink_to("disk")
    (place / "absolute").symlink_to(place / "disk")
    assert str(owner(place / "state")) == str(owner(place / "absolute")) == "nobody"
    assert str(owner(place / "disk" / ".." / "disk")) == "nobody"


def test_a_link_of_somebody_elses_counts(place: Path) -> None:
    (place / "state").symlink_to("/etc")
    os.chown(place / "state", NOBODY, NOBODY, follow_symlinks=False)
    assert str(owner(place / "state")) == "nobody"


def test_a_path_of_two_users_is_not_trusted(place: Path) -> None:
    os.chown(given(place / "home", 4_000_001), 4_000_001, 4_000_001)
    given(place / "home" / "state")
    with pytest.raises(Fatal, match="belongs to nobody and user 4000001"):
        owner(place / "home" / "state")


def test_links_that_lead_round_and_round_end(place: Path) -> None:
    (place / "state").symlink_to("state")
    assert owner(place / "state") is None
