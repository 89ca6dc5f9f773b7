"""From a TOML file and the environment to ``Settings``."""

import difflib
import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from synqd.config.sections import Settings
from synqd.models.errors import ConfigError
from synqd.models.shortage import shortage

QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
PREFIX = "SYNQD_"
SEPARATOR = "__"


def load_settings(path: Path, environment: Mapping[str, str] | None = None) -> Settings:
    """Reads the configuration file, lays ``SYNQD_SECTION__KEY`` variables over it and checks the whole.

    Args:
        path: the TOML file.
        environment: variables to look at; the process's own by default.

    Raises:
        ConfigError: the file cannot be read or a value is wrong; one line per fault, each with its remedy.
        Shortage: the file cannot be read now.
    """
    document = _read(path)
    _overlay(document, os.environ if environment is None else environment)
    try:
        return Settings.model_validate(document)
    except ValidationError as error:
        raise ConfigError("\n".join(f"{path}: {line}" for line in _explain(error))) from error


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(f"{path}: there is no such file; `synqd init` writes a starting one") from error
    except PermissionError as error:
        raise ConfigError(f"{path}: cannot be read; make it readable for the daemon's user") from error
    except OSError as error:
        if outage := shortage(error, f"{path}: cannot be read now"):
            raise outage from error
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        # What the parser says may quote the file, and what it comes from may be a secret.
        raise ConfigError(f"{path}: is not valid TOML{_where(error)}") from None


def _where(error: Exception) -> str:
    """Line and column of a fault, and what is wrong there as far as that quotes nothing."""
    what, _, place = str(error).rpartition(" (at ")
    if not isinstance(error, tomllib.TOMLDecodeError) or not place:
        return ""
    told = QUOTED.sub(lambda found: "..." if re.search(r"\w", found[0]) else found[0], what)
    return f": {told} (at {place}"


def _overlay(document: dict[str, Any], environment: Mapping[str, str]) -> None:
    for name, text in sorted(environment.items()):
        parts = name.removeprefix(PREFIX).lower().split(SEPARATOR)
        if not name.startswith(PREFIX) or len(parts) == 1:
            continue
        table = document
        for part in parts[:-1]:
            inner = table.setdefault(part, {})
            if not isinstance(inner, dict):
                raise ConfigError(f"{name}: {part} is a value, not a section")
            table = inner
        table[parts[-1]] = _value(text)


def _value(text: str) -> Any:
    """A variable's value: TOML where it is TOML (true, 8, ["a"]), else the text as it stands."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):
        return text


def _explain(error: ValidationError) -> Iterable[str]:
    seen = set()
    for fault in error.errors():
        # Branches of a union ("tuple[str, ...]", "literal['all']") stand among the keys; no key has brackets.
        location = [str(part) for part in fault["loc"] if "[" not in str(part)]
        if fault["type"] == "extra_forbidden":
            line = _unknown(location)
        else:
            line = f"{_place(location)}{fault['msg'].removeprefix('Value error, ')}"
        if line not in seen:
            seen.add(line)
            yield line


def _place(location: list[str]) -> str:
    """``[section] key: ``, or ``[section] `` where the fault is the section's."""
    if not location:
        return ""
    if _section(location) is not None:
        return f"[{'.'.join(location)}] "
    *sections, key = location
    while key.split(".")[0].isdecimal() and sections:
        key = f"{sections.pop()}.{key}"
    return f"[{'.'.join(sections)}] {key}: " if sections else f"[{key}] "


def _unknown(location: list[str]) -> str:
    *sections, key = location
    section = _section(sections)
    known = sorted(section.model_fields) if section else []
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else f"known here: {', '.join(known)}"
    place = f"[{'.'.join(sections)}] {key}" if sections else f"[{key}]"
    return f"{place}: unknown key; {hint}"


def _section(location: list[str]) -> type[BaseModel] | None:
    """The model of the section at a location; None where there is a value, or nothing."""
    found: Any = Settings
    for part in location:
        if _is_section(found):
            field = found.model_fields.get(part)
            found = field.annotation if field else None
        else:  # Mapping[str, X] or tuple[X, ...], and the part is a code or a number
            found = next((inner for inner in get_args(found) if _is_section(inner)), None)
    return found if _is_section(found) else None


def _is_section(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
