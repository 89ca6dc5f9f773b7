"""The verb that compares Magento with what was sent."""

import math
import sys
import time
from typing import Any

import click

from synqd.cli.synqctl import verifyviews
from synqd.cli.synqctl.console import (
    Console,
    Failure,
    Verb,
    interval_option,
    models_option,
    pass_console,
    stores_option,
    timeout_option,
)
from synqd.cli.synqctl.text import cut
from synqd.cli.synqctl.watching import Waits
from synqd.runtime.say import redraw, say


@click.command(cls=Verb)
@models_option
@stores_option
@click.option(
    "--remote",
    metavar="N",
    type=click.IntRange(0, 10_000),
    default=0,
    help="Also read back N items of each model and store view from Synerise.",
)
@click.option("--repair", is_flag=True, help="Enqueue what is wrong.")
@click.option("--no-wait", is_flag=True, help="Only start it; --last shows how it goes.")
@click.option("--last", is_flag=True, help="Start nothing, show the newest comparison.")
@interval_option
@timeout_option
@pass_console
def verify(
    console: Console,
    /,
    models: tuple[str, ...],
    stores: tuple[str, ...],
    interval: float,
    timeout: float | None,
    *,
    last: bool,
    no_wait: bool,
    **options: Any,
) -> None:
    """Compare Magento with what was sent: never sent, stale, gone in Magento.

    It runs in the daemon, also when you stop looking. The exit status is 1 when something is wrong that was
    not enqueued by --repair.
    """
    if last:
        console.show(console.client.get("/v1/verifications"), verifyviews.verification)
        return
    answer = console.client.post("/v1/verifications", {"models": models, "stores": stores, **options})
    if no_wait:
        console.show(answer, verifyviews.submitted)
        return
    try:
        answer = _watch(console, answer["id"], interval, timeout)
    except KeyboardInterrupt:
        say(console.hinting(f"\nverification {answer['id']} goes on; synqctl verify --last"), err=True)
        return
    if answer["state"] == "running":
        waits = f"; it waits: {answer['waits_for']}" if answer["waits_for"] else ""
        told = f"verification {answer['id']} goes on after {timeout:g} s{waits}; synqctl verify --last"
        raise Failure(told, "timeout")
    console.show(answer, verifyviews.verification)
    if answer["state"] != "finished":
        raise Failure(f"verification {answer['id']} was {answer['state']}")
    if wrong := verifyviews.wrong(answer):
        raise Failure(f"{wrong} items are wrong; {verifyviews.remedy(answer)} enqueues them")


def _watch(console: Console, number: int, interval: float, timeout: float | None) -> dict[str, Any]:
    """Looks until it has ended, or so long; on a terminal one line is redrawn."""
    redraws, waits = sys.stderr.isatty(), Waits()
    end = math.inf if timeout is None else time.monotonic() + timeout
    while True:
        answer: dict[str, Any] = console.client.get_again(f"/v1/verifications/{number}")
        if answer["state"] != "running" or time.monotonic() >= end:
            break
        if not redraws:
            waits.tell(answer["waits_for"])
        if redraws:
            redraw(cut(verifyviews.progress(answer)), err=True)
        time.sleep(interval)
    if redraws:
        redraw(err=True)
    return answer
