"""Looks at a job until it ends."""

import sys
import time
from typing import Any

from synqd.cli.synqctl import views
from synqd.cli.synqctl.console import Console, Failure
from synqd.cli.synqctl.progress import Meter
from synqd.cli.synqctl.text import cut
from synqd.models.text import clean
from synqd.runtime.say import redraw, say, say_json

FINAL = ("finished", "cancelled", "replaced")


def follow(console: Console, number: int, interval: float, timeout: float | None) -> None:
    """Watches a job to its end; an interrupt ends the watching, not the job."""
    try:
        last = _watch(console, number, interval, None if timeout is None else time.monotonic() + timeout)
    except KeyboardInterrupt:
        say("\nthe job goes on", err=True)
        return
    if last["state"] not in FINAL:
        waits = f"; it waits: {last['waits_for']}" if last["waits_for"] else ""
        raise Failure(f"job {number} goes on after {timeout:g} s{waits}", "timeout")
    if last["state"] != "finished":
        raise Failure(f"job {number} was {last['state']}")


def _watch(console: Console, number: int, interval: float, end: float | None) -> dict[str, Any]:
    """Looks until the job has ended; redraws one line on a terminal, else writes one for each look."""
    meter, redraws = Meter(), sys.stdout.isatty() and not console.as_json
    while True:
        answer: dict[str, Any] = console.client.get_again(f"/v1/jobs/{number}")
        line = meter.line(time.monotonic(), answer)
        if redraws:
            redraw(cut(line))
        elif console.as_json:
            say_json(answer)
        else:
            say(line)
        if answer["state"] in FINAL or (end is not None and time.monotonic() >= end):
            break
        time.sleep(interval)
    if not console.as_json:
        console.say(("\n\n" if redraws else "\n") + views.job(answer))
    return answer


class Waits:
    """Tells on standard error why something waits, once for each reason, where nothing is redrawn."""

    def __init__(self) -> None:
        self._told: str | None = None

    def tell(self, reason: str | None) -> None:
        """It waits for this now; None: it goes on."""
        if reason and reason != self._told:
            say(clean(f"waits: {reason}"), err=True)
        self._told = reason
