"""From a TOML file and the environment to ``Settings``."""

import difflib
import os
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from synqd.config.sections import Settings
from synqd.models.errors import ConfigError

PREFIX = "SYNQD_"
SEPARATOR = "__"


def load_settings(path: Path, environment: Mapping[str, str] | None = None) -> Settings:
    """Reads the configuration file, lays ``SYNQD_SECTION__KEY`` variables over it and checks the whole.

    Args:
        path: the TOML file.
        environment: variables to look at; the process's own by default.

    Raises:
        ConfigError: the file cannot be read or a value is wrong; one line per fault, each with its remedy.
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
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: is not valid TOML: {error}") from error
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error


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
    except tomllib.TOMLDecodeError:
        return text


def _explain(error: ValidationError) -> Iterable[str]:
    seen = set()
    for fault in error.errors():
        location = [str(part) for part in fault["loc"]]
        if fault["type"] == "extra_forbidden":
            line = _unknown(location)
        else:
            line = f"{_place(location)}{fault['msg'].removeprefix('Value error, ')}"
        if line not in seen:
            seen.add(line)
            yield line


def _place(location: list[str]) -> str:
    if not location:
        return ""
    *sections, key = location
    return f"[{'.'.join(sections)}] {key}: " if sections else f"[{key}] "


def _unknown(location: list[str]) -> str:
    *sections, key = location
    known = sorted(_names(sections))
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else f"known here: {', '.join(known)}"
    place = f"[{'.'.join(sections)}] {key}" if sections else f"[{key}]"
    return f"{place}: unknown key; {hint}"


def _names(sections: list[str]) -> Iterable[str]:
    """Names that are allowed inside the section found by walking the models along ``sections``."""
    section: Any = Settings
    for part in sections:
        if isinstance(section, type) and issubclass(section, BaseModel):
            section = _section_type(section.model_fields[part].annotation)
    return section.model_fields if isinstance(section, type) and issubclass(section, BaseModel) else ()


def _section_type(annotation: Any) -> Any:
    """The model inside ``Mapping[str, X]``, ``tuple[X, ...]`` or the annotation itself."""
    for inner in get_args(annotation):
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            return inner
    return annotation
