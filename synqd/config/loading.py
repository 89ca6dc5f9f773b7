"""From a TOML file and the environment to ``Settings``."""

import difflib
import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from synqd.config.environment import annotation_at, is_section, overlay, variables
from synqd.config.secrets import beside
from synqd.config.sections import Settings
from synqd.models.errors import ConfigError
from synqd.models.plainly import plainly
from synqd.models.shortage import shortage

QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
DEFAULT_CONFIG = Path("/etc/synqd/synqd.toml")


def load_settings(path: Path, environment: Mapping[str, str] | None = None) -> Settings:
    """Reads the configuration file, lays ``SYNQD_SECTION__KEY`` variables over it and checks the whole.

    Args:
        path: the TOML file; the default one may be missing where variables say everything.
        environment: variables to look at; the process's own by default.

    Raises:
        ConfigError: the file cannot be read or a value is wrong; one line per fault, each with its remedy.
        Shortage: the file cannot be read now.
    """
    given = os.environ if environment is None else environment
    beside(path)
    alone = is_environment_alone(path, given)
    document = {} if alone else _read(path)
    overlay(document, given)
    try:
        return Settings.model_validate(document)
    except ValidationError as error:
        place = "environment" if alone else path
        raise ConfigError("\n".join(f"{place}: {line}" for line in _explain(error))) from error


def is_environment_alone(path: Path, environment: Mapping[str, str] | None = None) -> bool:
    """Whether variables are all there is: the default file is missing, and some are set.

    A file that somebody named has to be there.
    """
    given = os.environ if environment is None else environment
    return path == DEFAULT_CONFIG and not path.exists() and any(variables(given))


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


def _explain(error: ValidationError) -> Iterable[str]:
    lines: dict[str, list[str]] = {}
    for fault in error.errors():
        # Branches of a union ("tuple[str, ...]", "literal['all']") stand among the keys; no key has brackets.
        location = [str(part) for part in fault["loc"] if "[" not in str(part)]
        if fault["type"] == "extra_forbidden":
            lines[_unknown(location)] = []
        else:
            said = lines.setdefault(_place(location), [])
            said += [words for words in [plainly(fault)] if words not in said]
    for place, said in lines.items():
        yield place + ", or ".join(said)


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
    found = annotation_at(location)
    return found if is_section(found) else None
