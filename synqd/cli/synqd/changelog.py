"""``synqd changelog``: synqd's own change log in Magento's database."""

from collections.abc import Iterator
from pathlib import Path

import click

from synqd.app.storage import QUEUE_FILE
from synqd.cli.synqd.connection import magento, wait_for
from synqd.cli.synqd.findings import show_findings
from synqd.cli.synqd.options import config_option, json_option
from synqd.config import Settings, load_settings
from synqd.magento import Finding, InstallReport
from synqd.queue import read_installation
from synqd.runtime.say import say


@click.group()
def changelog() -> None:
    """Install, print, verify or remove the change log in Magento's database.

    The change log is one table per model and triggers that write into them, with a view of what is read of
    the shop's configuration. Triggers stand where Magento has none of its own, and on Magento's change logs
    elsewhere, so that `setup:upgrade` meets nothing foreign. They do nothing but insert and swallow their own
    errors. One thing remains that makes writes of the shop fail: the account that the triggers run as is
    dropped, or loses its rights. `install` names that account.
    """


@changelog.command()
@config_option
@click.option(
    "--definer",
    metavar="USER@HOST",
    help="Account that the triggers run as.  [default: that of Magento's own, else the installing one]",
)
def install(config: Path, definer: str | None) -> None:
    """Create or upgrade tables, triggers and a view; safe to repeat, and while shop and daemon are running.

    Run it after each `setup:upgrade` and each `indexer:set-mode`.
    """

    async def work(settings: Settings) -> InstallReport:
        remembered = read_installation(settings.queue.directory / QUEUE_FILE)
        async with magento(settings) as place:
            return await place.changelog.install(remembered=remembered, definer=_account(definer))

    for line in _told(wait_for(work(load_settings(config)))):
        say(line)


def _told(report: InstallReport) -> Iterator[str]:
    created, dropped = len(report.created_triggers), len(report.dropped_triggers)
    yield (
        f"change log installed: {len(report.created_tables)} tables and {created} triggers created, "
        f"{dropped} outdated triggers dropped, {report.kept_triggers} triggers kept"
    )
    yield f"triggers run as {report.definer}: that account has to stay, with its rights"
    if report.listened:
        yield f"where Magento has triggers of its own, its logs are listened to: {', '.join(report.listened)}"
    for table, reason in report.swept.items():
        yield f"warning: {table} is only summed up now and then, since {reason}"
    if report.marked:
        yield f"changes may have escaped before: the daemon compares every {', '.join(report.marked)}"
    if report.without_view:
        what = "the view of the configuration could not be made; only accounts that may not read it need that"
        yield f"{what} ({report.without_view})"
    if report.left_out:
        yield f"not in this Magento, left out: {', '.join(report.left_out)}"


def _account(name: str | None) -> str | None:
    return f"{name}@%" if name and "@" not in name else name


@changelog.command("print")
@config_option
@click.option("--account", metavar="USER@HOST", help="Who gets the rights.  [default: the configured user]")
@click.option("--whole-tables", is_flag=True, help="Rights for whole tables, also those that hold secrets.")
@click.option("--grants", is_flag=True, help="Only the rights.")
@click.option("--sql", is_flag=True, help="Only what `install` would do.")
def print_sql(config: Path, account: str | None, *, whole_tables: bool, grants: bool, sql: bool) -> None:
    """Show the SQL of `install` and the rights needed, for a DBA; changes nothing.

    Run it as a user that sees the whole shop, such as the shop's own; what it cannot see is left out.
    """

    async def work(settings: Settings) -> str:
        remembered = read_installation(settings.queue.directory / QUEUE_FILE)
        async with magento(settings) as place:
            return await place.changelog.render(_account(account), remembered, whole_tables=whole_tables)

    if grants and sql:
        raise click.UsageError("--grants and --sql exclude each other")
    text = wait_for(work(load_settings(config))).removesuffix("\n")
    say(_only(text, grants=grants) if grants or sql else text)


def _only(text: str, *, grants: bool) -> str:
    """The statements that give rights, or all the others; each stands in a line of its own, or begins one."""
    kept = ("GRANT ", "REVOKE ", "USE ") if grants else ("GRANT ", "REVOKE ")
    lines = [line for line in text.split("\n") if line.startswith(kept) is grants]
    return "\n".join(lines)


@changelog.command()
@config_option
@json_option
def verify(config: Path, *, as_json: bool) -> None:
    """Check tables and triggers, and foretell the next `setup:upgrade`; status 1 if not all is well."""

    async def work(settings: Settings) -> list[Finding]:
        async with magento(settings) as place:
            return list(await place.changelog.verify())

    if not show_findings(wait_for(work(load_settings(config))), as_json=as_json):
        raise click.exceptions.Exit(1)


@changelog.command()
@config_option
@click.option("--triggers", "only_triggers", is_flag=True, help="Keep tables and installation.")
@click.confirmation_option(prompt="Changes will no longer be seen. Remove the change log?")
def uninstall(config: Path, *, only_triggers: bool) -> None:
    """Remove triggers and tables without trace. A running daemon waits for the next `install`."""

    async def work(settings: Settings) -> None:
        async with magento(settings) as place:
            await place.changelog.uninstall(keep_tables=only_triggers)

    wait_for(work(load_settings(config)))
    say("triggers removed, tables kept" if only_triggers else "change log removed")
