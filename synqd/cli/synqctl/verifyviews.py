"""Comparisons as people read them."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from synqd.cli.synqctl.text import count, local, table, who
from synqd.models.text import clean

View = Mapping[str, Any]

LOCAL = ("total", "checked", "correct", "waiting", "skipped", "missing", "stale", "gone")
REMOTE = ("read", "absent", "different")
FAULTS = ("missing", "stale", "gone", "absent", "different")
FOOTNOTE = "unreadable"


def wrong(answer: View) -> int:
    """Items that are wrong and were not enqueued."""
    found = sum(int(part[name]) for part in answer["parts"] for name in FAULTS)
    return max(0, found - sum(int(part["repaired"]) for part in answer["parts"]))


def remedy(answer: View) -> str:
    """The command that enqueues what is wrong: of the same models and store views, read back alike."""
    bad = [part for part in answer["parts"] if any(part[name] for name in FAULTS)]
    models = "".join(f" --model {one}" for one in dict.fromkeys(part["model"] for part in bad))
    stores = "".join(f" --store {clean(one)}" for one in dict.fromkeys(part["store"] for part in bad))
    remote = f" --remote {answer['remote']}" if answer["remote"] else ""
    return f"synqctl verify{models}{stores}{remote} --repair"


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
    head = f"verification {answer['id']}: {answer['state']}, by {who(answer['origin'])}"
    lines = [clean(f"{head} at {local(answer['created_at'])}{ended}")]
    lines += [clean(f"waits: {answer['waits_for']}")] if answer["waits_for"] else []
    lines += ["", _figures(answer)]
    findings = [
        [part["store"], part["model"], one["kind"], one["wire_key"] or str(one["entity_id"]), one["detail"]]
        for part in answer["parts"]
        for one in part["findings"]
        if one["kind"] != FOOTNOTE
    ]
    if findings:
        heads = ["STORE", "MODEL", "WHAT", "KEY", "DETAIL"]
        lines += ["", table(heads, findings, wide=(0, 3, 4))]
    return "\n".join([*lines, *_footnotes(answer)])


def _figures(answer: View) -> str:
    old = ["old_alive"] if any(part["old_alive"] for part in answer["parts"]) else []
    names = [*LOCAL, *old, *(REMOTE if answer["remote"] else ()), *(["repaired"] if answer["repair"] else [])]
    shown = [name for name in names if name in LOCAL[:3] or any(part[name] for part in answer["parts"])]
    rows = [
        [part["store"], part["model"], *(count(part[name]) for name in shown)] for part in answer["parts"]
    ]
    if len(rows) > 1:
        sums = [[part[name] for part in answer["parts"]] for name in shown]
        rows.append(["all", "", *(count(None if None in one else sum(one)) for one in sums)])
    heads = ["STORE", "MODEL", *(name.upper().replace("_", " ") for name in shown)]
    return table(heads, rows, right=range(2, len(heads)), wide=(0,))


def _footnotes(answer: View) -> Iterator[str]:
    """What was not read back, and why: a line for each reason, however many items."""
    reasons: Counter[tuple[str, str]] = Counter()
    told = Counter[str]()
    for part in answer["parts"]:
        for one in part["findings"]:
            if one["kind"] == FOOTNOTE:
                reasons[part["model"], one["detail"]] += 1
        told[part["model"]] += part[FOOTNOTE]
    if not any(told.values()):
        return
    yield ""
    for model, number in told.items():
        why = "; ".join(reason for (one, reason) in reasons if one == model)
        if number:
            yield clean(f"not read back: {count(number)} {model} items: {why or 'no reason known'}")
