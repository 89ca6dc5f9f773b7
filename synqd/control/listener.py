"""The listening unix socket: handed over by systemd, or made here with mode and group."""

import contextlib
import grp
import os
import socket
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from synqd.config import ControlSettings
from synqd.models.errors import Fatal
from synqd.runtime.statefiles import pinned

FIRST_DESCRIPTOR = 3
"""SD_LISTEN_FDS_START of sd_listen_fds(3)."""


@contextmanager
def listening_socket(
    settings: ControlSettings, environment: Mapping[str, str] | None = None
) -> Iterator[socket.socket]:
    """The socket to serve on, bound and not listening yet unless systemd already does.

    One that was handed over (socket activation) belongs to systemd with its path. One that is made here
    replaces whatever socket is at the path, so the caller must hold the lock that keeps a second daemon away;
    its file is removed at the end, unless it is somebody else's by then.

    Raises:
        Fatal: it cannot be made; the message names the setting and the remedy.
    """
    inherited = _inherited(os.environ if environment is None else environment)
    if inherited is not None:
        with inherited:
            yield inherited
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as made:
        identity = _bind(made, settings)
        try:
            yield made
        finally:
            _remove(settings.socket, identity)


def _inherited(variables: Mapping[str, str]) -> socket.socket | None:
    """The first unix stream socket that systemd passed to this very process."""
    if variables.get("LISTEN_PID") != str(os.getpid()) or not variables.get("LISTEN_FDS", "").isdecimal():
        return None
    for descriptor in range(FIRST_DESCRIPTOR, FIRST_DESCRIPTOR + int(variables["LISTEN_FDS"])):
        try:
            passed = socket.socket(fileno=descriptor)
        except OSError:
            continue  # not a socket at all: some other unit's file descriptor
        if passed.family == socket.AF_UNIX and passed.type == socket.SOCK_STREAM:
            passed.set_inheritable(False)
            return passed
        passed.detach()
    return None


def _bind(made: socket.socket, settings: ControlSettings) -> tuple[int, int]:
    """Binds; nobody can connect before ``listen``, so mode and group are right from the first connection."""
    path = settings.socket
    group = _group_id(settings.group)
    try:
        _clear(path)
        made.bind(str(path))
        with pinned(path) as (status, same):  # others may write to its directory
            if not stat.S_ISSOCK(status.st_mode) or status.st_uid != os.geteuid():
                raise Fatal(f"[control] socket: {path} was replaced by somebody while it was made")
            if group is not None:
                _hand_to(same, group, settings)
            same.chmod(int(settings.mode, 8))
    except OSError as error:
        reason = error.strerror or error  # a path that is too long comes without strerror
        remedy = "its directory must exist and be writable for the daemon's user (RuntimeDirectory=synqd)"
        raise Fatal(f"[control] socket: {path} cannot be made: {reason}; {remedy}") from error
    return status.st_dev, status.st_ino


def _clear(path: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise Fatal(f"[control] socket: {path} is not a socket; remove it or choose another path")
        path.unlink()


def _group_id(name: str | None) -> int | None:
    if name is None:
        return None
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError as error:
        raise Fatal(f"[control] group: there is no group {name!r}; create it with groupadd {name}") from error


def _hand_to(same: Path, group: int, settings: ControlSettings) -> None:
    try:
        os.chown(same, -1, group)
    except PermissionError as error:
        told = f"{settings.socket} cannot be given to group {settings.group!r}"
        remedy = f"make the daemon's user a member of {settings.group}"
        raise Fatal(f"[control] group: {told}; {remedy}") from error


def _remove(path: Path, identity: tuple[int, int]) -> None:
    with contextlib.suppress(FileNotFoundError):
        status = path.lstat()
        if (status.st_dev, status.st_ino) == identity:
            path.unlink()
