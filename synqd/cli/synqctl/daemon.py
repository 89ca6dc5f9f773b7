"""Verbs about the daemon as a whole."""

import click

from synqd.cli.synqctl import views
from synqd.cli.synqctl.console import MODELS, Console, Verb, pass_console


@click.command(cls=Verb)
@pass_console
def status(console: Console) -> None:
    """Show health, and what is sent, waiting and failed for each store view and model."""
    console.show(console.client.get("/v1/status"), views.status)


@click.command(cls=Verb)
@click.option("--model", type=MODELS, help="Only this model.")
@click.option("--workspace", help="Only this workspace.")
@pass_console
def pause(console: Console, model: str | None, workspace: str | None) -> None:
    """Hold delivery; changes are still taken in."""
    _hold(console, "/v1/pause", model, workspace)


@click.command(cls=Verb)
@click.option("--model", type=MODELS, help="Only this model.")
@click.option("--workspace", help="Only this workspace.")
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
