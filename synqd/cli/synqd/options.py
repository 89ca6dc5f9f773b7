"""Options that several commands share."""

import re
from pathlib import Path

import click
from click.core import ParameterSource

from synqd.config import DEFAULT_CONFIG

_HINT = re.compile(
    r"\bsynqd (run|check-config|adopt|preview|changelog (?:install|verify|print|uninstall))\b(?! --config)"
)
_named: list[Path] = []
"""The configuration that was named on the command line: commands to be run next have to name it, too."""


def hinting(text: str) -> str:
    """The text with commands that work with the same configuration."""
    return _HINT.sub(lambda found: f"{found[0]} --config {_named[-1]}", text) if _named else text


def _remember(context: click.Context, _parameter: click.Parameter, value: Path) -> Path:
    _named.clear()
    if context.get_parameter_source("config") is ParameterSource.COMMANDLINE:
        _named.append(value)
    return value


config_option = click.option(
    "--config",
    "config",
    type=click.Path(dir_okay=False, path_type=Path),
    default=DEFAULT_CONFIG,
    show_default=True,
    envvar="SYNQD_CONFIG",
    callback=_remember,
    help="Configuration file.",
)


json_option = click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")


def ids_argument(text: str) -> list[int]:
    """Comma-separated entity ids as numbers, in the order given.

    Raises:
        click.BadParameter: something in it is not a positive number.
    """
    try:
        ids = [int(part) for part in text.replace(" ", "").split(",") if part]
    except ValueError as error:
        raise click.BadParameter(f"{text!r} is not a list of ids like 1,2,3") from error
    if not ids or min(ids) < 1:
        raise click.BadParameter(f"{text!r} is not a list of positive ids like 1,2,3")
    return ids
