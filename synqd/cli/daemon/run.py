"""``synqd run``: the daemon."""

from pathlib import Path

import click

from synqd.cli.daemon.options import config_option


@click.command()
@config_option
def run(config: Path) -> None:
    """Run the daemon in the foreground (the systemd unit calls this)."""
    from synqd.app import run as run_daemon  # noqa: PLC0415  # everything heavy is behind this import

    run_daemon(config)
