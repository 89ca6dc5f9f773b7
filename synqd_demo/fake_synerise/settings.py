"""Settings of the fake: what the sources leave open about Synerise is a setting here, never a constant.

The settings are plain data. `settings_from` and `changed` build them from parsed JSON (a configuration file
or `POST /__fake/config`) and raise `SettingsError` with the name of the wrong entry.
"""

import dataclasses
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

ALL_PERMISSIONS: frozenset[str] = frozenset(
    {
        "API_BATCH_CLIENT_CREATE",
        "API_CLIENT_CREATE",
        "API_CLIENT_DELETE",
        "API_CLIENT_READ",
        "API_BATCH_TRANSACTION_CREATE",
        "API_TRANSACTION_CREATE",
        "API_CUSTOM_EVENTS_CREATE",
        "CATALOGS_CATALOG_CREATE",
        "CATALOGS_CATALOG_READ",
        "CATALOGS_ITEM_BATCH_CATALOG_CREATE",
        "TRACKER_CREATE",
    }
)
"""Every permission the fake knows. API_CLIENT_DELETE and API_CLIENT_READ are invented, no source has them."""

DEMO_KEY = "0b9f2a70-1111-4222-8333-444455556666"
DEMO_GUID = "5d1f6c1e-7777-4888-9999-aaaabbbbcccc"

CHOICES: dict[str, tuple[str, ...]] = {
    "token_format": ("jws", "jwe", "opaque"),
    "clients_partial": ("207", "400", "202_drop"),
    "transactions_partial": ("400_all", "400_some", "207"),
    "items_partial": ("400_all", "400_some", "207"),
    "shape_207": ("errors", "uauth", "indexed", "empty"),
    "item_mode": ("replace", "merge"),
    "bag_duplicate_names": ("allow", "400"),
    "validation": ("full", "cheap", "none"),
    "rate.scope": ("key", "host", "path"),
    "rate.cost": ("request", "item"),
    "rate.retry_after": ("seconds", "http_date", "none", "float", "garbage", "huge"),
    "rate.body": ("shape", "empty", "html"),
    "api_keys.kind": ("workspace", "profile"),
}


_Record = TypeVar("_Record")


class SettingsError(ValueError):
    """A setting is unknown or has a value the fake cannot use; the message names it and what is accepted."""


@dataclass(slots=True)
class ApiKey:
    """One API key and the workspace behind it. Keys with the same `workspace_id` share all stored data."""

    key: str = DEMO_KEY
    guid: str = DEMO_GUID
    workspace_id: int = 1
    workspace_name: str = "demo"
    permissions: set[str] = field(default_factory=lambda: set(ALL_PERMISSIONS))
    kind: str = "workspace"
    basic_enabled: bool = False
    active: bool = True
    event_denylist: set[str] = field(default_factory=set)


@dataclass(slots=True)
class RateSettings:
    """A request limit: a fixed window (`limit` in `window_s`), or a token bucket when `bucket` is set.

    `max_concurrent` = 0 and `limit` = 0 switch the respective check off. `grace_ms`: requests that were
    already on their way when a 429 was given are not counted as ignoring it.
    """

    limit: int = 0
    window_s: float = 1.0
    bucket: float = 0.0
    refill_per_s: float = 1.0
    scope: str = "key"
    cost: str = "request"
    retry_after: str = "seconds"
    body: str = "shape"
    max_concurrent: int = 0
    concurrent_status: int = 429
    penalty_s: float = 0.0
    grace_ms: float = 50.0


def _default_limits() -> dict[str, int]:
    return {"clients": 1000, "events": 1000, "transactions": 1000, "items": 1000}


def _default_body_limits() -> dict[str, int]:
    return {"clients": 1_000_000, "events": 1_000_000, "transactions": 1_000_000, "items": 1_000_000}


@dataclass(slots=True)
class Settings:
    """All settings of one fake server. Times in seconds unless the name says otherwise, sizes in bytes.

    `fold_accents`: identifiers with accents are those without, as they were before July 2026.
    """

    api_keys: list[ApiKey] = field(default_factory=lambda: [ApiKey()])
    token_ttl_s: float = 3600.0
    token_format: str = "jws"  # noqa: S105 -- the name of a format, no secret
    max_items: dict[str, int] = field(default_factory=_default_limits)
    max_body_bytes: dict[str, int] = field(default_factory=_default_body_limits)
    too_many_bytes_status: int = 413
    too_many_items_status: int = 400
    clients_partial: str = "207"
    transactions_partial: str = "400_all"
    items_partial: str = "400_all"
    shape_207: str = "errors"
    items_ok_status: int = 200
    items_ok_body: str = "true"
    item_mode: str = "replace"
    strict_item_names: bool = False
    strict_unknown: bool = False
    int_custom_id: bool = False
    email_casefold: bool = True
    fold_accents: bool = False
    require_source: bool = True
    require_api_version: bool = True
    accept_gzip: bool = False
    catalog_error_plain: bool = False
    bag_page_default: int = 20
    bag_duplicate_names: str = "allow"
    delete_paths: list[str] = field(default_factory=lambda: ["by-customid", "by-custom-id"])
    rate: RateSettings | None = None
    faults: list[dict[str, Any]] = field(default_factory=list)
    latency_ms: Any = 0
    apply_delay_ms: float = 0.0
    validation: str = "full"
    keep_bodies: bool = True
    journal_size: int = 100_000
    seed: int = 0
    now: Callable[[], float] = field(default=time.time, compare=False)


def settings_from(document: Mapping[str, Any]) -> Settings:
    """Build settings from parsed JSON; whatever is left out keeps its default.

    Raises:
        SettingsError: unknown name, wrong type or a value outside the accepted ones.
    """
    return changed(Settings(), document)


def changed(settings: Settings, document: Mapping[str, Any]) -> Settings:
    """Give a copy of `settings` with the entries of `document` replaced (dictionaries of limits are merged).

    Raises:
        SettingsError: as `settings_from`.
    """
    if not isinstance(document, Mapping):
        raise SettingsError("settings: expected a JSON object")
    values = {name: _converted(settings, name, value) for name, value in document.items()}
    return dataclasses.replace(settings, **values)


def as_document(settings: Settings) -> dict[str, Any]:
    """Give the settings as JSON-ready data, without the clock."""
    document = dataclasses.asdict(dataclasses.replace(settings, now=time.time))
    del document["now"]
    for key in document["api_keys"]:
        key["permissions"] = sorted(key["permissions"])
        key["event_denylist"] = sorted(key["event_denylist"])
    return document


def _converted(settings: Settings, name: str, value: Any) -> Any:
    if name == "now" or name not in Settings.__slots__:
        raise SettingsError(
            f"unknown setting {name!r}; known: {', '.join(n for n in _names() if n != 'now')}"
        )
    if name == "api_keys":
        return _keys(value)
    if name == "rate":
        return None if value is None else _record(RateSettings, value, "rate")
    if name in ("max_items", "max_body_bytes"):
        return _limits(getattr(settings, name), value, name)
    if name == "latency_ms":
        return value
    return _checked(name, value, getattr(settings, name))


def _names() -> list[str]:
    return sorted(f.name for f in dataclasses.fields(Settings))


def _keys(value: Any) -> list[ApiKey]:
    if not isinstance(value, list) or not value:
        raise SettingsError("api_keys: expected a non-empty array of objects")
    return [_record(ApiKey, entry, "api_keys") for entry in value]


def _limits(current: dict[str, int], value: Any, name: str) -> dict[str, int]:
    if isinstance(value, int) and not isinstance(value, bool):
        return dict.fromkeys(current, value)
    if not isinstance(value, dict) or not value.keys() <= current.keys():
        raise SettingsError(f"{name}: expected a number, or an object with some of {', '.join(current)}")
    return current | {kind: _checked(f"{name}.{kind}", limit, 0) for kind, limit in value.items()}


def _record(kind: type[_Record], value: Any, where: str) -> _Record:
    if not isinstance(value, Mapping):
        raise SettingsError(f"{where}: expected an object")
    defaults = kind()
    entries: dict[str, Any] = {}
    for name, entry in value.items():
        if not hasattr(defaults, name):
            raise SettingsError(f"{where}: unknown entry {name!r}")
        entries[name] = _checked(f"{where}.{name}", entry, getattr(defaults, name))
    return kind(**entries)


def _checked(name: str, value: Any, default: Any) -> Any:
    choices = CHOICES.get(name)
    if choices is not None and value not in choices:
        raise SettingsError(f"{name}: {value!r} is not one of {', '.join(choices)}")
    if isinstance(default, bool):
        return _of_type(name, value, (bool,), "true or false")
    if isinstance(default, int | float):
        if isinstance(value, bool):
            raise SettingsError(f"{name}: expected a number, got {value!r}")
        wanted = (int,) if isinstance(default, int) else (int, float)
        return _of_type(name, value, wanted, "a number")
    if isinstance(default, set):
        return set(_of_type(name, value, (list, set, tuple), "an array"))
    return _of_type(name, value, (type(default),), f"a {type(default).__name__}")


def _of_type(name: str, value: Any, types: tuple[type, ...], wanted: str) -> Any:
    if not isinstance(value, types):
        raise SettingsError(f"{name}: expected {wanted}, got {value!r}")
    return value
