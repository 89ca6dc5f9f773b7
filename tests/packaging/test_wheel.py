"""The wheel in a clean environment: what a shop installs, without this repository beside it."""

import os
import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

import pytest

from synqd import __version__
from synqd.packaging import FILES

TOP = Path(__file__).resolve().parent.parent.parent


def run(*arguments: str | Path, cwd: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        arguments, cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", folder, TOP, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture  # asked for by one test only: installing takes a while
def programs(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a fresh virtual environment with the wheel and what is locked, and nothing else."""
    folder = tmp_path_factory.mktemp("clean")
    venv.create(folder / "venv", with_pip=False)
    python = folder / "venv" / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--python", python)
    install = (*pip, "install", "--quiet", "--no-compile")
    run(*install, "--require-hashes", "-r", TOP / "requirements.lock", cwd=folder)
    run(*install, "--no-deps", wheel, cwd=folder)
    run(*pip, "check", cwd=folder)
    return python.parent


def test_the_wheel_holds_everything_that_is_installed(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {f"synqd/packaging/{shipped.source}" for shipped in FILES} <= names
    assert not [name for name in names if name.startswith(("tests/", "tools/"))]


def test_it_works_without_the_repository(programs: Path, tmp_path: Path) -> None:
    assert run(programs / "synqd", "--version", cwd=tmp_path) == f"synqd, version {__version__}\n"
    assert run(programs / "synqctl", "--version", cwd=tmp_path) == f"synqctl, version {__version__}\n"
    assert "enabled = false" in run(programs / "synqd", "init", "--output", "-", cwd=tmp_path)
    said = run(programs / "synqd", "install-service", "--dry-run", cwd=tmp_path)
    assert "new       /usr/local/lib/systemd/system/synqd.service" in said
    run(
        *(programs / "synqd", "install-service", "--prefix", tmp_path / "usr", "--program", "/usr/bin/synqd"),
        cwd=tmp_path,
    )
    assert len([path for path in (tmp_path / "usr").rglob("*") if path.is_file()]) == len(FILES)
    _nothing_of_development(programs, tmp_path)
    _synchronizes_the_demos_shop(programs, tmp_path)


def _nothing_of_development(programs: Path, cwd: Path) -> None:
    listed = run(*(sys.executable, "-m", "pip", "--python", programs / "python", "freeze"), cwd=cwd)
    assert "aiohttp==" in listed
    assert not [name for name in ("pytest", "mypy", "ruff", "hypothesis") if f"{name}==" in listed]


def _synchronizes_the_demos_shop(programs: Path, cwd: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="synqd-") as short:  # for unix sockets
        said = run(programs / "synqd", "demo", "--once", "--directory", f"{short}/demo", cwd=cwd)
    assert "the demo ended well" in said
