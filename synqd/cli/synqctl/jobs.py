"""Verbs that start and steer synchronizations."""

import json
from collections.abc import Iterable, Iterator
from typing import IO, Any

import click

from synqd.cli.synqctl import dryviews, views
from synqd.cli.synqctl.completion import jobs as ids
from synqd.cli.synqctl.console import (
    MODELS,
    Console,
    Failure,
    Verb,
    Verbs,
    dry_run_option,
    interval_option,
    models_option,
    pass_console,
    stores_option,
    timeout_option,
    watch_option,
)
from synqd.cli.synqctl.watching import follow

DRY_TIMEOUT = 600.0
"""Seconds for looking at everything that would be sent."""
BY = ("ids", "skus", "increment_ids", "emails")


@click.command(cls=Verb)
@models_option
@stores_option
@click.option("--all-stores", is_flag=True, help="All store views that are switched on (the default).")
@click.option("--changed-only", is_flag=True, help="Leave out what is as it was sent last.")
@click.option("--reassert-consent", is_flag=True, help="Send e-mail agreements again that were sent before.")
@dry_run_option
@watch_option
@interval_option
@timeout_option
@pass_console
def full(
    console: Console,
    /,
    models: tuple[str, ...],
    stores: tuple[str, ...],
    interval: float,
    timeout: float | None,
    *,
    all_stores: bool,
    dry_run: bool,
    watch: bool,
    **options: bool,
) -> None:
    """Schedule a full synchronization."""
    if all_stores and stores:
        raise click.UsageError("--store and --all-stores exclude each other")
    request = {"kind": "full", "models": models, "stores": stores}
    if dry_run:
        told = console.client.post("/v1/dry-runs", {**request, **options}, DRY_TIMEOUT)
        console.show(told, dryviews.dry_run)
        return
    answer = console.client.post("/v1/jobs", {**request, **options})
    console.show(answer, views.submitted)
    if watch:
        follow(console, answer["id"], interval, timeout)


@click.command(cls=Verb)
@click.argument("model", type=MODELS)
@stores_option
@click.option("--ids", multiple=True, help="Entity ids, separated by commas; may be repeated.")
@click.option("--skus", multiple=True, help="SKUs of products, likewise.")
@click.option("--increment-ids", multiple=True, help="Numbers of orders, likewise.")
@click.option("--emails", multiple=True, help="Addresses of customers or subscribers, likewise.")
@click.option("--from-file", type=click.File(encoding="utf-8-sig"), help="One a line; - is standard input.")
@click.option(
    "--by",
    type=click.Choice([name.replace("_", "-") for name in BY]),
    default="ids",
    show_default=True,
    help="What the lines of --from-file are.",
)
@dry_run_option
@watch_option
@interval_option
@timeout_option
@pass_console
def batch(
    console: Console,
    /,
    model: str,
    stores: tuple[str, ...],
    from_file: IO[str] | None,
    by: str,
    *,
    dry_run: bool,
    watch: bool,
    **options: Any,
) -> None:
    """Schedule a batch of chosen items.

    It is accepted whole or not at all; keys that are not in Magento are named and left out.

    A SKU that holds a comma has to come from a file.
    """
    given = [name for name in BY if options[name]]
    if len(given) + (from_file is not None) != 1:
        raise click.UsageError("give one of --ids, --skus, --increment-ids, --emails, --from-file")
    chosen = given[0] if given else by.replace("-", "_")
    header = {"kind": "batch", "model": model, "stores": stores, "by": chosen}
    keys = _split(options[chosen]) if from_file is None else _lines(from_file)
    if dry_run:
        told = console.client.stream("/v1/dry-runs", _encoded(header, keys, chosen))
        console.show(told, dryviews.dry_run)
        return
    answer = console.client.stream("/v1/jobs", _encoded(header, keys, chosen))
    console.show(answer, views.submitted)
    if watch:
        follow(console, answer["id"], options["interval"], options["timeout"])


def _split(texts: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Where it stands, for messages, and the key."""
    for text in texts:
        for key in text.split(","):
            yield repr(key.strip()), key.strip()


def _lines(file: IO[str]) -> Iterator[tuple[str, str]]:
    try:
        for number, line in enumerate(file, 1):
            yield f"line {number}: {line.strip()!r}", line.strip()
    except UnicodeDecodeError as error:
        raise Failure(f"the list is not UTF-8 text: {error.reason}; nothing was scheduled") from error


def _encoded(header: dict[str, Any], keys: Iterable[tuple[str, str]], by: str) -> Iterator[str]:
    yield json.dumps(header)
    for place, key in keys:
        if not key:
            continue
        if by == "ids" and not (key.isascii() and key.isdecimal() and int(key)):
            raise Failure(f"{place} is not an id; nothing was scheduled")
        yield str(int(key)) if by == "ids" else json.dumps(key)


@click.command(cls=Verb)
@click.option(
    "--limit", type=click.IntRange(1, 500), default=20, show_default=True, help="Most jobs to list."
)
@click.option("--before", type=click.IntRange(1), help="Only jobs older than this one.")
@click.option("--unfinished", is_flag=True, help="Only jobs that have not ended.")
@pass_console
def jobs(console: Console, limit: int, before: int | None, *, unfinished: bool) -> None:
    """List jobs, newest first."""
    query: dict[str, Any] = {"limit": limit, "before": before, "unfinished": unfinished}
    console.show(console.client.get("/v1/jobs", **query), views.jobs)


@click.group(cls=Verbs)
def job() -> None:
    """Show, pause, resume or cancel a job."""


@job.command()
@click.argument("number", metavar="ID", type=click.IntRange(1), shell_complete=ids)
@watch_option
@interval_option
@timeout_option
@pass_console
def show(console: Console, number: int, interval: float, timeout: float | None, *, watch: bool) -> None:
    """Show state, counts and reasons of a job.

    With --watch the exit status is 1 when the job was cancelled or replaced.
    """
    if not watch:
        console.show(console.client.get(f"/v1/jobs/{number}"), views.job)
    else:
        follow(console, number, interval, timeout)


def _steer(verb: str, says: str) -> None:
    @job.command(name=verb, help=says)
    @click.argument("number", metavar="ID", type=click.IntRange(1), shell_complete=ids)
    @pass_console
    def steer(console: Console, number: int) -> None:
        answer = console.client.post(f"/v1/jobs/{number}/{verb}")
        console.show(answer, lambda job: f"job {job['id']}: {job['state']}")


_steer("pause", "Stop a job; what is in flight is delivered.")
_steer("resume", "Go on where a job was paused.")
_steer("cancel", "End a job and drop what only it wants.")
