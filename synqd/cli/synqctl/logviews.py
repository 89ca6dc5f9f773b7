"""The synchronization log as people read it."""

from collections.abc import Iterator, Mapping
from typing import Any

from synqd.cli.synqctl.text import count, local
from synqd.models.text import clean

View = Mapping[str, Any]


def log(answer: View) -> str:
    """What is known of the entity, if one was asked for, and the lines."""
    told = [line for item in answer["items"] for line in _item(item)]
    return "\n".join([*told, *([""] if told and answer["lines"] else []), *map(_line, answer["lines"])])


def _line(line: View) -> str:
    where = [line["store"], line["model"]] if line["model"] else []
    where += [str(line["entity_id"])] if line["entity_id"] else []
    facts = ", ".join(f"{count(number)} {name}" for name, number in line["facts"].items())
    job = [f"job {line['job']}"] if line["job"] else []
    parts = [" ".join(where), *job, facts, line["text"]]
    return clean(f"{local(line['at'])}  {line['event']:<16}  {'  '.join(part for part in parts if part)}")


def _item(item: View) -> Iterator[str]:
    """One entity in one store view, in sentences."""
    name = f"{item['model']} {item['entity_id']}"
    name += f" ({item['wire_key']})" if item["wire_key"] else ""
    name += f" in {item['store']}" if item["store"] else ""
    facts = [*_sent(item), *_waiting(item["waiting"]), *_skipped(item["skipped"]), *_dead(item["dead"])]
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
