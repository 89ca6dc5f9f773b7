"""Builds a release from the commit that is checked out, and looks whether it is one; uploads nothing.

    python -m tools.release

Source archive and wheel lie in `dist/` then, with their hashes. They are made twice, apart from each other,
by programs with known hashes, and have to be the same to the last byte; the wheel is made from the source
archive. `make release` runs lint, audit and tests before.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Mapping
from pathlib import Path

from synqd import __version__
from tools.lock import LOCK, RELEASE, TOP

DIST = TOP / "dist"
EARLIEST = 315_532_800
"""Seconds of the first moment that a ZIP file, which a wheel is, can hold: 1980."""


class Unfit(Exception):
    """This is no release; the message says why."""


def run(*command: str | Path, cwd: Path = TOP, environment: Mapping[str, str] | None = None) -> str:
    """What a program prints. Raises: Unfit if it fails."""
    done = subprocess.run(  # noqa: S603 - our own tools
        command,
        cwd=cwd,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Unfit(f"{' '.join(map(str, command))} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def check_tree(top: Path = TOP) -> int:
    """Whether the checkout is what was committed, and the change log begins with it; the commit's time.

    Raises:
        Unfit: it is not.
    """
    if changed := run("git", "status", "--porcelain", cwd=top):
        raise Unfit(f"not everything is committed:\n{changed}")
    told = (top / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## (.*)$", told, re.MULTILINE)
    heading = newest[1] if newest else "nothing"
    if not re.fullmatch(rf"{re.escape(__version__)} - \d{{4}}-\d\d-\d\d", heading):
        raise Unfit(f"CHANGELOG.md begins with {heading!r}, not with {__version__!r} and a date")
    return int(run("git", "log", "-1", "--format=%ct", cwd=top))


def environment_of(folder: Path, lock: Path, *more: str | Path) -> Path:
    """The Python of a new environment with what a lock file holds, and ``more`` without what that needs."""
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    install = (sys.executable, "-m", "pip", "--python", python, "install", "--quiet")
    run(*install, "--require-hashes", "-r", lock)
    if more:
        run(*install, "--no-deps", *more)
    return python


def build(source: Path, into: Path, python: Path, moment: int) -> list[Path]:
    """Makes the source archive of a directory, and from it the wheel.

    Args:
        source: the project's files.
        into: an empty directory.
        python: an interpreter that has hatchling.
        moment: seconds since 1970 that the archives say they are from.
    """
    environment = {"SOURCE_DATE_EPOCH": str(max(moment, EARLIEST))}
    hatchling = (python, "-m", "hatchling", "build", "--directory", into)
    run(*hatchling, "--target", "sdist", cwd=source, environment=environment)
    (archive,) = into.glob("*.tar.gz")
    with tempfile.TemporaryDirectory() as folder:
        run("tar", "-xf", archive, cwd=Path(folder))
        (unpacked,) = Path(folder).iterdir()
        run(*hatchling, "--target", "wheel", cwd=unpacked, environment=environment)
    return sorted(into.iterdir())


def hashes(files: list[Path]) -> dict[str, str]:
    """Name -> SHA-256 of files."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def build_twice(python: Path, moment: int, folder: Path) -> list[Path]:
    """Makes both archives in two places.

    Raises:
        Unfit: they differ.
    """
    made = []
    for name in ("first", "second"):
        source, into = folder / name / "source", folder / name / "dist"
        source.mkdir(parents=True)
        run("git", "archive", "--output", folder / "tree.tar", "HEAD")
        run("tar", "-xf", folder / "tree.tar", cwd=source)
        made.append(build(source, into, python, moment))
    if hashes(made[0]) != hashes(made[1]):
        raise Unfit(f"two builds differ: {hashes(made[0])}, {hashes(made[1])}")
    return made[0]


def check_archives(files: list[Path], python: Path, folder: Path) -> None:
    """Whether metadata and contents are as an index wants them, and each works alone with what is locked.

    Args:
        files: source archive and wheel.
        python: an interpreter that has the tools.
        folder: a place for two environments.

    Raises:
        Unfit: they are not, or do not.
    """
    (wheel,) = (path for path in files if path.suffix == ".whl")
    run(python, "-m", "twine", "check", "--strict", *files)
    run(python, "-m", "check_wheel_contents", wheel)
    run(python, "-m", "validate_pyproject", "pyproject.toml")
    for path in files:
        bare = environment_of(folder / f"bare{path.suffix}", LOCK, path)
        run(sys.executable, "-m", "pip", "--python", bare, "check")
        told = run(bare.parent / "synqd", "--version", cwd=folder)
        if told.strip() != f"synqd, version {__version__}":
            raise Unfit(f"the program that {path.name} installs says {told.strip()!r}")


def main() -> int:
    """Builds, checks and tells; returns the exit status."""
    try:
        moment = check_tree()
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            python = environment_of(folder / "tools", RELEASE)
            files = build_twice(python, moment, folder)
            check_archives(files, python, folder)
            shutil.rmtree(DIST, ignore_errors=True)
            shutil.copytree(files[0].parent, DIST)
    except Unfit as error:
        print(f"release: {error}", file=sys.stderr)
        return 1
    sums = "".join(f"{digest}  {name}\n" for name, digest in hashes(sorted(DIST.iterdir())).items())
    (DIST / "SHA256SUMS").write_text(sums, encoding="utf-8")
    print(f"{sums}release: {__version__} lies in {DIST.relative_to(TOP)}; nothing was uploaded")
    return 0


if __name__ == "__main__":
    sys.exit(main())
