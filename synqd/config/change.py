"""What differs between two configurations, key by key."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic import BaseModel

from synqd.config.mapping import AtStart
from synqd.config.sections import Settings

_APART = frozenset({"log", "metrics", "notify", "control"})
"""Sections that no mover depends on."""


@dataclass(frozen=True)
class ConfigChange:
    """From one configuration to the next, in a daemon that began with ``started``."""

    before: Settings
    after: Settings
    started: Settings

    @cached_property
    def keys(self) -> list[str]:
        """The keys that differ, as ``section.key``; a workspace or scope that came or went by its name."""
        return [key for key in _differing(self.before, self.after) if key not in AT_START]

    @cached_property
    def restart_needed(self) -> list[str]:
        """Keys that are read at the start only and are not what the daemon began with."""
        return [key for key in _differing(self.started, self.after) if key in AT_START]

    @property
    def sections(self) -> set[str]:
        """Names of the sections that they are in."""
        return {key.partition(".")[0] for key in self.keys}

    @property
    def needs_generation(self) -> bool:
        """Whether the movers depend on something that differs."""
        return bool(self.sections - _APART)

    @property
    def of_magento(self) -> bool:
        """Whether the new one speaks to Magento in another way, or for the first time."""
        return not self.before.sync.enabled or self.before.magento != self.after.magento

    def of_workspace(self, name: str) -> bool:
        """Whether the new one speaks to a workspace in another way, or for the first time."""
        return not self.before.sync.enabled or self.before.workspaces.get(name) != self.after.workspaces[name]


def _at_start() -> Iterator[str]:
    for section, field in Settings.model_fields.items():
        model = field.default_factory
        if isinstance(model, type) and issubclass(model, BaseModel):
            for key, declared in model.model_fields.items():
                if any(isinstance(mark, AtStart) for mark in declared.metadata):
                    yield f"{section}.{key}"


AT_START = frozenset(_at_start())
"""Keys that a running daemon does not take over."""


def _differing(before: object, after: object, name: str = "") -> Iterator[str]:
    """Names of what differs, as deep as both have it."""
    if before == after:
        return
    one, other = _fields(before), _fields(after)
    if one is None or other is None:
        yield name
        return
    for key in dict.fromkeys([*one, *other]):
        inner = f"{name}.{key}" if name else key
        if key in one and key in other:
            yield from _differing(one[key], other[key], inner)
        else:
            yield inner


def _fields(value: object) -> Mapping[str, Any] | None:
    """The parts of a section or of a table of sections; None for a plain value."""
    if isinstance(value, BaseModel):
        return {key: getattr(value, key) for key in type(value).model_fields}
    if isinstance(value, Mapping) and all(isinstance(one, BaseModel) for one in value.values()):
        return value
    return None
