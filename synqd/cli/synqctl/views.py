"""Answers as people read them."""

from collections.abc import Iterator, Mapping
from typing import Any

from synqd.cli.synqctl.progress import expected, settled
from synqd.cli.synqctl.text import NONE, ago, count, duration, local, table
from synqd.models.text import clean

View = Mapping[str, Any]


def status(answer: View) -> str:
    """Health above, one table below."""
    return "\n".join([*_health(answer), "", _streams(answer)])


def _health(answer: View) -> Iterator[str]:
    words = [
        f"synqd {answer['version']}",
        "synchronization on" if answer["enabled"] else "synchronization OFF (enabled = false)",
        "making progress" if answer["alive"] else "STUCK",
        "ready" if answer["ready"] else "NOT READY",
        f"up {duration(answer['uptime'])}",
    ]
    yield clean(", ".join(words))
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
        yield clean(f"! circuit breaker of {where} is {breaker['state']}: {breaker['detail'] or NONE}")
    for log in answer["changelogs"]:
        if log["rows"]:
            yield clean(f"{log['source']}: {count(log['rows'])} rows behind, {duration(log['seconds'])}")
    yield from _holds(answer["holds"])
    yield from (clean(f"* {notice}") for notice in answer["notices"])


def _holds(found: list[View]) -> Iterator[str]:
    for hold in found:
        what = f"{hold['model'] or 'all models'} of {hold['workspace'] or 'all workspaces'}"
        yield clean(f"paused: {what}, since {local(hold['since'])} by {hold['by']}")


def holds(answer: View) -> str:
    """What is paused now."""
    return "\n".join(_holds(answer["holds"])) or "nothing is paused"


def _streams(answer: View) -> str:
    heads = [
        "STORE",
        "MODEL",
        "WORKSPACE",
        "MAGENTO",
        "SENT",
        "LIVE",
        "BATCH",
        "FULL",
        "FAILED",
        "LAST SENT",
        "LAG",
    ]
    rows = [
        [
            stream["store"],
            stream["model"],
            stream["workspace"],
            count(stream["total"]) + ("?" if stream["total_stale"] else ""),
            count(stream["sent"]),
            *(count(stream["waiting"][lane]) for lane in ("live", "batch", "full")),
            count(stream["failed"]),
            ago(stream["last_sent"]),
            duration(stream["lag"]),
        ]
        for stream in answer["streams"]
    ]
    stale = any(stream["total_stale"] for stream in answer["streams"])
    note = "\n? counted before the last items came, or long ago; it will be counted again"
    return table(heads, rows, right=(3, 4, 5, 6, 7, 8, 10)) + (note if stale else "")


def jobs(answer: View) -> str:
    """The bulk log."""
    if not answer["jobs"]:
        return "no jobs"
    heads = ["ID", "KIND", "STATE", "MODELS", "STORES", "DONE", "TOTAL", "FAILED", "STARTED", "BY"]
    rows = [
        [
            str(job["id"]),
            job["kind"],
            job["state"],
            ",".join(sorted({part["model"] for part in job["parts"]})),
            ",".join(sorted({part["store"] for part in job["parts"]})),
            count(settled(job)),
            count(expected(job)),
            count(sum(part["dead"] for part in job["parts"])),
            local(job["created_at"]),
            job["origin"],
        ]
        for job in answer["jobs"]
    ]
    more = f"\nmore: --before {answer['next_before']}" if answer["next_before"] else ""
    return table(heads, rows, right=(0, 5, 6, 7)) + more


def submitted(answer: View) -> str:
    """A job was accepted."""
    accepted = f"job {answer['id']} accepted; synqctl job show {answer['id']} --watch"
    return "\n".join([accepted, *_unknown(answer)])


def _unknown(answer: View) -> Iterator[str]:
    """Keys that lead to nothing, by name."""
    if answer["waits_for"]:
        yield clean(f"waits: {answer['waits_for']}")
    if answer["looking_up"]:
        yield "the keys will be looked up as soon as Magento answers"
    if answer["unknown"]:
        yield f"{count(answer['unknown'])} of the keys lead to nothing and are left out:"
        yield from (clean(f"  {one['key']}: {one['reason']}") for one in answer["unknown_keys"])
        if more := answer["unknown"] - len(answer["unknown_keys"]):
            yield f"  and {count(more)} more"


def job(answer: View) -> str:
    """One job, its parts and its reasons."""
    options = [name.replace("_", " ") for name in ("changed_only", "reassert_consent") if answer[name]]
    lines = [
        f"job {answer['id']}: {', '.join([answer['kind'], *options])}, {answer['state']}",
        f"by {answer['origin']} at {local(answer['created_at'])}"
        + (f", ended {local(answer['finished_at'])}" if answer["finished_at"] else ""),
        *_speed(answer),
        *_unknown(answer),
    ]
    names = ("total", "selected", "waiting", "sent", "unchanged", "skipped", "dead", "dropped")
    heads = ["STORE", "MODEL", "STATE", *(name.upper() for name in names)]
    rows = [
        [part["store"], part["model"], part["state"], *(count(part[name]) for name in names)]
        for part in answer["parts"]
    ]
    reasons = [
        [part["store"], part["model"], count(number), reason]
        for part in answer["parts"]
        for reason, number in sorted(part["reasons"].items(), key=lambda entry: -entry[1])
    ]
    lines = [*(clean(line) for line in lines), "", table(heads, rows, right=range(3, 11))]
    if reasons:
        lines += ["", table(["STORE", "MODEL", "ITEMS", "REASON"], reasons, right=(2,))]
    return "\n".join(lines)


def _speed(answer: View) -> Iterator[str]:
    if answer["rate"]:
        left = answer["seconds_left"]
        yield f"{answer['rate']:,.1f} items/s" + (f", {duration(left)} left" if left is not None else "")


def dead_letters(answer: View) -> str:
    """A list of dead letters."""
    if not answer["dead_letters"]:
        return "no dead letters"
    heads = ["ID", "STORE", "MODEL", "ENTITY", "REASON", "STATUS", "BURIED", "DETAIL"]
    rows = [
        [
            str(letter["id"]),
            letter["store"],
            letter["model"],
            str(letter["entity_id"]),
            letter["reason"],
            NONE if letter["status"] is None else str(letter["status"]),
            ago(letter["buried_at"]),
            letter["detail"],
        ]
        for letter in answer["dead_letters"]
    ]
    more = f"\nmore: --after {answer['next_after']}" if answer["next_after"] else ""
    return table(heads, rows, right=(0, 3, 5)) + more


def dead_letter(answer: View) -> str:
    """One dead letter with everything that is known."""
    shown = {**answer, "first_at": local(answer["first_at"]), "buried_at": local(answer["buried_at"])}
    width = max(len(name) for name in shown)
    return "\n".join(
        f"{name.replace('_', ' '):<{width}}  {NONE if value is None else clean(value)}"
        for name, value in shown.items()
    )


def affected(did: str) -> Any:
    """How many dead letters a verb touched."""
    return lambda answer: f"{count(answer['count'])} dead letters {did}"


def forgotten(answer: View) -> str:
    """What was erased, and what was not."""
    whose = ", ".join(f"{count(number)} {model}s" for model, number in answer["entities"].items())
    erased = ", ".join(f"{count(number)} {name}" for name, number in answer["erased"].items())
    lines = [f"forgotten: {whose or 'nobody in Magento or the queue file'}", f"erased: {erased or 'nothing'}"]
    lines += ["not erased:", *(f"  {one}" for one in answer["remains"])]
    return "\n".join(clean(line) for line in lines)


def readmitted(answer: View) -> str:
    """People who are synchronized again."""
    return f"{count(answer['count'])} readmitted: sent again from the next change, batch or full run on"


def reloaded(answer: View) -> str:
    """What a reload changed."""
    lines = [f"changed: {', '.join(answer['changed'])}" if answer["changed"] else "nothing changed"]
    if answer["restart_needed"]:
        lines.append(f"needs a restart: {', '.join(answer['restart_needed'])}")
    lines += answer.get("notes", ())
    return "\n".join(clean(line) for line in lines)
