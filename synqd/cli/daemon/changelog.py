"""``synqd changelog``: synqd's own change log in Magento's database."""

from pathlib import Path

import click

from synqd.cli.daemon.connection import magento, wait_for
from synqd.cli.daemon.findings import show_findings
from synqd.cli.daemon.options import config_option
from synqd.config import Settings, load_settings
from synqd.magento import Finding, InstallReport


@click.group()
def changelog() -> None:
    """Install, print, verify or remove the change log in Magento's database.

    The change log is one table per model and triggers that write into them. They do nothing but insert, and
    never make a write of the shop fail.
    """


@changelog.command()
@config_option
def install(config: Path) -> None:
    """Create or upgrade tables and triggers; safe to repeat, and while the shop is running."""

    async def work(settings: Settings) -> InstallReport:
        async with magento(settings) as place:
            return await place.changelog.install()

    report = wait_for(work(load_settings(config)))
    created, dropped = len(report.created_triggers), len(report.dropped_triggers)
    click.echo(
        f"change log installed: {len(report.created_tables)} tables and {created} triggers created, "
        f"{dropped} outdated triggers dropped, {report.kept_triggers} triggers kept"
    )
    if report.left_out:
        click.echo(f"not in this Magento, left out: {', '.join(report.left_out)}")


@changelog.command("print")
@config_option
@click.option("--account", metavar="USER@HOST", help="Who gets the rights.  [default: the configured user]")
def print_sql(config: Path, account: str | None) -> None:
    """Show the SQL of `install` and the rights needed, for a DBA; changes nothing.

    Run it as a user that sees the whole shop, such as the shop's own; what it cannot see is left out.
    """
    whose = f"{account}@%" if account and "@" not in account else account

    async def work(settings: Settings) -> str:
        async with magento(settings) as place:
            return await place.changelog.render(whose)

    click.echo(wait_for(work(load_settings(config))), nl=False)


@changelog.command()
@config_option
def verify(config: Path) -> None:
    """Check that tables and triggers are there and unchanged; status 1 if not."""

    async def work(settings: Settings) -> list[Finding]:
        async with magento(settings) as place:
            return list(await place.changelog.verify())

    if not show_findings(wait_for(work(load_settings(config)))):
        raise click.exceptions.Exit(1)


@changelog.command()
@config_option
@click.confirmation_option(prompt="Changes will no longer be seen. Remove the change log?")
def uninstall(config: Path) -> None:
    """Remove triggers and tables without trace."""

    async def work(settings: Settings) -> None:
        async with magento(settings) as place:
            await place.changelog.uninstall()

    wait_for(work(load_settings(config)))
    click.echo("change log removed")
