"""Passwords and keys: from files or systemd credentials only, and never printed."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from synqd.models.errors import ConfigError


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

    A relative path is looked up in ``$CREDENTIALS_DIRECTORY`` first (systemd's ``LoadCredential=``).

    Raises:
        ConfigError: the file is missing, unreadable or not text; the message names the remedy.
    """
    for candidate in _candidates(path):
        try:
            return Secret(candidate.read_text(encoding="utf-8").strip())
        except FileNotFoundError:
            continue
        except PermissionError as error:
            remedy = "make it readable for the daemon's user, or pass it by LoadCredential="
            raise ConfigError(f"{setting}: {candidate} cannot be read: {remedy}") from error
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{setting}: {candidate} cannot be read as text: {error}") from error
    raise ConfigError(f"{setting}: there is no file {path}; write the secret into it (mode 0600)")


def exposed(path: Path) -> bool:
    """Whether everybody on this machine may read or write a secret file that is there."""
    found = next((candidate for candidate in _candidates(path) if candidate.exists()), None)
    return found is not None and bool(found.stat().st_mode & (stat.S_IROTH | stat.S_IWOTH))


def _candidates(path: Path) -> Iterator[Path]:
    directory = os.environ.get("CREDENTIALS_DIRECTORY")
    if directory and not path.is_absolute():
        yield Path(directory) / path
    yield path
