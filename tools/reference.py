"""Writes the reference pages in docs from the declarations in the code; run by `make docs`."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast, get_args, get_origin

import click
from annotated_types import Ge, Gt, Le, Lt
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from synqd.cli.synqctl import main as synqctl
from synqd.cli.synqd import synqd
from synqd.cli.synqd.starting import INTRODUCTIONS, toml_value
from synqd.config import DeployedSettings, ScheduleSettings, Settings, WorkspaceSettings
from synqd.config.fielddocs import field_docs
from synqd.config.mapping import AtStart
from tools import metrics

DOCS = Path(__file__).resolve().parent.parent / "docs"
BOUNDS = {Ge: ("at least", "ge"), Gt: ("more than", "gt"), Le: ("at most", "le"), Lt: ("less than", "lt")}

INTRODUCTION = """\
# Configuration

For operators. Look a key up here: what it means, what it takes, what it is by default.

One TOML file, `/etc/synqd/synqd.toml` unless `--config` or `SYNQD_CONFIG` says otherwise. `synqd init`
writes it with every key explained. Each key can also be set by environment, `SYNQD_SECTION__KEY`, for
example `SYNQD_SYNC__ENABLED=true`, lists as `a,b`; no file is needed then
([containers](operations.md#containers)). Unknown keys are errors. Passwords and API keys are never values,
only files or systemd credentials. A running daemon takes over changes with `synqctl reload` or SIGHUP,
except where it says that a key is read at a start only; the answer names each key.

Values of single websites and store views, as in Magento's configuration scopes, stand in sections such as
`[product.website.b2b]` and `[product.store.de]`; what is not given there falls back.
"""


def configuration() -> str:
    """The configuration reference."""
    lines = [*INTRODUCTION.splitlines(), ""]
    for name, field in Settings.model_fields.items():
        lines += [f"## `[{section_title(name)}]`", "", INTRODUCTIONS[name].replace("\n# ", " "), ""]
        lines += [
            "| key | default | allowed | meaning |",
            "|---|---|---|---|",
            *_rows(section_model(name, field)),
            "",
        ]
    return "\n".join(lines)


def section_title(name: str) -> str:
    """A section as it is written in the file."""
    special = {"workspaces": "workspaces.NAME", "schedule": "[schedule]", "shop": "shop.config"}
    return special.get(name, name)


def section_model(name: str, field: FieldInfo) -> type[BaseModel]:
    """The class that declares a section's keys."""
    special: dict[str, type[BaseModel]] = {
        "workspaces": WorkspaceSettings,
        "schedule": ScheduleSettings,
        "shop": DeployedSettings,
    }
    return special.get(name) or cast("type[BaseModel]", field.default_factory)


def _rows(section: type[BaseModel]) -> Iterator[str]:
    docs = field_docs(section)
    for key, field in section.model_fields.items():
        default = "required" if field.is_required() else default_text(field)
        meaning = docs.get(key, "").replace("|", "/")
        if any(isinstance(mark, AtStart) for mark in field.metadata):
            meaning += " Read at a start only."
        yield f"| `{key}` | {default} | {allowed_text(field)} | {meaning} |"


def default_text(field: FieldInfo) -> str:
    """A key's default in TOML's notation."""
    value = field.get_default(call_default_factory=True)
    if value is None:
        return "none"
    return "none" if value == {} else f"`{toml_value(value)}`"


def allowed_text(field: FieldInfo) -> str:
    """The choices or bounds of a key; empty where there are none."""
    choices = [
        f"`{choice}`"
        for part in (field.annotation, *get_args(field.annotation))
        for choice in _literals(part)
    ]
    bounds = [
        f"{words} {getattr(mark, attribute):g}"
        for mark in field.metadata
        for kind, (words, attribute) in BOUNDS.items()
        if isinstance(mark, kind)
    ]
    return ", ".join(choices or bounds)


def _literals(annotation: Any) -> tuple[Any, ...]:
    return get_args(annotation) if str(get_origin(annotation)) == "typing.Literal" else ()


def commands() -> str:
    """The command reference: each program's and verb's own help."""
    lines = [
        "# Commands",
        "",
        "For operators. Look a command or an option up here.",
        "",
        "What `--help` says, for all of them.",
        "",
    ]
    for name, program in (("synqd", synqd), ("synqctl", synqctl)):
        lines += list(_help(program, click.Context(program, info_name=name, **program.context_settings)))
    return "\n".join(lines)


def _help(command: click.Command, context: click.Context) -> Iterator[str]:
    context.terminal_width = 100
    yield from (f"## `{context.command_path}`", "", "```", command.get_help(context).rstrip(), "```", "")
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None:
                yield from _help(inner, click.Context(inner, info_name=name, parent=context))


PAGES = {"configuration.md": configuration, "commands.md": commands, "metrics.md": metrics.page}


if __name__ == "__main__":
    for page, write in PAGES.items():
        (DOCS / page).write_text(write(), encoding="utf-8")
        sys.stdout.write(f"wrote docs/{page}\n")
