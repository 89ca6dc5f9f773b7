"""``synqd run``: the daemon."""

import gc
import sys
from pathlib import Path

import click

from synqd.cli.synqd.options import config_option

NEW_OBJECTS = 20_000
"""Objects made, beyond those gone again, after which Python looks for cycles among the new ones."""

SWITCH = 0.0002
"""Seconds until the queue's thread gets the interpreter when it asks for it; Python's default is 0.005.

It asks after each statement, a few dozen times a transaction; while it waits nothing is leased or recorded.
"""


@click.command()
@config_option
def run(config: Path) -> None:
    """Run the daemon in the foreground (the systemd unit calls this)."""
    gc.disable()  # tens of thousands of objects are made, hardly one of them garbage
    from synqd.app import run as run_daemon  # noqa: PLC0415  # everything heavy is behind this import

    tune()
    run_daemon(config)


def tune() -> None:
    """Sets the interpreter up for what the daemon does: few threads, many objects, hardly any garbage.

    Garbage cycles are looked for less often, and never among what was imported. A chunk is tens of thousands
    of rows and dicts without a cycle among them: at Python's default, a look after every 700 new objects, a
    sixth of the CPU of a full synchronization goes into finding nothing.
    """
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, 20, 100)
    gc.enable()
    sys.setswitchinterval(SWITCH)
