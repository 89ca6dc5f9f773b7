"""``synqd check-config``: the configuration, and with ``--connect`` the world around it."""

import stat
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from synqd.cli.synqd.connection import magento, wait_for
from synqd.cli.synqd.findings import show_findings
from synqd.cli.synqd.migration import look_at_module
from synqd.cli.synqd.options import config_option, json_option
from synqd.config import (
    Routes,
    Settings,
    exposed,
    is_environment_alone,
    load_settings,
    read_secret,
    secret_files,
)
from synqd.config.scopes import check_codes
from synqd.entities import DECLARED
from synqd.entities.addressed import REMEDY, without_address
from synqd.entities.checks import attribute_faults, identity_risks
from synqd.entities.product.checks import check_attributes, refused_names
from synqd.magento import Finding, Level, Magento
from synqd.models.errors import Denied, SynqdError
from synqd.models.shop import Shop
from synqd.movers.scheduler import next_runs

SHOWN_TURNS = 3


@click.command("check-config")
@config_option
@click.option("--connect", is_flag=True, help="Also check Magento, the change log, and Synerise.")
@json_option
def check_config(config: Path, *, connect: bool, as_json: bool) -> None:
    """Validate the configuration; status 1 if something is wrong."""
    settings = load_settings(config)
    for setting, secret in secret_files(settings):
        read_secret(secret, setting)
    place = "environment" if is_environment_alone(config) else str(config)
    findings = [Finding(Level.OK, place, "is valid"), *_exposed(config, settings), *_turns(settings)]
    if not settings.workspaces:
        remedy = "add a [workspaces.NAME] section"
        findings.append(Finding(Level.WARNING, "workspaces", "there is none, so nothing can be sent", remedy))
    if not settings.sync.enabled:
        findings.append(
            Finding(Level.WARNING, "[sync] enabled", "synchronization is off", "set it to true when ready")
        )
    if connect:
        findings += wait_for(_connect(settings))
    if not show_findings(findings, as_json=as_json):
        raise click.exceptions.Exit(1)


def _exposed(config: Path, settings: Settings) -> Iterator[Finding]:
    """Files that everybody on this machine can read, or write, and should not."""
    if config.exists() and config.stat().st_mode & stat.S_IWOTH:
        remedy = f"whoever writes it decides where keys and data go: chmod o-w {config}"
        yield Finding(Level.ERROR, str(config), "can be written by everybody", remedy)
    for setting, secret in secret_files(settings):
        if exposed(secret):
            yield Finding(
                Level.WARNING, setting, f"everybody on this machine can use {secret}", f"chmod 600 {secret}"
            )


def _turns(settings: Settings) -> Iterator[Finding]:
    """When each ``[[schedule]]`` comes next; raises ConfigError for what `run` would refuse."""
    for entry in settings.schedule:
        turns = list(islice(next_runs(entry, datetime.now(UTC)), SHOWN_TURNS))
        subject = f"[[schedule]] {entry.cron}"
        if turns:
            told = ", ".join(
                f"{turn.astimezone(ZoneInfo(entry.time_zone)):%Y-%m-%d %H:%M %Z}" for turn in turns
            )
            yield Finding(Level.OK, subject, f"next: {told}")
        else:
            yield Finding(Level.WARNING, subject, "never comes", "correct the days and the month")


async def _connect(settings: Settings) -> list[Finding]:
    findings: list[Finding] = []
    try:
        async with magento(settings) as place:
            findings += await place.check()
            findings += [finding async for finding in _shop(settings, place)]
    except SynqdError as error:
        findings.append(Finding(Level.ERROR, "Magento", str(error)))
    for name in settings.workspaces:
        findings.append(await _workspace(name, settings))
    return findings


async def _shop(settings: Settings, place: Magento) -> AsyncIterator[Finding]:
    async for finding in look_at_module(
        place.source, settings.magento.table_prefix, at_work=settings.sync.enabled
    ):
        yield finding
    shop = await place.shop()
    check_codes(settings, shop)
    routes = Routes.build(settings, shop)
    for route in routes.by_store.values():
        yield Finding(Level.OK, f"store view {route.store.code}", f"goes to workspace {route.workspace}")
    for finding in _deployed(settings, place, shop):
        yield finding
    stores = [route.store for route in routes.by_store.values()]
    for store in without_address(shop.config, stores):
        yield Finding(
            Level.ERROR, f"store view {store.code}", "has no address by the shop's settings", REMEDY
        )
    for risk in await identity_risks(place.source, routes):
        yield Finding(Level.WARNING, f"workspace {risk.workspace}, {risk.model}", risk.message, risk.remedy)
    for code, reason in (await attribute_faults(place.source, settings.customer)).items():
        yield Finding(Level.WARNING, f"customer attribute {code}", f"is not sent: {reason}")
    for code, reason in (await refused_names(place.source, settings)).items():
        remedy = "give it another code in Magento if it has to be sent"
        yield Finding(Level.WARNING, f"product attribute {code}", reason, remedy)
    for fault in await check_attributes(place.source, settings):
        yield Finding(Level.ERROR, "product attributes", str(fault))
    for code in routes.unrouted:
        remedy = (
            "name its website or the store view in a [workspaces.NAME] section, or leave it out of stores"
        )
        yield Finding(Level.WARNING, f"store view {code}", "belongs to no workspace, is not sent", remedy)


def _deployed(settings: Settings, place: Magento, shop: Shop) -> Iterator[Finding]:
    """Whether settings that the shop has outside its database are known (S31)."""
    for code in place.unknown_codes(shop):
        yield Finding(Level.WARNING, f"[shop.config] {code}", "the shop has no such code", "take it out")
    if settings.magento.root is None and not settings.shop.config.complete:
        what = "settings in env.php, config.php or CONFIG__ variables of the shop are not seen"
        remedy = "run `synqd shop-config` where the shop lives and copy what it prints, or set [magento] root"
        yield Finding(Level.WARNING, "[shop.config]", what, remedy)


async def _workspace(name: str, settings: Settings) -> Finding:
    from synqd.synerise import open_workspace  # noqa: PLC0415  # heavy, and only needed with --connect

    section = settings.workspaces[name]
    subject = f"workspace {name}"
    key = read_secret(section.api_key_file, f"[workspaces.{name}] api_key_file")
    endpoints = {endpoint for model in settings.sync.models for endpoint in DECLARED[model].endpoints}
    try:
        async with open_workspace(name, section, key) as workspace:
            check = await workspace.check(endpoints)
    except Denied as error:
        return Finding(Level.ERROR, subject, error.in_full)
    except SynqdError as error:
        return Finding(Level.ERROR, subject, f"Synerise cannot be asked: {error.in_full}")
    if check.missing:
        lacking = sorted({permission for names in check.missing.values() for permission in names})
        remedy = "grant them in Synerise under Settings > API Keys"
        return Finding(Level.ERROR, subject, f"the key lacks {', '.join(lacking)}", remedy)
    return Finding(Level.OK, subject, f"the key works ({check.workspace}) and has the permissions needed")
