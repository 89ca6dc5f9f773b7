"""What a synchronization would do, as people read it."""

from collections.abc import Iterator, Mapping
from typing import Any

from synqd.cli.synqctl.text import count, duration, table
from synqd.models.text import clean

View = Mapping[str, Any]
FIGURES = ("total", "send", "remove", "unchanged", "skipped", "requests")


def dry_run(answer: View) -> str:
    """The sum in a line, figures by store view and model, and why items would be left out."""
    lines = [clean(line) for line in _head(answer)]
    parts = answer["parts"]
    rows = [[part["store"], part["model"], *(count(part[name]) for name in FIGURES)] for part in parts]
    if len(rows) > 1:
        rows.append(["all", "", *(count(sum(part[name] for part in parts)) for name in FIGURES)])
    heads = ["STORE", "MODEL", *(name.upper() for name in FIGURES)]
    lines += ["", table(heads, rows, right=range(2, len(heads)), wide=(0,))]
    reasons = [
        [part["store"], part["model"], count(number), reason]
        for part in parts
        for reason, number in part["reasons"].items()
    ]
    if reasons:
        lines += ["", table(["STORE", "MODEL", "ITEMS", "REASON"], reasons, right=(2,), wide=(0, 3))]
    return "\n".join(lines)


def _head(answer: View) -> Iterator[str]:
    sums = {name: sum(part[name] for part in answer["parts"]) for name in FIGURES}
    about = "about " if answer["estimated"] else ""
    takes = f"about {duration(answer['seconds'])}" if answer["seconds"] is not None else None
    yield (
        f"would send {about}{count(sums['send'])}, remove {count(sums['remove'])},"
        f" skip {count(sums['skipped'])}, leave {count(sums['unchanged'])} as they are;"
        f" about {count(sums['requests'])} requests,"
        f" {takes or 'how long nobody can say before the first synchronization'}"
    )
    yield "nothing was sent or enqueued"
    if answer["estimated"]:
        looked = sum(part["looked_at"] for part in answer["parts"])
        yield f"estimated: {count(looked)} of {count(sums['total'])} were looked at"
    if answer["unknown"]:
        yield f"{count(answer['unknown'])} of the keys lead to nothing:"
        yield from (f"  {one['key']}: {one['reason']}" for one in answer["unknown_keys"])
