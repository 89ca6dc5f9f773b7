"""The synchronization log as people read it, and as tables take it."""

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any

from synqd.cli.synqctl.text import count, local
from synqd.models.text import clean

View = Mapping[str, Any]

COLUMNS = ("number", "at", "event", "job", "model", "store", "entity_id", "key", "status", "facts", "text")
FORMULA = ("=", "+", "-", "@")
"""What a spreadsheet takes for a formula where a text begins with it; what customers type ends up here."""


def log(answer: View) -> str:
    """What is known of the entity, if one was asked for, and the lines."""
    told = [*map(clean, answer["notes"]), *(line for item in answer["items"] for line in _item(item))]
    lines = [*told, *([""] if told and answer["lines"] else []), *map(_line, answer["lines"])]
    return "\n".join(lines)


def csv_head() -> str:
    """Names of the columns."""
    return _row(COLUMNS)


def csv_line(line: View) -> str:
    """A line of the log as a row; ``facts`` as ``sent=2 skipped=1``."""
    facts = {name: number for name, number in line["facts"].items() if name != "status"}
    values = {
        **line,
        "status": line["facts"].get("status"),
        "facts": " ".join(f"{name}={number}" for name, number in facts.items()),
    }
    return _row(["" if values[name] is None else _cell(values[name]) for name in COLUMNS])


def _cell(value: Any) -> str:
    text = clean(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(FORMULA) else text


def _row(values: Any) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="").writerow(values)
    return buffer.getvalue()


def _line(line: View) -> str:
    where = [line["store"], line["model"]] if line["model"] else []
    if line["key"] and line["entity_id"]:
        where.append(line["key"])
    elif line["entity_id"]:
        where.append(str(line["entity_id"]))
    facts = ", ".join(
        f"status {number}" if name == "status" else f"{count(number)} {name}"
        for name, number in line["facts"].items()
    )
    job = [f"job {line['job']}"] if line["job"] else []
    ids = line["key"] if line["key"] and not line["entity_id"] else ""
    parts = [" ".join(where), *job, facts, line["text"], ids]
    return clean(f"{local(line['at'])}  {line['event']:<15}  {'  '.join(part for part in parts if part)}")


def _item(item: View) -> Iterator[str]:
    """One entity in one store view, in sentences."""
    name = f"{item['model']} {item['entity_id']}"
    name += f" ({item['wire_key']})" if item["wire_key"] else ""
    name += f" in {item['store']}" if item["store"] else ""
    facts = [*_sent(item), *_former(item), *_waiting(item["waiting"])]
    facts += [*_skipped(item["skipped"]), *_dead(item["dead"])]
    if item["forgotten"]:
        facts.append("forgotten; nothing about the person is kept or sent")
    yield clean(f"{name}: {'; '.join(facts) or 'never sent, not waiting, not refused'}")


def _sent(item: View) -> Iterator[str]:
    status = f" with status {item['status']}" if item["status"] else ""
    said = f"accepted by Synerise{status}, workspace {item['workspace']}"
    if item["in_doubt"]:
        yield f"left {local(item['last_sent'])} for workspace {item['workspace']}, unknown whether it arrived"
    elif item["accepted"] == "sent":
        yield f"sent {local(item['last_sent'])}, {said}; first sent {local(item['first_sent'])}"
    elif item["accepted"] == "removed":
        yield f"its removal was sent {local(item['last_sent'])}, {said}"
    elif item["accepted"] == "gone":
        yield f"sent {local(item['last_sent'])}, {said}; gone from Magento since, nothing is sent for that"


def _former(item: View) -> Iterator[str]:
    for one in item["former"]:
        elsewhere = f" in workspace {one['workspace']}" if one["workspace"] != item["workspace"] else ""
        removed = ", removed then" if one["removed"] else ""
        now = f", now {item['wire_key']}" if item["wire_key"] else ""
        yield f"was sent as {one['key']}{elsewhere} until {local(one['until'])}{removed}{now}"


def _waiting(waiting: View | None) -> Iterator[str]:
    if waiting:
        now = "is being sent" if waiting["in_flight"] else f"is due {local(waiting['due'])}"
        failures = f", failed {waiting['failures']} times" if waiting["failures"] else ""
        yield f"waits since {local(waiting['since'])} ({waiting['lane']}), {now}{failures}"


def _skipped(skipped: View | None) -> Iterator[str]:
    if skipped:
        yield f"skipped {local(skipped['at'])}: {skipped['reason']}"


def _dead(dead: View | None) -> Iterator[str]:
    if dead:
        status = f"status {dead['status']}, " if dead["status"] else ""
        answer = f", answer {dead['answer']}" if dead["answer"] else ""
        said = f"{status}{dead['reason']}: {dead['detail']}{answer}"
        yield f"REFUSED {local(dead['buried_at'])}: {said} (synqctl dead show {dead['id']})"
