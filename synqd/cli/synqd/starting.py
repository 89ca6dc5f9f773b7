"""The text of a commented starting configuration, made from the settings' own declarations."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from synqd.config import DeployedSettings, Settings, WorkspaceSettings
from synqd.config.fielddocs import field_docs
from synqd.models.text import storable

HEAD = """\
# Configuration of synqd. Every key can also be set by environment: SYNQD_SECTION__KEY.
# "#key = value" shows a default; remove the # to change it. Check with: synqd check-config --connect
"""
WORKSPACE_EXAMPLE = {"api_key_file": "/etc/synqd/main.key", "websites": ["base"]}
SCOPES = ("website", "store")
BARE = re.compile(r"[A-Za-z0-9_-]+")
INTRODUCTIONS: Mapping[str, str] = {
    "magento": "Magento's database. `synqd changelog print` lists the rights the user needs.",
    "shop": "Settings that the shop has outside its database, in env.php, config.php or CONFIG__...\n"
    "# variables of its process; they win over the database's. `synqd shop-config --magento-root DIR\n"
    "# [--env-file FILE]`, run where the shop lives, prints this section. Not needed where [magento] root\n"
    "# can be read.",
    "sync": "What is synchronized. Nothing is read or sent until enabled = true.",
    "workspaces": "One section per Synerise workspace; a website or store view belongs to one of them.",
    "customer": "Customers become profiles.",
    "order": "Orders become transaction events.",
    "product": "Products become items of one catalog per store view. Values of one website or store view:\n"
    "# [product.website.b2b] or [product.store.de] with the keys that differ.",
    "subscriber": "Newsletter subscribers become e-mail agreements.",
    "schedule": "Full synchronizations by cron expression; repeat the section for more.",
    "queue": "The durable queue.",
    "metrics": "Prometheus: /metrics, /healthz and /readyz.",
    "notify": "Messages to a webhook: dead letters, refused keys, damage of the capture, jobs that ended.",
    "control": "The socket that synqctl talks to.",
    "log": "The daemon's log.",
}


def starting_configuration(given: Mapping[str, Mapping[str, Any]]) -> str:
    """TOML text with every key explained; values in ``given`` are set, the others are commented defaults.

    Args:
        given: section -> key -> value.
    """
    return HEAD + "".join(
        f"\n# {INTRODUCTIONS[name]}\n{_section(name, field, given.get(name, {}))}"
        for name, field in Settings.model_fields.items()
    )


def _section(name: str, field: FieldInfo, given: Mapping[str, Any]) -> str:
    if name == "workspaces":
        workspaces = given or {"main": WORKSPACE_EXAMPLE}
        return "\n".join(
            f"[workspaces.{toml_key(title)}]\n" + "".join(_keys(WorkspaceSettings, values))
            for title, values in workspaces.items()
        )
    if name == "shop":
        return "[shop.config]\n" + "".join(_keys(DeployedSettings, given))
    if name == "schedule":
        return '#[[schedule]]\n#cron = "0 3 * * 0"\n#time_zone = "UTC"\n#models = ["product"]\n'
    section: type[BaseModel] = field.default_factory  # type: ignore[assignment]  # it is the section's class
    scopes = "".join(
        f"\n[{name}.{scope}.{toml_key(code)}]\n"
        + "".join(f"{key} = {toml_value(value)}\n" for key, value in values.items())
        for scope in SCOPES
        for code, values in given.get(scope, {}).items()
    )
    return f"[{name}]\n" + "".join(_keys(section, given)) + scopes


def _keys(section: type[BaseModel], given: Mapping[str, Any]) -> Iterator[str]:
    docs = field_docs(section)
    for key, field in section.model_fields.items():
        if key in SCOPES:
            continue
        remark = f"# {docs[key]}\n" if key in docs else ""
        if key in given:
            yield f"{remark}{key} = {toml_value(given[key])}\n"
            continue
        default = field.get_default(call_default_factory=True)
        if default != {}:
            yield f"{remark}#{key} = {toml_value(default) if default is not None else ''}\n"


def toml_value(value: Any) -> str:
    """A value in TOML's notation: texts, paths, booleans, numbers and lists."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(toml_value(inner) for inner in value)}]"
    text = storable(str(value)) if isinstance(value, str | Path) else repr(value)
    return f'"{"".join(map(_in_text, text))}"'


def toml_key(name: str) -> str:
    """A name as a key: bare where it can be."""
    return name if BARE.fullmatch(name) else toml_value(name)


def _in_text(letter: str) -> str:
    if letter in '"\\':
        return f"\\{letter}"
    if letter.isprintable():
        return letter
    return f"\\u{ord(letter):04x}" if letter <= "\uffff" else f"\\U{ord(letter):08x}"
