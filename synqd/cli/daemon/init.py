"""``synqd init``: a starting configuration, with the database settings of a shop's ``env.php``."""

import os
from pathlib import Path
from typing import Any

import click

from synqd.cli.daemon.options import DEFAULT_CONFIG
from synqd.cli.daemon.phparray import parse_php_array
from synqd.cli.daemon.starting import starting_configuration
from synqd.models.errors import ConfigError


@click.command()
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=DEFAULT_CONFIG,
    show_default=True,
    help="File to write; it must not be there yet. - prints it.",
)
@click.option(
    "--magento-root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Directory of the shop; takes the database settings from its app/etc/env.php.",
)
def init(output: Path, magento_root: Path | None) -> None:
    """Write a commented starting configuration."""
    magento, password = _from_magento(magento_root) if magento_root else ({}, None)
    if password is not None and str(output) != "-":
        magento["password_file"] = str(output.with_name("magento.password").absolute())
    text = starting_configuration({"magento": magento})
    if str(output) == "-":
        click.echo(text, nl=False)
        return
    _write_new(output, text, 0o640)
    click.echo(f"wrote {output}")
    if password is not None:
        _write_new(output.with_name("magento.password"), password + "\n", 0o600)
        click.echo(f"wrote {output.with_name('magento.password')} (the database password of env.php)")
    click.echo(f"next: set [workspaces.main], then `synqd check-config --config {output} --connect`")


def _from_magento(root: Path) -> tuple[dict[str, Any], str | None]:
    """Database settings of a shop, and the password of its database user."""
    path = root / "app" / "etc" / "env.php"
    try:
        document = parse_php_array(path.read_text(encoding="utf-8"))
        database = document["db"]["connection"]["default"]
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}; is {root} the shop's root?") from error
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{path}: has no db/connection/default that can be read ({error})") from error
    settings = _address(str(database.get("host") or "localhost"), database.get("unix_socket"))
    settings |= {"database": database.get("dbname", ""), "user": database.get("username", "")}
    prefix = document["db"].get("table_prefix")
    if prefix:
        settings["table_prefix"] = prefix
    return settings, str(database.get("password") or "")


def _address(host: str, socket: str | None) -> dict[str, Any]:
    """Host, port or socket, in the forms Magento takes: ``db``, ``db:3307``, ``/run/mysqld.sock``."""
    if socket or host.startswith("/"):
        return {"socket": socket or host}
    name, _, port = host.partition(":")
    if port.startswith("/"):
        return {"socket": port}
    return {"host": name} | ({"port": int(port)} if port.isdigit() else {})


def _write_new(path: Path, text: str, mode: int) -> None:
    """Writes a file that is not there yet; nothing is ever overwritten.

    Raises:
        ConfigError: it is there, or cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError as error:
        raise ConfigError(f"{path}: is there already; move it away or give --output another name") from error
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {error.strerror}") from error
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
