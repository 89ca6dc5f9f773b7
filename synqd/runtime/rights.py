"""Root goes into somebody else's directory with that user's rights only: nothing there leads it astray.

Whoever may write to a directory, a daemon that was taken over for example, can put a link in place of a
file. A program of root that follows it empties or gives away a file of the system. With the rights of the
user whose directory it is, it can do no more than that user could do anyhow.
"""

import os
import pwd
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from synqd.models.errors import Fatal

NOBODYS_GROUP = 65534
"""Group of a user that has no account, where the directory's is root's."""
MOST_LINKS = 40
"""Links on a path, after which the kernel gives up, too."""


class User(NamedTuple):
    """Somebody whose rights are taken on."""

    uid: int
    gid: int
    groups: tuple[int, ...]

    def __str__(self) -> str:
        return _name(self.uid)


def owner(directory: Path) -> User | None:
    """Whose rights root has to take on before it opens anything there; None where the present ones are right.

    They are right for everybody but root, and for root where the whole path is root's.

    Raises:
        Fatal: the path belongs to two users, and root cannot tell whom to trust.
    """
    if os.geteuid() != 0:
        return None
    others = {status.st_uid: status for status in _steps(directory) if status.st_uid}
    if len(others) > 1:
        names = " and ".join(sorted(map(_name, others)))
        remedy = "run it as the user that the daemon runs as"
        raise Fatal(f"{directory} belongs to {names}, of whom root trusts neither with the other's: {remedy}")
    return _user(*others.popitem()) if others else None


def refuse_root(directory: Path) -> None:
    """Nothing of somebody else's is opened with root's rights.

    Raises:
        Fatal: they are root's, and the directory is not.
    """
    if user := owner(directory):
        raise Fatal(f"{directory} belongs to {user}: root does not open what lies there")


@contextmanager
def lent(directory: Path) -> Iterator[None]:
    """Root acts as the directory's owner for a while; nothing changes for others. All threads do so.

    Raises:
        Fatal: the path belongs to two users, or root may not take on the rights of the one.
    """
    user = owner(directory)
    if user is None:
        yield
        return
    groups, group = os.getgroups(), os.getegid()
    try:
        with _told(user):
            os.setgroups(user.groups)
            os.setegid(user.gid)
            os.seteuid(user.uid)
        yield
    finally:
        os.seteuid(0)
        os.setegid(group)
        os.setgroups(groups)


def give_up(directory: Path) -> User | None:
    """Root becomes the directory's owner for good; returns who that is, None where it is who asks.

    Raises:
        Fatal: the path belongs to two users, or root may not take on the rights of the one.
    """
    if user := owner(directory):
        with _told(user):
            os.setgroups(user.groups)
            os.setresgid(user.gid, user.gid, user.gid)
            os.setresuid(user.uid, user.uid, user.uid)
    return user


@contextmanager
def _told(user: User) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Fatal(f"root may not become {user} here ({error.strerror}): run it as {user}") from error


def _steps(path: Path) -> Iterator[os.stat_result]:
    """Every directory and link that a path leads through, as far as it is there.

    What comes before the first that is somebody else's can be changed by root only, so whoever looks at one
    after the other is not led astray.
    """
    rest, here, links = list(reversed(path.absolute().parts[1:])), Path("/"), 0
    yield here.lstat()
    while rest:
        name = rest.pop()
        step = here.parent if name == ".." else here / name
        try:
            status = step.lstat()
            target = step.readlink() if stat.S_ISLNK(status.st_mode) else None
        except OSError:
            return  # whoever opens it will say why
        yield status
        if target is None:
            here = step
            continue
        links += 1
        if links > MOST_LINKS:
            return
        here = Path("/") if target.is_absolute() else here
        rest += reversed(target.parts[1:] if target.is_absolute() else target.parts)


def _user(uid: int, status: os.stat_result) -> User:
    try:
        account = pwd.getpwuid(uid)
    except KeyError:
        group = status.st_gid or NOBODYS_GROUP
        return User(uid, group, (group,))
    return User(uid, account.pw_gid, tuple(os.getgrouplist(account.pw_name, account.pw_gid)))


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
