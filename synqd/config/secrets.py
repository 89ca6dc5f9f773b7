"""Passwords and keys: from files or systemd credentials only, and never printed."""

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from synqd.config.sections import Settings
from synqd.models.errors import ConfigError
from synqd.models.shortage import Shortage, shortage

_held: dict[Path, "Secret"] = {}
"""What was read while this process had more rights than it has now."""
_beside: list[Path] = []
"""Where the configuration file lies."""


class Secret:
    """A text whose repr says nothing; ``reveal()`` gives it to the one call that needs it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The secret itself."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(***)"


def read_secret(path: Path, setting: str) -> Secret:
    """Reads a secret file; surrounding white space is not part of it.

    A relative path is looked up in ``$CREDENTIALS_DIRECTORY`` (systemd's ``LoadCredential=``), beside the
    configuration file, and in the present directory.

    A file that may not be read any more is what it was when ``hold_secrets`` read it.

    Raises:
        ConfigError: the file is missing, unreadable or not text; the message names the remedy.
        Shortage: it cannot be read now.
    """
    for candidate in _candidates(path):
        try:
            return Secret(candidate.read_text(encoding="utf-8").strip())
        except FileNotFoundError:
            continue
        except PermissionError as error:
            if candidate in _held:
                return _held[candidate]
            remedy = "make it readable for the daemon's user, or pass it by LoadCredential="
            raise ConfigError(f"{setting}: {candidate} cannot be read: {remedy}") from error
        except OSError as error:
            if outage := shortage(error, f"{setting}: {candidate} cannot be read now"):
                raise outage from error
            raise ConfigError(f"{setting}: {candidate} cannot be read: {error.strerror}") from error
        except UnicodeDecodeError:  # it quotes a byte of it
            raise ConfigError(f"{setting}: {candidate} cannot be read as text: it is not UTF-8") from None
    remedy = "write the secret into it (mode 0600)"
    raise ConfigError(f"{setting}: {_missing(path)}; {remedy}{_looked(path)}")


def _missing(path: Path) -> str:
    """A path is told; what is none may be the secret itself, written where its file should be named."""
    return f"there is no file {path}" if path.is_absolute() else "there is no file of the name given there"


def _looked(path: Path) -> str:
    return "" if path.is_absolute() else f"; looked in {', '.join(str(place) for place in _places())}"


def secret_files(settings: Settings) -> Iterator[tuple[str, Path]]:
    """Which setting names which secret file."""
    for name, workspace in settings.workspaces.items():
        yield f"[workspaces.{name}] api_key_file", workspace.api_key_file
    if settings.notify.url_file:
        yield "[notify] url_file", settings.notify.url_file
    if settings.notify.secret_file:
        yield "[notify] secret_file", settings.notify.secret_file
    if settings.magento.password_file:
        yield "[magento] password_file", settings.magento.password_file


def hold_secrets(settings: Settings) -> None:
    """Reads all secrets, for a process that is about to give up the right to do so; what is wrong waits."""
    for setting, path in secret_files(settings):
        with contextlib.suppress(ConfigError, Shortage):
            _held.update(dict.fromkeys(_candidates(path), read_secret(path, setting)))


def exposed(path: Path) -> bool:
    """Whether everybody on this machine may read or write a secret file that is there."""
    found = next((candidate for candidate in _candidates(path) if candidate.exists()), None)
    return found is not None and bool(found.stat().st_mode & (stat.S_IROTH | stat.S_IWOTH))


def beside(config: Path) -> None:
    """From now on secrets that are named without a directory are looked for beside this file, too."""
    _beside[:] = [config.absolute().parent]


def _places() -> Iterator[Path]:
    """Directories in which a relative path is looked for, in this order."""
    if directory := os.environ.get("CREDENTIALS_DIRECTORY"):
        yield Path(directory)
    yield from dict.fromkeys([*_beside, Path.cwd()])


def _candidates(path: Path) -> Iterator[Path]:
    if path.is_absolute():
        yield path
    else:
        yield from (place / path for place in _places())
