"""The verb for the synchronization log."""

import time
from typing import Any

import click

from synqd.cli.synqctl import logviews
from synqd.cli.synqctl.console import MODELS, Console, Verb, interval_option, pass_console
from synqd.runtime.say import say, say_json

PAGE = 500


@click.command(cls=Verb)
@click.option("--job", type=click.IntRange(1), help="Only of this job.")
@click.option("--model", type=MODELS, help="Only of this model.")
@click.option("--store", metavar="CODE", help="Only of this store view.")
@click.option(
    "--entity",
    metavar="KEY",
    help="Only of this entity (id, SKU, order number or e-mail), with all that is known of it.",
)
@click.option("--limit", type=click.IntRange(1, PAGE), default=50, show_default=True, help="Most lines.")
@click.option("--follow", is_flag=True, help="Go on with what is written from now on.")
@interval_option
@pass_console
def log(console: Console, /, interval: float, *, follow: bool, **query: Any) -> None:
    """Show the synchronization log: jobs, chunks and everything that went wrong.

    With --entity it answers whether an entity was sent, when, and what Synerise said. With --follow and
    --json each line is a JSON object.
    """
    answer = console.client.get("/v1/log", **query)
    if not follow:
        console.show(answer, logviews.log)
        return
    _write(console, answer)
    try:
        while True:
            time.sleep(interval)
            answer = _rest(console, query, answer["last"])
    except KeyboardInterrupt:
        return


def _rest(console: Console, query: dict[str, Any], last: int) -> Any:
    """Writes everything after a line; returns the last answer."""
    while True:
        answer = console.client.get_again("/v1/log", **{**query, "limit": PAGE, "after": last})
        _write(console, answer)
        if len(answer["lines"]) < PAGE:
            return answer
        last = answer["last"]


def _write(console: Console, answer: Any) -> None:
    if console.as_json:
        for line in (*answer["items"], *answer["lines"]):
            say_json(line)
    elif text := logviews.log(answer):
        say(text)
