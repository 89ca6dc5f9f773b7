"""The status as people read it: health above, then store views by models."""

import difflib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from synqd.cli.synqctl.faults import ControlError
from synqd.cli.synqctl.text import GAP, NONE, ago, count, duration, local, room, short, table, who
from synqd.models.text import clean

View = Mapping[str, Any]
LANES = ("live", "batch", "full")
TOTAL = "all"


def status(answer: View) -> str:
    """Health, the matrix, and what waits or is left out."""
    lines = [*_health(answer), "", matrix(answer["streams"]), *_beside(answer["streams"]), *_unplaced(answer)]
    return "\n".join(lines)


def chosen(answer: View, model: str | None, store: str | None) -> View:
    """The status of some streams.

    Raises:
        ControlError: there is no such store view.
    """
    streams = [one for one in answer["streams"] if model in (None, one["model"])]
    codes = list(dict.fromkeys(one["store"] for one in streams))
    if store is not None and store not in codes:
        near = difflib.get_close_matches(store, codes, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there is {', '.join(codes) or 'none'}"
        raise ControlError(f"there is no synchronized store view {store!r}; {hint}", "not-found", "store")
    return {**answer, "streams": [one for one in streams if store in (None, one["store"])]}


def wide(answer: View) -> str:
    """The same with one row for each model of a store view, and everything that is known of it."""
    return "\n".join([*_health(answer), "", _streams(answer["streams"]), *_unplaced(answer)])


def _unplaced(answer: View) -> Iterator[str]:
    """Rows that are in no line above, so that all of them add up to what Magento has (S32)."""
    if answer["unplaced"]:
        told = ", ".join(f"{model} {count(number)}" for model, number in sorted(answer["unplaced"].items()))
        yield f"\nof no store view, not sent: {told}"


def _health(answer: View) -> Iterator[str]:
    words = [
        f"synqd {answer['version']}",
        "synchronization on" if answer["enabled"] else "synchronization OFF (enabled = false)",
        "making progress" if answer["alive"] else "STUCK",
        "ready" if answer["ready"] else "NOT READY",
        f"up {duration(answer['uptime'])}",
    ]
    yield clean(", ".join(words))
    if dead := sum(stream["failed"] for stream in answer["streams"]):
        yield f"! {count(dead)} dead letters: synqctl dead list"
    for check in answer["checks"]:
        if not check["ok"]:
            limit = duration(check["limit"])
            yield clean(f"! {check['name']}: no progress for {duration(check['age'])} (limit {limit})")
        elif check["trouble"]:
            yield clean(f"! {check['name']} waits: {check['trouble']}")
    for condition in answer["conditions"]:
        if not condition["usable"]:
            yield clean(f"! {condition['name']} cannot be used: {condition['detail'] or 'no reason known'}")
    for breaker in answer["breakers"]:
        where = f"{breaker['workspace']} {breaker['endpoint']}"
        again = (
            f"; next try in {duration(breaker['next_try'])}" if breaker["next_try"] else "; is being tried"
        )
        yield clean(f"! circuit breaker of {where} is {breaker['state']}: {breaker['detail'] or NONE}{again}")
    for log in answer["changelogs"]:
        if log["rows"]:
            yield clean(f"{log['source']}: {count(log['rows'])} rows behind, {duration(log['seconds'])}")
    yield from holds(answer["holds"])
    yield from (clean(f"* {notice}") for notice in answer["notices"])


def holds(found: Sequence[View]) -> Iterator[str]:
    """What operators have paused."""
    for hold in found:
        what = f"{hold['model'] or 'all models'} of {hold['workspace'] or 'all workspaces'}"
        yield clean(f"paused: {what}, since {local(hold['since'])} by {who(hold['by'])}")


def matrix(streams: Sequence[View]) -> str:
    """Store views by models, each cell ``sent/total !failed``; numbers are cut short where it is narrow."""
    if not streams:
        return "no store view is synchronized"
    models = list(dict.fromkeys(sorted(stream["model"] for stream in streams)))
    for number in (count, short):
        cells: dict[str, dict[str, str]] = defaultdict(dict)
        for stream in streams:
            cells[stream["store"]][stream["model"]] = _cell(stream, number)
        summed = {model: _cell(_sum(streams, model), number) for model in models}
        rows = [[store, *(own.get(model, "") for model in models)] for store, own in cells.items()]
        rows += [[TOTAL, *(summed[model] for model in models)]] if len(rows) > 1 else []
        widths = [max(map(len, column)) for column in zip(["SENT/MAGENTO", *models], *rows, strict=True)]
        columns = room()
        if columns is None or sum(widths) + GAP * len(models) <= columns:
            break
    heads = ["SENT/MAGENTO", *(model.upper() for model in models)]
    return table(heads, rows, right=range(1, len(heads)), wide=(0,))


def _cell(stream: View, number: Any) -> str:
    stale = "?" if stream["total_stale"] else ""
    failed = f" !{number(stream['failed'])}" if stream["failed"] else ""
    return f"{number(stream['sent'])}/{number(stream['total'])}{stale}{failed}"


def _sum(streams: Sequence[View], model: str) -> View:
    own = [stream for stream in streams if stream["model"] == model]
    totals = [stream["total"] for stream in own]
    return {
        "sent": sum(stream["sent"] for stream in own),
        "total": None if None in totals else sum(totals),
        "total_stale": any(stream["total_stale"] for stream in own),
        "failed": sum(stream["failed"] for stream in own),
    }


def _beside(streams: Sequence[View]) -> Iterator[str]:
    """What waits, when something was sent last, what is left out and why."""
    if any(stream["total_stale"] for stream in streams):
        yield "? counted before the last items came or went, or long ago; it will be counted again"
    for stream in streams:
        waits = [f"{count(stream['waiting'][lane])} {lane}" for lane in LANES if stream["waiting"][lane]]
        if waits:
            lag = f", oldest change {duration(stream['lag'])}" if stream["lag"] is not None else ""
            yield clean(f"waiting: {stream['store']} {stream['model']} {', '.join(waits)}{lag}")
    sent = [stream["last_sent"] for stream in streams if stream["last_sent"]]
    if sent:
        yield f"last sent {ago(max(sent))}"
    yield from _left_out(streams)


def _left_out(streams: Sequence[View]) -> Iterator[str]:
    reasons: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for stream in streams:
        for reason, number in stream["skipped"].items():
            reasons[stream["model"], reason][stream["store"]] += number
    for (model, reason), stores in sorted(reasons.items(), key=lambda one: (one[0][0], -one[1].total())):
        where = ", ".join(f"{store} {count(number)}" for store, number in stores.items())
        yield clean(f"left out: {count(stores.total())} {model} ({where}): {reason}")


def _streams(streams: Sequence[View]) -> str:
    heads = ["STORE", "MODEL", "WORKSPACE", "MAGENTO", "SENT", "SKIPPED", "LIVE", "BATCH", "FULL", "FAILED"]
    heads += ["LAST SENT", "LAG"]
    rows = [
        [
            stream["store"],
            stream["model"],
            stream["workspace"],
            count(stream["total"]) + ("?" if stream["total_stale"] else ""),
            count(stream["sent"]),
            count(sum(stream["skipped"].values())),
            *(count(stream["waiting"][lane]) for lane in LANES),
            count(stream["failed"]),
            ago(stream["last_sent"]),
            duration(stream["lag"]),
        ]
        for stream in streams
    ]
    return table(heads, rows, right=(3, 4, 5, 6, 7, 8, 9, 11), wide=(0, 2))
