"""``synqd init``: a starting configuration, with the settings of a shop or of the official module."""

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from synqd.cli.synqd.starting import starting_configuration
from synqd.config import DEFAULT_CONFIG
from synqd.magento.deployed import Root
from synqd.magento.deployed.phparray import as_text, inside, parse_php_array
from synqd.magento.deployed.phptokens import PhpError
from synqd.models.errors import ConfigError
from synqd.runtime.say import say

if TYPE_CHECKING:
    from synqd.magento import Finding

SECRET, READABLE = 0o600, 0o640
PORT = re.compile(r"[0-9]{1,5}")
ADDRESS = ("host", "port", "socket", "database", "user", "password_file", "table_prefix")


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
@click.option(
    "--from-module", is_flag=True, help="Take over the official module's settings from the database."
)
@click.option("--host", help="Database host (instead of env.php).")
@click.option("--port", type=click.IntRange(1, 65535), help="Database port.")
@click.option("--socket", help="Unix socket of the database server.")
@click.option("--database", help="Name of Magento's database.")
@click.option("--user", help="Database user.")
@click.option("--password-file", help="File with the user's password.")
@click.option("--table-prefix", help="Magento's table prefix.")
def init(output: Path, magento_root: Path | None, *, from_module: bool, **options: Any) -> None:
    """Write a commented starting configuration; nothing is switched on by it.

    With --from-module it is the equivalent of the official module's settings, with mapping = "module"; API
    keys are decrypted with the crypt key of env.php (--magento-root), else files have to be written by hand.
    """
    files: dict[Path, str] = {}
    environment = _environment(magento_root) if magento_root else {}
    magento, password = _database(environment, magento_root) if environment else ({}, None)
    magento |= {name: options[name] for name in ADDRESS if options[name] is not None}
    if password is not None and "password_file" not in magento:
        path = output.with_name("magento.password").absolute()
        magento["password_file"] = str(path)
        files[path] = password + "\n"
    given: dict[str, Mapping[str, Any]] = {"magento": magento}
    findings: Sequence[Finding] = ()
    if from_module:
        from synqd.cli.synqd.module import module_settings  # noqa: PLC0415  # heavy

        taken = module_settings(magento, password, environment, output.absolute().parent)
        given |= taken.given
        findings = taken.findings
        files |= taken.files
        for remark in taken.remarks:
            say(f"note: {remark}", err=True)
    if magento_root and Root(magento_root).settings():
        say(
            "note: env.php or config.php hold settings of the shop; add what `synqd shop-config` prints",
            err=True,
        )
    _write(output, starting_configuration(given), files)
    if findings and str(output) != "-":
        from synqd.cli.synqd.findings import show_findings  # noqa: PLC0415  # heavy

        show_findings(findings)


def _write(output: Path, text: str, files: Mapping[Path, str]) -> None:
    if str(output) == "-":
        say(text.removesuffix("\n"))
        return
    _write_new(output, text, READABLE)
    say(f"wrote {output}")
    for path, secret in files.items():
        _write_new(path, secret, SECRET)
        say(f"wrote {path}")
    say(f"next: read it, then `synqd check-config --config {output} --connect`")


def _environment(root: Path) -> dict[str, Any]:
    """What ``app/etc/env.php`` returns.

    Raises:
        ConfigError: it cannot be read.
    """
    path = root / "app" / "etc" / "env.php"
    try:
        return parse_php_array(path.read_bytes().decode())
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}; is {root} the shop's root?") from error
    except UnicodeDecodeError:  # it would quote what stands there
        raise ConfigError(f"{path}: is not UTF-8 text") from None
    except PhpError as error:
        raise ConfigError(f"{path}: {error}") from None


def _database(environment: Mapping[str, Any], root: Path | None) -> tuple[dict[str, Any], str]:
    """Database settings of a shop, and the password of its database user."""
    database = inside(environment, "db", "connection", "default")
    if not isinstance(database, dict):
        raise ConfigError(f"{root}/app/etc/env.php has no db/connection/default")
    texts = {name: as_text(database.get(name)) for name in ("host", "unix_socket", "dbname", "username")}
    settings = _address(texts["host"] or "localhost", texts["unix_socket"])
    settings |= {"database": texts["dbname"], "user": texts["username"]}
    if prefix := as_text(inside(environment, "db", "table_prefix")):
        settings["table_prefix"] = prefix
    return settings, as_text(database.get("password"))


def _address(host: str, socket: str) -> dict[str, Any]:
    """Host, port or socket, in the forms Magento takes: ``db``, ``db:3307``, ``/run/mysqld.sock``."""
    if socket or host.startswith("/"):
        return {"socket": socket or host}
    name, _, port = host.partition(":")
    if port.startswith("/"):
        return {"socket": port}
    return {"host": name} | ({"port": int(port)} if PORT.fullmatch(port) else {})


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
        remedy = "run it as root, or give --output another name"
        raise ConfigError(f"{path}: cannot be written: {error.strerror}; {remedy}") from error
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
