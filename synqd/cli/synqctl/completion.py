"""Completion of what the running daemon knows; without one there is nothing to complete."""

from collections.abc import Callable, Iterable
from typing import Any

import click

from synqd.cli.synqctl.console import SOCKET, Console
from synqd.cli.synqctl.faults import ControlError

Complete = Callable[[click.Context, click.Parameter, str], list[str]]
PATIENCE = 1.0
"""Seconds: somebody waits with a finger on the key."""


def _completing(path: str, found: Callable[[Any], Iterable[object]]) -> Complete:
    def complete(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
        console = context.find_object(Console) or Console(context.find_root().params.get("socket") or SOCKET)
        try:
            answer = console.client.get(path, patience=PATIENCE)
        except ControlError:
            return []
        return [one for one in dict.fromkeys(map(str, found(answer))) if one.startswith(incomplete)]

    return complete


stores = _completing("/v1/status", lambda answer: (one["store"] for one in answer["streams"]))
workspaces = _completing("/v1/status", lambda answer: (one["workspace"] for one in answer["streams"]))
jobs = _completing("/v1/jobs", lambda answer: (one["id"] for one in answer["jobs"]))
letters = _completing("/v1/dead-letters", lambda answer: (one["id"] for one in answer["dead_letters"]))
reasons = _completing("/v1/dead-letters", lambda answer: (one["reason"] for one in answer["dead_letters"]))
