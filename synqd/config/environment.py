"""Settings from variables of the environment: ``SYNQD_SECTION__KEY``; a container needs no file at all."""

import tomllib
import types
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from synqd.config.sections import Settings
from synqd.models.errors import ConfigError

PREFIX = "SYNQD_"
SEPARATOR = "__"
LISTS = frozenset({"schedule"})
"""Sections that are lists, and so a single value: `[{cron = "0 3 * * 0"}]`."""


def variables(environment: Mapping[str, str]) -> Iterator[tuple[str, list[str], str]]:
    """Variables that set something: name, sections and key, text."""
    for name, text in sorted(environment.items()):
        parts = name.removeprefix(PREFIX).lower().split(SEPARATOR)
        if name.startswith(PREFIX) and (len(parts) > 1 or parts[0] in LISTS):
            yield name, parts, text


def overlay(document: dict[str, Any], environment: Mapping[str, str]) -> None:
    """Lays variables over what a file says.

    Raises:
        ConfigError: one names a section where the file has a value.
    """
    for name, parts, text in variables(environment):
        kinds = list(_kinds(annotation_at(parts)))
        if not text and kinds and not {str, tuple}.intersection(map(_class, kinds)):
            continue  # as good as not set: files of variables list them all
        table = document
        for part in parts[:-1]:
            inner = table.setdefault(part, {})
            if not isinstance(inner, dict):
                raise ConfigError(f"{name}: {part} is a value, not a section")
            table = inner
        table[parts[-1]] = _value(text, kinds)


def _value(text: str, kinds: list[Any]) -> Any:
    """A variable's value: a list as ``a,b`` or in TOML's notation, a text as it stands, else TOML."""
    parsed = _toml(text)
    classes = {_class(kind) for kind in kinds}
    if tuple in classes:
        words = {word for kind in kinds if get_origin(kind) is Literal for word in get_args(kind)}
        if isinstance(parsed, list) or text in words:
            return parsed if isinstance(parsed, list) else text
        given = parsed if isinstance(parsed, str) else text
        return [part.strip() for part in given.split(",") if part.strip()]
    if classes and classes <= {str, Path, type(None)}:
        return parsed if isinstance(parsed, str) else text
    return text if parsed is None else parsed


def _toml(text: str) -> Any:
    """A text as a value in TOML (true, 8, ["a"]); None where it is none."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):
        return None


def _class(kind: Any) -> Any:
    """The class that values of a kind are of; of words the one for texts."""
    origin = get_origin(kind)
    return str if origin is Literal else origin or kind


def _kinds(annotation: Any) -> Iterator[Any]:
    """What a value may be, each by itself."""
    if annotation is None:
        return
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _kinds(get_args(annotation)[0])
    elif origin in (Union, types.UnionType):
        for one in get_args(annotation):
            yield from _kinds(one)
    else:
        yield annotation


def annotation_at(location: list[str]) -> Any:
    """What is declared at a location: a section, a key's type; None where there is nothing."""
    found: Any = Settings
    for part in location:
        if is_section(found):
            field = found.model_fields.get(part)
            found = field.annotation if field else None
        else:  # Mapping[str, X] or tuple[X, ...], and the part is a code or a number
            found = next((inner for inner in get_args(found) if is_section(inner)), None)
    return found


def is_section(annotation: Any) -> bool:
    """Whether it is a section of keys."""
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
