"""Verbs for dead letters: items that could not be delivered."""

import sys
from collections.abc import Callable
from typing import Any

import click

from synqd.cli.synqctl import views
from synqd.cli.synqctl.console import MODELS, Console, Failure, Verbs, pass_console

F = Callable[..., Any]


def _selection(command: F) -> F:
    """Options that choose dead letters."""
    for option in (
        click.option("--reason", help='Only with this reason, as in "dead list".'),
        click.option("--store", metavar="CODE", help="Only of this store view."),
        click.option("--model", type=MODELS, help="Only of this model."),
    ):
        command = option(command)
    return command


@click.group(cls=Verbs)
def dead() -> None:
    """Dead letters: items that could not be delivered."""


@dead.command(name="list")
@_selection
@click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True, help="Most to list.")
@click.option("--after", type=click.IntRange(1), help="Only those after this one.")
@pass_console
def list_(console: Console, /, **query: Any) -> None:
    """List dead letters, oldest first."""
    console.show(console.client.get("/v1/dead-letters", **query), views.dead_letters)


@dead.command()
@click.argument("number", metavar="ID", type=click.IntRange(1))
@pass_console
def show(console: Console, number: int) -> None:
    """Show what was sent and what came back."""
    console.show(console.client.get(f"/v1/dead-letters/{number}"), views.dead_letter)


@dead.command()
@click.argument("ids", nargs=-1, type=click.IntRange(1))
@_selection
@click.option("--all", "everything", is_flag=True, help="All there are.")
@pass_console
def retry(console: Console, /, **chosen: Any) -> None:
    """Enqueue dead letters again: those with these IDS, or all that fit the options."""
    answer = console.client.post("/v1/dead-letters/retry", _body(**chosen))
    console.show(answer, views.affected("enqueued again"))


@dead.command()
@click.argument("ids", nargs=-1, type=click.IntRange(1))
@_selection
@click.option("--all", "everything", is_flag=True, help="All there are.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_console
def discard(console: Console, /, *, yes: bool, **chosen: Any) -> None:
    """Remove dead letters for good: those with these IDS, or all that fit the options."""
    body = _body(**chosen)
    if not yes:
        if not sys.stdin.isatty():
            raise Failure("discarding cannot be undone; say --yes")
        click.confirm("Discarding cannot be undone. Go on?", abort=True, err=True)
    console.show(console.client.post("/v1/dead-letters/discard", body), views.affected("discarded"))


def _body(
    ids: tuple[int, ...], model: str | None, store: str | None, reason: str | None, *, everything: bool
) -> dict[str, Any]:
    named = {"ids": ids, "model": model, "store": store, "reason": reason}
    chosen = {name: value for name, value in named.items() if value}
    if bool(chosen) == everything:
        raise click.UsageError("name IDS, --model, --store or --reason, or else say --all")
    return chosen or {"all": True}
