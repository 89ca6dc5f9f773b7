"""Verbs about the daemon as a whole."""

import sys
import time
from collections.abc import Callable
from typing import Any

import click

from synqd.cli.synqctl import statusviews, views
from synqd.cli.synqctl.completion import stores, workspaces
from synqd.cli.synqctl.console import MODELS, Console, Verb, interval_option, pass_console
from synqd.runtime.say import clear

workspace_option = click.option("--workspace", shell_complete=workspaces, help="Only this workspace.")


@click.command(cls=Verb)
@click.option("--model", type=MODELS, help="Only this model.")
@click.option("--store", metavar="CODE", shell_complete=stores, help="Only this store view.")
@click.option("--wide", is_flag=True, help="One row for each model of a store view, with more columns.")
@click.option("--watch", is_flag=True, help="Go on looking until Ctrl-C.")
@interval_option
@pass_console
def status(
    console: Console, model: str | None, store: str | None, interval: float, *, wide: bool, watch: bool
) -> None:
    """Show health, and what is sent, waiting, left out and failed for each store view and model.

    A cell is SENT/MAGENTO: items that exist at Synerise, and entities in Magento; !N are dead letters.
    """
    render = statusviews.wide if wide else statusviews.status

    def look(ask: Callable[[str], Any]) -> Any:
        return statusviews.chosen(ask("/v1/status"), model, store)

    console.show(look(console.client.get), render)
    try:
        while watch:
            time.sleep(interval)
            answer = look(console.client.get_again)
            if sys.stdout.isatty() and not console.as_json:
                clear()
            console.show(answer, render)
    except KeyboardInterrupt:
        return


@click.command(cls=Verb)
@click.option("--model", type=MODELS, help="Only this model.")
@workspace_option
@pass_console
def pause(console: Console, model: str | None, workspace: str | None) -> None:
    """Hold delivery; changes are still taken in."""
    _hold(console, "/v1/pause", model, workspace)


@click.command(cls=Verb)
@click.option("--model", type=MODELS, help="Only this model.")
@workspace_option
@pass_console
def resume(console: Console, model: str | None, workspace: str | None) -> None:
    """Release held delivery."""
    _hold(console, "/v1/resume", model, workspace)


def _hold(console: Console, path: str, model: str | None, workspace: str | None) -> None:
    console.show(console.client.post(path, {"model": model, "workspace": workspace}), views.holds)


@click.command(cls=Verb)
@pass_console
def reload(console: Console) -> None:
    """Read the configuration again; if it is wrong, the old one stays."""
    console.show(console.client.post("/v1/reload"), views.reloaded)
