"""A demo deletes what a demo has made, and nothing else."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from synqd.models.errors import Fatal
from synqd_demo.place import MARKER, place
from synqd_demo.stage import FILES


def tree(path: Path) -> dict[str, bytes | None]:
    return {
        str(one.relative_to(path)): one.read_bytes() if one.is_file() else None for one in path.rglob("*")
    }


def used(directory: Path) -> Path:
    """A directory in which a demo has been."""
    with place(directory) as own:
        (own / "mariadb" / "data").mkdir(parents=True)
        for name in FILES - {"mariadb"}:
            (own / name).write_text("a demo's")
    return directory


def test_what_is_not_there_is_made_and_stays(tmp_path: Path) -> None:
    with place(tmp_path / "a" / "b") as own:
        assert own == tmp_path / "a" / "b"
        assert [path.name for path in own.iterdir()] == [MARKER]
    assert own.is_dir()


def test_an_empty_directory_will_do(tmp_path: Path) -> None:
    with place(tmp_path):
        pass
    assert [path.name for path in tmp_path.iterdir()] == [MARKER]


def test_what_an_earlier_demo_has_left_goes(tmp_path: Path) -> None:
    with place(used(tmp_path / "demo")) as own:
        assert [path.name for path in own.iterdir()] == [MARKER]


def test_a_temporary_one_goes() -> None:
    with place(None) as own:
        (own / "state").mkdir()
    assert not own.exists()


@pytest.mark.parametrize("name", ["important", "state", "synqd.toml", ".git"])
def test_what_no_demo_has_made_stays(tmp_path: Path, name: str) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / name).write_text("mine")
    before = tree(tmp_path)
    with (
        pytest.raises(Fatal, match=rf"holds {name}, which no demo has made: empty it yourself"),
        place(tmp_path / "mine"),
    ):
        pass
    assert tree(tmp_path) == before


def test_what_was_put_into_a_demos_directory_since_stays(tmp_path: Path) -> None:
    directory = used(tmp_path / "demo")
    (directory / "notes.txt").write_text("mine")
    before = tree(tmp_path)
    with pytest.raises(Fatal, match=r"holds notes\.txt, which no demo has made"), place(directory):
        pass
    assert tree(tmp_path) == before


def test_no_link_is_followed(tmp_path: Path) -> None:
    directory = used(tmp_path / "demo")
    (tmp_path / "treasure").mkdir()
    (tmp_path / "treasure" / "gold").write_text("mine")
    (directory / "control.sock").unlink()
    (directory / "control.sock").symlink_to(tmp_path / "treasure")
    with place(directory):
        pass
    assert (tmp_path / "treasure" / "gold").read_text() == "mine"
    (tmp_path / "link").symlink_to(directory)
    with pytest.raises(Fatal, match="is no directory of yours"), place(tmp_path / "link"):
        pass


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make directories of others")
def test_a_directory_of_somebody_else_is_not_used(tmp_path: Path) -> None:
    directory = used(tmp_path / "demo")
    os.chown(directory, 65534, 65534)
    before = tree(directory)
    with pytest.raises(Fatal, match="is no directory of yours"), place(directory):
        pass
    assert tree(directory) == before


def test_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Fatal, match="is no directory of yours"), place(tmp_path / "file"):
        pass
    with pytest.raises(Fatal, match="File exists"), place(tmp_path / "file" / "demo"):
        pass


def test_the_program_says_it_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "important").write_text("mine")
    done = subprocess.run(
        [sys.executable, "-m", "synqd", "demo", "--once", "--directory", tmp_path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith(f"synqd: {tmp_path} holds important, which no demo has made")
    assert (tmp_path / "important").read_text() == "mine"
