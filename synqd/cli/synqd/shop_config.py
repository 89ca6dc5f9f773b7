"""``synqd shop-config``: settings of the shop that do not stand in its database, for ``[shop.config]``."""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import click

from synqd.magento.deployed import Deployed, Root, from_variables, read_variables
from synqd.models.shop import DEFAULT, STORES, WEBSITES
from synqd.runtime.say import say


@click.command("shop-config")
@click.option(
    "--magento-root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    required=True,
    help="Directory of the shop; its app/etc/env.php and config.php are read.",
)
@click.option(
    "--env-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File with the CONFIG__... variables of Magento's process, or /proc/PID/environ of one.",
)
def shop_config(magento_root: Path, env_file: Path | None) -> None:
    """Print settings that the shop has outside its database, as [shop.config]; run it where the shop lives.

    Only settings that synqd reads are printed, and no secret. Copy them into the configuration.
    """
    variables = read_variables(env_file) if env_file else {}
    found = {**Root(magento_root).settings(), **from_variables({**os.environ, **variables})}
    for line in _lines(found):
        say(line)


def _lines(found: Deployed) -> Iterator[str]:
    yield "[shop.config]"
    yield "complete = true"
    scopes: dict[tuple[str, str], dict[str, str]] = {}
    for (scope, code, path), value in sorted(found.items()):
        scopes.setdefault((scope, code), {})[path] = value
    for scope in (DEFAULT, WEBSITES, STORES):
        for (one, code), values in scopes.items():
            if one == scope:
                yield from _section(scope, code, values)


def _section(scope: str, code: str, values: Mapping[str, str]) -> Iterator[str]:
    yield ""
    yield f"[shop.config.{scope}{f'.{json.dumps(code)}' if code else ''}]"
    for path, value in values.items():
        yield f"{json.dumps(path)} = {json.dumps(value, ensure_ascii=False)}"
