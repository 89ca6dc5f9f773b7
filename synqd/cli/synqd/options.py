"""Options that several commands share."""

from pathlib import Path

import click

DEFAULT_CONFIG = Path("/etc/synqd/synqd.toml")

config_option = click.option(
    "--config",
    "config",
    type=click.Path(dir_okay=False, path_type=Path),
    default=DEFAULT_CONFIG,
    show_default=True,
    envvar="SYNQD_CONFIG",
    help="Configuration file.",
)


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
