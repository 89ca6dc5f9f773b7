"""What `make release` makes: the same to the last byte, wherever and whenever it is made."""

import email
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from synqd import __version__
from tests.packaging.test_lock import PROJECT
from tests.support import debian
from tools.lock import RELEASE
from tools.release import Unfit, build, check_archives, check_tree, environment_of, hashes
from tools.tree import TOP, copied

MOMENT = 1_700_000_000


@pytest.fixture
def _umask() -> Iterator[None]:
    before = os.umask(0o077)
    yield
    os.umask(before)


@pytest.mark.usefixtures("_umask")
def test_two_builds_are_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    for place, zone in (("first", "UTC"), ("second/deeper", "Japan")):
        source = copied(tmp_path / place)
        os.utime(source / "pyproject.toml", (1, 1))
        monkeypatch.setenv("TZ", zone)
        monkeypatch.setenv("SOURCE_DATE_EPOCH", "5")
        made.append(build(source, tmp_path / f"{zone}-dist", Path(sys.executable), MOMENT))
        os.umask(0o022)
    assert hashes(made[0]) == hashes(made[1])
    archive, wheel = sorted(made[0], key=lambda path: path.suffix)
    _says_what_the_project_says(wheel)
    with tarfile.open(archive) as packed:
        members = packed.getmembers()
    assert {member.mtime for member in members} == {MOMENT}
    assert {(member.uid, member.gid, member.uname) for member in members} == {(0, 0, "")}
    names = {member.name.partition("/")[2] for member in members}
    assert {"pyproject.toml", "LICENSE", "requirements.lock", "docs/security.md"} <= names
    assert not [name for name in names if re.match(r"(\.venv|\.git|dist)/", name)]


def _says_what_the_project_says(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        told = email.message_from_bytes(archive.read(f"synqd-{__version__}.dist-info/METADATA"))
    assert (told["Name"], told["Version"], told["License-Expression"]) == ("synqd", __version__, "MIT")
    assert told["Requires-Python"] == PROJECT["requires-python"]
    assert told["Description-Content-Type"] == "text/markdown"
    wanted = {Requirement(line) for line in told.get_all("Requires-Dist", []) if "extra ==" not in line}
    assert wanted == {Requirement(line) for line in PROJECT["dependencies"]}
    assert {name.partition("/")[0] for name in names} == {
        "synqd",
        "synqd_demo",
        f"synqd-{__version__}.dist-info",
    }


def git(where: Path, *arguments: str) -> None:
    own = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *own, *arguments], cwd=where, check=True, capture_output=True)


def test_only_what_is_committed_and_in_the_change_log_is_released(tmp_path: Path) -> None:
    git(tmp_path, "init")
    (tmp_path / "CHANGELOG.md").write_text("# Changelog\n\n## Unreleased\n")
    with pytest.raises(Unfit, match=r"not everything is committed:\n\?\? CHANGELOG.md"):
        check_tree(tmp_path)
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--message", "x")
    with pytest.raises(Unfit, match=f"begins with 'Unreleased', not with '{__version__}' and a date"):
        check_tree(tmp_path)
    (tmp_path / "CHANGELOG.md").write_text(f"# Changelog\n\n## {__version__}0 - 2026-01-01\n")
    git(tmp_path, "commit", "--all", "--message", "y")
    with pytest.raises(Unfit, match=f"begins with '{__version__}0 - 2026-01-01'"):
        check_tree(tmp_path)
    (tmp_path / "CHANGELOG.md").write_text(f"# Changelog\n\n## {__version__} - 2026-01-01\n")
    git(tmp_path, "commit", "--all", "--message", "z")
    assert check_tree(tmp_path) > MOMENT


def test_nothing_is_uploaded() -> None:
    texts = [(TOP / name).read_text() for name in ("Makefile", "tools/release.py")]
    assert not [text for text in texts if re.search(r"twine\W+upload|\bpublish\b", text)]


@pytest.fixture(scope="module")
def tools_of_a_release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment with what builds and checks a release."""
    try:
        return environment_of(tmp_path_factory.mktemp("tools") / "env", RELEASE)
    except Unfit as error:
        pytest.skip(f"the package index cannot be reached: {debian.why(str(error))}")


@pytest.mark.long
def test_source_archive_and_wheel_are_fit_and_work_in_bare_environments(
    tools_of_a_release: Path, tmp_path: Path
) -> None:
    made = build(copied(tmp_path / "source"), tmp_path / "dist", tools_of_a_release, MOMENT)
    check_archives(made, tools_of_a_release, tmp_path)
    assert {path.name for path in tmp_path.glob("bare*")} == {"bare.gz", "bare.whl"}
