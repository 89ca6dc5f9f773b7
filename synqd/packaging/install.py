"""Puts the shipped files in place."""

import contextlib
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from synqd.config.urls import checked_url
from synqd.models.errors import Fatal
from synqd.packaging.files import FILES, UNITS

SHIPPED_PROGRAMS = Path("/usr/local/bin")
"""Where the programs are in the units as they ship."""
PROGRAMS = re.compile(rf"{SHIPPED_PROGRAMS}/(synqd|synqctl)\b")
SHIPPED_RUNBOOK = "file:///usr/local/share/synqd/runbook.md"
"""The runbook's address in the alert rules as they ship."""
HIDDEN = (Path("/home"), Path("/root"), Path("/run/user"), Path("/tmp"), Path("/var/tmp"))  # noqa: S108 - named, not used
"""What ``ProtectHome=`` and ``PrivateTmp=`` keep a service from seeing."""
ADMINISTRATOR = Path("/etc/systemd/system")


@dataclass(frozen=True, slots=True)
class Choices:
    """What differs from host to host.

    Attributes:
        prefix: directory that lib/systemd, share/man and the others are in; absolute.
        program: what the units start; absolute, and ``synqctl`` is beside it.
        runbook: address of the runbook that alerts link to; the installed file where none is given.
    """

    prefix: Path
    program: Path
    runbook: str = ""

    def into(self, path: Path, text: str) -> str:
        """The text of a shipped file for this host.

        Raises:
            Fatal: a value cannot be written there.
        """
        if path.suffix == ".service":
            return PROGRAMS.sub(lambda found: self._quoted(found[1]), text)
        if path.suffix == ".yml":
            return text.replace(SHIPPED_RUNBOOK, self._runbook())
        return text

    def _runbook(self) -> str:
        """The runbook's address, to which each alert adds the name of its section."""
        if not self.runbook:
            return f"file://{quote(os.fsencode(self.prefix / 'share/synqd/runbook.md'))}"
        try:
            checked_url(self.runbook, ("https", "http", "file"), query=True)
        except ValueError as error:
            raise Fatal(f"--runbook: the address {error}") from error
        return self.runbook

    def _quoted(self, program: str) -> str:
        """A program's path as systemd reads it; ``%`` and ``$`` mean something to it."""
        name = str(self.program if program == "synqd" else self.program.with_name(program))
        if not name.isprintable() or any(mark in name for mark in "\"'\\"):
            raise Fatal(f"{name} cannot be written into a unit: install synqd at a plainer path")
        escaped = name.replace("%", "%%").replace("$", "$$")
        return f'"{escaped}"' if " " in escaped else escaped


@dataclass(frozen=True, slots=True)
class Step:
    """One file to put in place."""

    target: Path
    content: bytes
    state: Literal["new", "outdated", "in place"]


def plan(choices: Choices) -> list[Step]:
    """What an installation has to do, file by file.

    Raises:
        Fatal: something there cannot be read, or the installation of synqd is not whole.
    """
    return [_step(choices.prefix / shipped.target, _content(shipped.path, choices)) for shipped in FILES]


def _content(path: Path, choices: Choices) -> bytes:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise Fatal(f"{path}: cannot be read: {error.strerror}; install synqd again") from error
    return choices.into(path, text).encode()


def _step(target: Path, content: bytes) -> Step:
    try:
        present = target.read_bytes()
    except FileNotFoundError:
        return Step(target, content, "new")
    except OSError as error:
        raise Fatal(f"{target}: cannot be read: {error.strerror}") from error
    return Step(target, content, "in place" if present == content else "outdated")


def install(steps: Iterable[Step]) -> None:
    """Writes what is not in place; each file is whole at any moment.

    Raises:
        Fatal: a file cannot be written.
    """
    for step in steps:
        if step.state != "in place":
            try:
                _write(step)
            except OSError as error:
                remedy = "run it as root, or give another --prefix"
                raise Fatal(f"{step.target}: cannot be written: {error.strerror}; {remedy}") from error


def _write(step: Step) -> None:
    folder = step.target.parent
    _make(folder)
    descriptor, draft = tempfile.mkstemp(prefix=".synqd-", dir=folder)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(step.content)
            file.flush()
            os.fsync(file.fileno())
        Path(draft).chmod(0o644)
        Path(draft).replace(step.target)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(draft).unlink()
        raise


def _make(folder: Path) -> None:
    """Makes a directory that everybody may read, whatever the umask."""
    if not folder.is_dir():
        _make(folder.parent)
        folder.mkdir()
        folder.chmod(0o755)


def hidden(program: Path) -> str:
    """Why a service could not start this program; empty if it can."""
    for place in HIDDEN:
        if program.is_relative_to(place):
            return (
                f"{program} lies under {place}, which services do not see; install synqd for the system:"
                " PIPX_HOME=/opt/pipx PIPX_BIN_DIR=/usr/local/bin pipx install . there, or give --program"
            )
    return ""


def overrides(prefix: Path, administrator: Path = ADMINISTRATOR) -> Iterator[Path]:
    """Units of the administrator that hide ours, because their directory comes first."""
    for shipped in FILES:
        own = administrator / Path(shipped.target).name
        if shipped.target.startswith(UNITS) and own.is_file() and own != prefix / shipped.target:
            yield own
