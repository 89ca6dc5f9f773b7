"""Answers as people read them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from synqd.cli.synqctl import statusviews
from synqd.cli.synqctl.progress import expected, settled
from synqd.cli.synqctl.text import NONE, ago, count, duration, local, table, who
from synqd.models.text import clean

View = Mapping[str, Any]
PART = ("total", "selected", "waiting", "sent", "unchanged", "skipped", "dead", "dropped")
ALWAYS = ("total", "sent")


def holds(answer: View) -> str:
    """What is paused now."""
    return "\n".join(statusviews.holds(answer["holds"])) or "nothing is paused"


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
            ago(job["created_at"]),
            who(job["origin"]),
        ]
        for job in answer["jobs"]
    ]
    more = f"\nmore: --before {answer['next_before']}" if answer["next_before"] else ""
    return table(heads, rows, right=(0, 5, 6, 7), wide=(3, 4, 9)) + more


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
        f"by {who(answer['origin'])} at {local(answer['created_at'])}"
        + (f", ended {local(answer['finished_at'])}" if answer["finished_at"] else ""),
        *_speed(answer),
        *_unknown(answer),
    ]
    reasons = [
        [part["store"], part["model"], count(number), reason]
        for part in answer["parts"]
        for reason, number in sorted(part["reasons"].items(), key=lambda entry: -entry[1])
    ]
    lines = [*(clean(line) for line in lines), "", _parts(answer["parts"])]
    if reasons:
        lines += ["", table(["STORE", "MODEL", "ITEMS", "REASON"], reasons, right=(2,), wide=(0, 3))]
    return "\n".join(lines)


def _parts(parts: Sequence[View]) -> str:
    """A row for each model of a store view, and one for all; columns of nothing but 0 are left out."""
    figures = [*(name for name in PART if any(part[name] for part in parts) or name in ALWAYS)]
    heads = ["STORE", "MODEL", "STATE", *(name.upper() for name in figures)]
    rows = [
        [part["store"], part["model"], part["state"], *(count(part[name]) for name in figures)]
        for part in parts
    ]
    if len(rows) > 1:
        totals = [[part[name] for part in parts] for name in figures]
        rows.append(["all", "", "", *(count(None if None in one else sum(one)) for one in totals)])
    return table(heads, rows, right=range(3, len(heads)), wide=(0, 2))


def _speed(answer: View) -> Iterator[str]:
    if answer["rate"]:
        left = answer["seconds_left"]
        yield f"{answer['rate']:,.1f} items/s" + (f", {duration(left)} left" if left is not None else "")


def dead_letters(answer: View) -> str:
    """A list of dead letters."""
    if not answer["dead_letters"]:
        return "no dead letters"
    heads = ["ID", "STORE", "MODEL", "KEY", "REASON", "STATUS", "BURIED", "DETAIL"]
    rows = [
        [
            str(letter["id"]),
            letter["store"],
            letter["model"],
            letter["wire_key"] or str(letter["entity_id"]),
            letter["reason"],
            NONE if letter["status"] is None else str(letter["status"]),
            ago(letter["buried_at"]),
            letter["detail"],
        ]
        for letter in answer["dead_letters"]
    ]
    more = f"\nmore: --after {answer['next_after']}" if answer["next_after"] else ""
    return table(heads, rows, right=(0, 5), wide=(1, 3, 7)) + more


def dead_letter(answer: View) -> str:
    """One dead letter with everything that is known."""
    times = {name: local(answer[name]) for name in ("first_at", "buried_at")}
    shown = {**answer, **times, "retried_at": answer["retried_at"] and local(answer["retried_at"])}
    texts = {name: shown.pop(name) for name in ("answer", "payload")}
    width = max(len(name) for name in shown)
    lines = [
        f"{name.replace('_', ' '):<{width}}  {NONE if value is None else clean(value)}"
        for name, value in shown.items()
    ]
    for name, text in texts.items():
        lines += [f"{name}:", *(f"  {clean(line)}" for line in _readable(text).split("\n"))]
    return "\n".join(lines)


def _readable(text: str | None) -> str:
    """JSON with a field a line; everything else as it is."""
    if text is None:
        return NONE
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text


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
