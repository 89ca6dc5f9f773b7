"""Reads the official module's settings from Magento's database, for ``synqd init --from-module``."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from synqd.cli.synqd.connection import magento as connect
from synqd.cli.synqd.connection import wait_for
from synqd.cli.synqd.magentocrypt import crypt_keys, decrypt
from synqd.cli.synqd.migration import look_at_module
from synqd.cli.synqd.takeover import Given, ModuleWorkspace, Takeover, take_over
from synqd.config import MagentoSettings, Settings
from synqd.magento import Finding
from synqd.magento.deployed.phparray import as_text, inside
from synqd.models.errors import ConfigError

_CONFIG = "SELECT path, scope, scope_id, value FROM {core_config_data} WHERE path LIKE 'synerise/%%'"
_WORKSPACES = (
    "SELECT id, name, api_key, environment, basic_auth_enabled, guid FROM {synerise_workspace} ORDER BY id"
)


@dataclass(frozen=True, slots=True)
class ModuleSettings:
    """The equivalent configuration, the key files that go with it, and what to tell."""

    given: Given
    files: Mapping[Path, str]
    remarks: tuple[str, ...]
    findings: tuple[Finding, ...] = ()
    """What is left of the module at work."""


def module_settings(
    address: Mapping[str, Any], password: str | None, environment: Mapping[str, Any], directory: Path
) -> ModuleSettings:
    """Reads and translates the module's settings.

    Args:
        address: keys of ``[magento]``.
        password: the database password, None where ``address`` names its file.
        environment: what env.php returned, empty where there is none.
        directory: where key files will lie.

    Raises:
        ConfigError: the database cannot be reached with these settings, or the module is not there.
    """
    with tempfile.TemporaryDirectory(prefix="synqd-init-") as temporary:
        if password is not None:
            # The real password file is only written when everything else is right.
            held = Path(temporary) / "password"
            held.write_text(password, encoding="utf-8")
            address = {**address, "password_file": str(held)}
        try:
            settings = Settings(magento=MagentoSettings.model_validate(dict(address)))
        except ValidationError as error:
            first = error.errors()[0]
            raise ConfigError(f"database settings: {first['loc'][0]}: {first['msg']}") from error
        taken, findings = wait_for(_read(settings, directory))
    keys = crypt_keys(as_text(inside(environment, "crypt", "key")))
    if not keys:
        remark = "API keys are encrypted: give --magento-root, or write each key into the api_key_file named"
        return ModuleSettings(taken.given, {}, (*taken.remarks, remark), findings)
    return replace(_decrypted(taken, keys), findings=findings)


def _decrypted(taken: Takeover, keys: list[bytes]) -> ModuleSettings:
    files: dict[Path, str] = {}
    remarks = list(taken.remarks)
    for name, section in taken.given["workspaces"].items():
        try:
            files[Path(section["api_key_file"])] = decrypt(taken.keys[name], keys) + "\n"
            if "guid" in section and ":" in section["guid"]:
                section["guid"] = decrypt(section["guid"], keys)
        except ConfigError as error:
            remarks.append(f"API key of workspace {name}: {error}; write it into {section['api_key_file']}")
    return ModuleSettings(taken.given, files, tuple(remarks))


async def _read(settings: Settings, directory: Path) -> tuple[Takeover, tuple[Finding, ...]]:
    async with connect(settings) as place:
        if not await place.source.has_table("synerise_workspace"):
            raise ConfigError("the official module's table synerise_workspace is not in this database")
        shop = await place.shop()
        rows = await place.source.fetch(_CONFIG)
        prefix = settings.magento.table_prefix
        findings = [one async for one in look_at_module(place.source, prefix, at_work=False)]
        workspaces = [
            replace(ModuleWorkspace(*row), basic=bool(row[4]))
            for row in await place.source.fetch(_WORKSPACES)
        ]
    values = {(path, scope, scope_id): value for path, scope, scope_id, value in rows}
    taken = take_over(values, workspaces, shop, lambda name: str(directory / f"{name}.key"))
    return taken, tuple(findings)
