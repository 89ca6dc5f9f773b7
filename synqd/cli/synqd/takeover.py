"""The official module's settings as synqd's: what ``synqd init --from-module`` writes. Pure.

Source of paths and meanings: the module's ``etc/config.xml`` and ``etc/adminhtml/system.xml``, v3.3.3.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from synqd.models.errors import ConfigError
from synqd.models.names import Model
from synqd.models.shop import DEFAULT, STORES, WEBSITES, Shop

ENVIRONMENTS = {0: "azure-eu", 1: "gcp", 2: "azure-us"}
FORMATS = {"0": "id", "1": "label", "2": "id_and_label", "3": "label_and_oid"}
PRICES = {"regular_price": "regular", "final_price": "final"}
MODULE_LIMIT = 50
"""Items per request that the module takes where nothing is configured."""
LIMIT = re.compile(r"[0-9]{1,9}")

Values = Mapping[tuple[str, str, int], str | None]
Given = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class ModuleWorkspace:
    """A row of ``synerise_workspace``; the keys are still encrypted."""

    workspace_id: int
    name: str
    api_key: str
    environment: int
    basic: bool
    guid: str | None


@dataclass(frozen=True, slots=True)
class Takeover:
    """The equivalent configuration.

    Attributes:
        given: section -> key -> value, as ``starting_configuration`` takes it.
        keys: name of a workspace -> its encrypted API key.
        remarks: what could not be taken over, or has to be looked at.
    """

    given: Given
    keys: Mapping[str, str]
    remarks: Sequence[str] = field(default_factory=tuple)


def take_over(
    values: Values, workspaces: Sequence[ModuleWorkspace], shop: Shop, key_file: Callable[[str], str]
) -> Takeover:
    """Translates the module's settings.

    Args:
        values: rows of ``core_config_data`` below ``synerise/``: (path, scope, scope id) -> value.
        workspaces: the module's workspaces.
        shop: websites and store views, for their codes.
        key_file: path of the key file for a workspace of that name.

    Raises:
        ConfigError: the workspace map cannot be read.
    """
    remarks: list[str] = []
    given: Given = {"sync": _sync(values, shop, remarks)}
    given["workspaces"] = _workspaces(values, workspaces, shop, key_file, remarks)
    given["product"] = _limit(values, "product") | _scoped(values, shop, PRODUCT)
    given["customer"] = _limit(values, "customer") | _scoped(values, shop, CUSTOMER)
    delete = values.get(("synerise/customer/delete_behavior", DEFAULT, 0))
    if delete in {"event", "remove", "ignore"}:
        given["customer"]["delete"] = delete
    given["order"] = _limit(values, "order")
    given["subscriber"] = _limit(values, "subscriber")
    keys = {_name(workspace.name): workspace.api_key for workspace in workspaces}
    return Takeover(given, keys, tuple(remarks))


def _sync(values: Values, shop: Shop, remarks: list[str]) -> dict[str, Any]:
    section: dict[str, Any] = {"enabled": False, "mapping": "module"}
    models = _list(values.get(("synerise/synchronization/models", DEFAULT, 0)))
    section["models"] = [model.value for model in Model if not models or model.value in models]
    ids = _list(values.get(("synerise/synchronization/stores", DEFAULT, 0)))
    if ids:
        known = {str(store_id): store.code for store_id, store in shop.stores.items()}
        remarks += [
            f"store view {one} of the module does not exist any more" for one in ids if one not in known
        ]
        section["stores"] = [known[one] for one in ids if one in known]
    return section


def _workspaces(
    values: Values,
    workspaces: Sequence[ModuleWorkspace],
    shop: Shop,
    key_file: Callable[[str], str],
    remarks: list[str],
) -> dict[str, Any]:
    websites = _website_map(values)
    sections: dict[str, Any] = {}
    for workspace in workspaces:
        name = _name(workspace.name)
        codes = [
            shop.websites[website_id].code
            for website_id, workspace_id in sorted(websites.items())
            if workspace_id == workspace.workspace_id and website_id in shop.websites
        ]
        if not codes:
            remarks.append(f"workspace {workspace.name!r} of the module belongs to no website, left out")
            continue
        sections[name] = {
            "environment": ENVIRONMENTS.get(workspace.environment, "azure-eu"),
            "api_key_file": key_file(name),
            "websites": codes,
        }
        if workspace.basic and workspace.guid:
            sections[name] |= {"auth": "basic", "guid": workspace.guid}
    return sections


def _website_map(values: Values) -> dict[int, int]:
    text = values.get(("synerise/workspace/map", DEFAULT, 0)) or "{}"
    try:
        return {int(website): int(workspace) for website, workspace in json.loads(text).items() if workspace}
    except (ValueError, AttributeError, TypeError, OverflowError, RecursionError):
        told = "synerise/workspace/map in core_config_data is not a map of websites to workspaces"
        raise ConfigError(told) from None


def _limit(values: Values, section: str) -> dict[str, Any]:
    text = values.get((f"synerise/{section}/limit", DEFAULT, 0))
    return {"max_items_per_request": int(text) if text and LIMIT.fullmatch(text) else MODULE_LIMIT}


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of the module that differs by scope: its path, our key, its default and its translation."""

    path: str
    key: str
    default: str
    read: Callable[[str], Any]


def _list(text: str | None) -> list[str]:
    return [part for part in (text or "").split(",") if part]


PRODUCT = (
    Setting("synerise/product/attributes", "attributes", "", _list),
    Setting(
        "synerise/product/labels_enabled", "attribute_format", "1", lambda text: FORMATS.get(text, "label")
    ),
    Setting("synerise/product/calculate_tax", "calculate_tax", "1", lambda text: text == "1"),
    Setting("synerise/product/price", "price", "regular_price", lambda text: PRICES.get(text, "regular")),
    Setting("synerise/product/filterable_attributes", "include_filterable", "0", lambda text: text == "1"),
)
CUSTOMER = (Setting("synerise/customer/attributes", "attributes", "", _list),)


def _scoped(values: Values, shop: Shop, settings: Iterable[Setting]) -> dict[str, Any]:
    """Values of the default scope, with ``website`` and ``store`` sections where they differ."""
    codes = {
        ("website", WEBSITES): {website_id: website.code for website_id, website in shop.websites.items()},
        ("store", STORES): {store_id: store.code for store_id, store in shop.stores.items()},
    }
    section: dict[str, Any] = {}
    for setting in settings:
        section[setting.key] = setting.read(values.get((setting.path, DEFAULT, 0)) or setting.default)
        for (name, scope), known in codes.items():
            for scope_id, code in known.items():
                text = values.get((setting.path, scope, scope_id))
                if text is not None:
                    section.setdefault(name, {}).setdefault(code, {})[setting.key] = setting.read(text)
    return section


def _name(name: str) -> str:
    """A workspace's name as a TOML key."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "main"
