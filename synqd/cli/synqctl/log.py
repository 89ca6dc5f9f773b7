"""The verb for the synchronization log."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import click

from synqd.cli.synqctl import logviews
from synqd.cli.synqctl.completion import stores
from synqd.cli.synqctl.console import MODELS, Console, Verb, interval_option, pass_console
from synqd.cli.synqctl.moments import moment
from synqd.runtime.say import say, say_json

PAGE = 500
"""Lines of one answer."""
LIMIT = 50
FORMATS = ("text", "csv", "json-lines")


def _since(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    if value is None:
        return None
    try:
        return moment(value, datetime.now(UTC)).astimezone(UTC).isoformat()
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


@click.command(cls=Verb)
@click.option("--job", type=click.IntRange(1), help="Only of this job.")
@click.option("--model", type=MODELS, help="Only of this model.")
@click.option("--store", metavar="CODE", shell_complete=stores, help="Only of this store view.")
@click.option(
    "--entity",
    metavar="KEY",
    help="Only of this entity (id, SKU, order number or e-mail, also one of before), with all that is known"
    " of it; of an e-mail everything of the person.",
)
@click.option(
    "--since",
    callback=_since,
    metavar="TIME",
    help="Only what is not older, like 2h, 7d, 14:30 or 2026-11-30; then all of it.",
)
@click.option("--search", metavar="TEXT", help="Only lines with this text, in whatever case.")
@click.option("--failed", is_flag=True, help="Only what went wrong.")
@click.option("--all", "everything", is_flag=True, help="Also changes of which nothing had to be sent.")
@click.option(
    "--limit", type=click.IntRange(1), help=f"Most lines.  [default: {LIMIT}, with --since no limit]"
)
@click.option("--follow", is_flag=True, help="Go on with what is written from now on.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True, help="How.")
@interval_option
@pass_console
def log(
    console: Console, /, interval: float, form: str, limit: int | None, *, follow: bool, **query: Any
) -> None:
    """Show the synchronization log: live deliveries, jobs, chunks and everything that went wrong.

    With --entity it answers whether an entity was sent, when, and what Synerise said. With --follow and
    --json, and with --format json-lines, each line is a JSON object.
    """
    limit = limit or (None if query["since"] else LIMIT)
    answer = _newest(console, query, limit)
    form = "json-lines" if console.as_json and follow and form == "text" else form
    if form == "text" and not follow:
        console.show(answer, logviews.log)
        return
    write = _writer(console, form)
    write(answer)
    try:
        while follow:
            time.sleep(interval)
            answer = _rest(console, query, answer["last"], write)
    except KeyboardInterrupt:
        return


def _newest(console: Console, query: dict[str, Any], limit: int | None) -> Any:
    """The newest lines, oldest first, however many; the rest as the first answer had it."""
    first = console.client.get("/v1/log", **query, limit=min(limit or PAGE, PAGE))
    pages, page = [first["lines"]], first
    left = None if limit is None else limit - len(first["lines"])
    while len(page["lines"]) == PAGE and left != 0:
        before = page["lines"][0]["number"]
        page = console.client.get("/v1/log", **query, limit=min(left or PAGE, PAGE), before=before)
        pages.append(page["lines"])
        left = None if left is None else left - len(page["lines"])
    return {**first, "lines": [line for lines in reversed(pages) for line in lines]}


def _rest(console: Console, query: dict[str, Any], last: int, write: Callable[[Any], None]) -> Any:
    """Writes everything after a line; returns the last answer."""
    while True:
        answer = console.client.get_again("/v1/log", **{**query, "limit": PAGE, "after": last})
        write(answer)
        if len(answer["lines"]) < PAGE:
            return answer
        last = answer["last"]


def _writer(console: Console, form: str) -> Callable[[Any], None]:
    """Writes answers one after the other."""
    if form == "csv":
        say(logviews.csv_head())
        return lambda answer: _say_all(map(logviews.csv_line, answer["lines"]))
    if form == "json-lines":
        return _json_lines

    def write(answer: Any) -> None:
        if text := logviews.log(answer):
            console.say(text)

    return write


def _json_lines(answer: Any) -> None:
    for line in (*answer["items"], *answer["lines"]):
        say_json(line)


def _say_all(lines: Iterator[str]) -> None:
    for line in lines:
        say(line)
