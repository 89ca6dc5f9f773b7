"""Comparisons as people read them."""

from collections.abc import Mapping
from typing import Any

from synqd.cli.synqctl.text import count, local, table
from synqd.models.text import clean

View = Mapping[str, Any]

LOCAL = ("total", "checked", "correct", "waiting", "skipped", "missing", "stale", "gone")
REMOTE = ("read", "absent", "different", "unreadable")
FAULTS = ("missing", "stale", "gone", "absent", "different")


def wrong(answer: View) -> int:
    """Items that are wrong and were not enqueued."""
    found = sum(int(part[name]) for part in answer["parts"] for name in FAULTS)
    return max(0, found - sum(int(part["repaired"]) for part in answer["parts"]))


def submitted(answer: View) -> str:
    """A comparison was started."""
    return f"verification {answer['id']} started; synqctl verify --last"


def progress(answer: View) -> str:
    """One line while it runs."""
    checked = sum(part["checked"] for part in answer["parts"])
    totals = [part["total"] for part in answer["parts"]]
    total = sum(totals) if None not in totals else None
    waits = f"  waits: {answer['waits_for']}" if answer["waits_for"] else ""
    return clean(f"{count(checked)}/{count(total)} checked, {count(wrong(answer))} wrong{waits}")


def verification(answer: View) -> str:
    """Figures by model and store view, and the first findings by name."""
    ended = f", ended {local(answer['finished_at'])}" if answer["finished_at"] else ""
    waits = f"\nwaits: {answer['waits_for']}" if answer["waits_for"] else ""
    head = f"verification {answer['id']}: {answer['state']}, by {answer['origin']}"
    lines = [clean(f"{head} at {local(answer['created_at'])}{ended}") + clean(waits), "", _figures(answer)]
    findings = [
        [part["store"], part["model"], one["kind"], str(one["entity_id"]), one["wire_key"], one["detail"]]
        for part in answer["parts"]
        for one in part["findings"]
    ]
    if findings:
        lines += ["", table(["STORE", "MODEL", "WHAT", "ENTITY", "KEY", "DETAIL"], findings, right=(3,))]
    return "\n".join(lines)


def _figures(answer: View) -> str:
    old = ["old_alive"] if any(part["old_alive"] for part in answer["parts"]) else []
    names = [*LOCAL, *old, *(REMOTE if answer["remote"] else ()), *(["repaired"] if answer["repair"] else [])]
    rows = [
        [part["store"], part["model"], *(count(part[name]) for name in names)] for part in answer["parts"]
    ]
    heads = ["STORE", "MODEL", *(name.upper().replace("_", " ") for name in names)]
    return table(heads, rows, right=range(2, len(heads)))
