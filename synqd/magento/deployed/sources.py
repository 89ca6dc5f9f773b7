"""Where settings stand outside the database: two PHP files, and variables of Magento's own process."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from synqd.config import DeployedSettings
from synqd.magento.deployed.phparray import as_text, inside, parse_php_array
from synqd.magento.deployed.phptokens import PhpError
from synqd.models.errors import ConfigError
from synqd.models.shop import DEFAULT, PATHS, STORES, WEBSITES

FILES = ("app/etc/config.php", "app/etc/env.php")
"""In the order in which Magento lays them over each other."""
PREFIX = "CONFIG__"
DEEPEST = 3
"""Parts of a path: section, group, field."""

_SECRET = re.compile("pass(word|wd|phrase)|secret|token|credential|private|licen[cs]e|username|[/_]key$")
_ENCRYPTED = re.compile(r"[0-9]+:[0-9]+:")
# A line of a file for systemd, a container or a shell, or of a pool of PHP-FPM.
_LINE = re.compile(rf"\s*(?:export\s+)?(?:env\[)?({PREFIX}\w+)\]?\s*=\s*(.*?)\s*")


class Place(NamedTuple):
    """Which setting: its scope, the code of a website or store view ("" for the whole shop), its path."""

    scope: str
    code: str
    path: str


Deployed = Mapping[Place, str]
"""Settings by their place; Magento's null is an empty text."""


def is_wanted(path: str, value: str) -> bool:
    """Whether synqd reads a path, and neither path nor value looks like a secret."""
    return path.startswith(PATHS) and not _SECRET.search(path) and not _ENCRYPTED.match(value)


class Root:
    """The shop's directory; its files are read again when they have changed."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._seen: object = None
        self._known: Deployed = {}

    def settings(self) -> Deployed:
        """What the files say; while they cannot be read, as during a deploy, what they said before.

        Raises:
            ConfigError: they could never be read, or hold what would have to be run.
        """
        seen = [_stamp(self._directory / name) for name in FILES]
        if seen == self._seen:
            return self._known
        try:
            found = {place: value for name in FILES for place, value in self._read(name).items()}
        except ConfigError:
            if self._seen is None:
                raise
            return self._known
        self._seen, self._known = seen, found
        return found

    def _read(self, name: str) -> dict[Place, str]:
        return _from_file(self._directory / name)


def _stamp(path: Path) -> tuple[int, ...] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size


def _from_file(path: Path) -> dict[Place, str]:
    try:
        document = parse_php_array(path.read_bytes().decode())
    except FileNotFoundError:
        if path.name == "env.php":
            raise ConfigError(f"{path}: there is no such file; is this the shop's root?") from None
        return {}  # Magento can do without config.php's settings
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError:  # it would quote what stands there
        raise ConfigError(f"{path}: is not UTF-8 text") from None
    except PhpError as error:
        raise ConfigError(f"{path}: {error}") from None
    return dict(_settings(inside(document, "system")))


def _settings(system: Any) -> Iterator[tuple[Place, str]]:
    if not isinstance(system, dict):
        return
    for path, value in _leaves(system.get(DEFAULT)):
        yield from _place(DEFAULT, "", path, value)
    for scope in (WEBSITES, STORES):
        codes = system.get(scope)
        for code, values in codes.items() if isinstance(codes, dict) else ():
            for path, value in _leaves(values):
                yield from _place(scope, code, path, value)


def _leaves(values: Any, *above: str) -> Iterator[tuple[str, str]]:
    for key, value in values.items() if isinstance(values, dict) else ():
        if isinstance(value, dict):
            yield from _leaves(value, *above, key)
        else:
            yield "/".join((*above, key)), as_text(value)


def _place(scope: str, code: str, path: str, value: str) -> Iterator[tuple[Place, str]]:
    if is_wanted(path, value):
        yield Place(scope, code, path), value


def from_settings(settings: DeployedSettings) -> Deployed:
    """The settings of ``[shop.config]``."""
    return {Place(scope, code, path): value for scope, code, path, value in settings.rows()}


def from_variables(environment: Mapping[str, str]) -> Deployed:
    """Settings in variables such as ``CONFIG__STORES__DE__WEB__UNSECURE__BASE_URL``; codes are lower case."""
    found: dict[Place, str] = {}
    for name, value in environment.items():
        scope, *rest = name.removeprefix(PREFIX).lower().split("__")
        code = rest.pop(0) if scope in {WEBSITES, STORES} and rest else ""
        if name.startswith(PREFIX) and scope in {DEFAULT, WEBSITES, STORES} and len(rest) == DEEPEST:
            found |= dict(_place(scope, code, "/".join(rest), value))
    return found


def read_variables(path: Path) -> Mapping[str, str]:
    """``CONFIG__...`` variables of a file of lines ``NAME=value``, or of ``/proc/PID/environ``.

    Raises:
        ConfigError: it cannot be read.
    """
    try:
        text = path.read_bytes().decode(errors="replace")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    lines = text.split("\0") if "\0" in text else text.splitlines()
    return {found[1]: _unquoted(found[2]) for line in lines if (found := _LINE.fullmatch(line))}


def _unquoted(value: str) -> str:
    is_quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if is_quoted else value
