"""The program ``synqd``: the daemon and everything that prepares it.

Commands import what they need when they run, so that ``--help`` and completion stay instant.
"""

import sys
from collections.abc import Mapping
from importlib import import_module

import click

from synqd import __version__
from synqd.models.errors import ConfigError, Denied, Invalid, SynqdError, Transient
from synqd.runtime.say import Program, say, say_fault

COMMANDS: Mapping[str, tuple[str, str]] = {
    "run": ("synqd.cli.synqd.run", "Run the daemon in the foreground."),
    "check-config": (
        "synqd.cli.synqd.check",
        "Validate the configuration, with --connect also the world around.",
    ),
    "init": ("synqd.cli.synqd.init", "Write a commented starting configuration."),
    "shop-config": (
        "synqd.cli.synqd.shop_config",
        "Print settings that the shop has outside its database.",
    ),
    "adopt": ("synqd.cli.synqd.adopt", "Accept a database or queue file that does not match."),
    "changelog": (
        "synqd.cli.synqd.changelog",
        "Install, print, verify or remove the change log in Magento.",
    ),
    "preview": ("synqd.cli.synqd.preview", "Print what would be sent for chosen items."),
    "install-service": (
        "synqd.cli.synqd.install_service",
        "Put systemd units, manual pages and completion in place.",
    ),
    "fake-synerise": ("synqd_demo.fake_synerise.command", "Run the fake Synerise server."),
    "demo": ("synqd_demo.command", "Show everything at once on this machine."),
}


CODES: Mapping[type[SynqdError], str] = {
    Invalid: "invalid",
    ConfigError: "configuration",
    Transient: "unavailable",
    Denied: "denied",
}


def code_of(error: SynqdError) -> str:
    """A stable word for an error, as the control socket has them."""
    return next((code for kind, code in CODES.items() if isinstance(error, kind)), "failed")


class LazyGroup(Program):
    """A group that imports a command's module when the command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(COMMANDS[cmd_name][0])
        command = getattr(module, cmd_name.replace("-", "_"))
        assert isinstance(command, click.Command)  # noqa: S101  # the table above is ours
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The help's list, from the table: nothing is imported for it."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group("synqd", cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="synqd")
def synqd() -> None:
    """Keep Synerise in step with a Magento 2 shop."""


def main() -> None:
    """Entry point: an error that synqd raises on purpose is its message and status 1."""
    try:
        synqd.main(prog_name="synqd", standalone_mode=True)
    except SynqdError as error:
        from synqd.cli.synqd.options import hinting  # noqa: PLC0415  # heavy

        if "--json" in sys.argv:
            say_fault(code_of(error), hinting(error.in_full))
            sys.exit(1)
        for line in error.in_full.splitlines():
            say(f"synqd: {hinting(line)}", err=True)
        sys.exit(1)
