"""What the queue and the movers know, in the words of the control socket. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from synqd.app.pace import Pace
from synqd.config import Routes, fingerprint
from synqd.control import schema
from synqd.exporter import Check, Condition
from synqd.models.errors import quoting
from synqd.models.item import Want
from synqd.models.names import Lane, Stream
from synqd.movers.drainer.breakers import Breakers
from synqd.movers.janitor import Census
from synqd.pacing.breaker import Phase
from synqd.queue import (
    Counts,
    DeadLetter,
    Hold,
    ItemFacts,
    Job,
    LogLine,
    Part,
    Verification,
    VerificationPart,
)

STALE = 900.0
"""Seconds after which a count of Magento's entities is not taken for the present any more."""


def store_code(routes: Routes | None, store_id: int) -> str:
    """Code of a store view; its id where the shop does not (or not yet) tell."""
    store = routes.shop.stores.get(store_id) if routes else None
    return store.code if store else str(store_id)


def job_view(job: Job, routes: Routes | None, pace: Pace, waits_for: str | None) -> schema.JobView:
    """A job; ``waits_for`` says what it waits for outside."""
    return schema.JobView(
        id=job.job_id,
        kind=job.kind.value,
        state=job.state.value,
        origin=job.origin,
        changed_only=not job.want & Want.FORCE,
        reassert_consent=bool(job.want & Want.REASSERT_CONSENT),
        created_at=schema.instant(job.created_at),
        finished_at=schema.instant(job.finished_at) if job.finished_at else None,
        waits_for=waits_for,
        rate=pace.rate,
        seconds_left=pace.left,
        looking_up=job.looking_up,
        unknown=job.unknown,
        unknown_keys=[schema.UnknownKey(key=key, reason=why) for key, why in job.unknown_keys.items()],
        parts=[_part_view(part, routes) for part in sorted(job.parts, key=_place)],
    )


def _place(part: Part | VerificationPart) -> tuple[int, str]:
    """The one order of store views and models that answers have."""
    return part.stream.store_id, part.stream.model


def _part_view(part: Part, routes: Routes | None) -> schema.PartView:
    return schema.PartView(
        model=part.stream.model,
        store=store_code(routes, part.stream.store_id),
        state=part.state.value,
        total=part.total,
        selected=part.selected,
        sent=part.sent,
        unchanged=part.unchanged,
        skipped=part.skipped,
        dead=part.dead,
        dropped=part.dropped,
        waiting=part.open,
        reasons=dict(part.reasons),
    )


def dead_view(letter: DeadLetter, routes: Routes | None) -> schema.DeadDetail:
    """A dead letter with everything; lists show less of it."""
    return schema.DeadDetail(
        id=letter.letter_id,
        model=letter.key.model,
        store=store_code(routes, letter.key.store_id),
        entity_id=letter.key.entity_id,
        workspace=letter.workspace,
        wire_key=letter.wire_key,
        reason=letter.reason,
        detail=letter.detail,
        status=letter.status,
        attempts=letter.attempts,
        first_at=schema.instant(letter.first_at),
        buried_at=schema.instant(letter.buried_at),
        retried_at=schema.instant(letter.retried_at) if letter.retried_at else None,
        answer=letter.answer,
        payload=letter.payload,
    )


def hold_views(holds: Iterable[Hold]) -> list[schema.Hold]:
    """What operators have paused."""
    return [
        schema.Hold(workspace=one.workspace, model=one.model, since=schema.instant(one.at), by=one.by)
        for one in holds
    ]


def check_view(check: Check, trouble: str | None) -> schema.CheckView:
    """Something that has to make progress; ``trouble``: what it waits for, with what was said of it."""
    return schema.CheckView(
        name=check.name, ok=check.ok, age=check.age, limit=check.limit, trouble=trouble or check.trouble
    )


def condition_view(condition: Condition) -> schema.ConditionView:
    """Something outside that has to be usable."""
    return schema.ConditionView(name=condition.name, usable=condition.usable, detail=condition.detail)


def breaker_views(breakers: Breakers) -> list[schema.BreakerView]:
    """Breakers that are not closed."""
    return [
        schema.BreakerView(
            workspace=workspace,
            endpoint=endpoint.value,
            state=state.phase.value,
            detail=quoting(state.reason, breakers.said((workspace, endpoint))),
            next_try=breakers.pause_left((workspace, endpoint)),
        )
        for (workspace, endpoint), state in sorted(breakers.states().items())
        if state.phase is not Phase.CLOSED
    ]


@dataclass(frozen=True, slots=True)
class Figures:
    """What is known of all streams at one moment; ``now`` in seconds since the epoch."""

    counts: Counts
    oldest: Mapping[tuple[Stream, Lane], int]
    left_out: Mapping[Stream, Mapping[str, int]]
    turnover: Mapping[Stream, int]
    census: Census
    now: float


def stream_view(stream: Stream, routes: Routes, figures: Figures) -> schema.StreamView:
    """One model of one store view."""
    counts, census, now = figures.counts, figures.census, figures.now
    total, counted_at = census.totals.get(stream, (None, None))
    waiting = {lane.name.lower(): counts.depth.get((stream, lane), 0) for lane in Lane}
    first = figures.oldest.get((stream, Lane.LIVE))
    last_sent = counts.last_sent.get(stream)
    sent = counts.alive.get(stream, 0)
    return schema.StreamView(
        store=store_code(routes, stream.store_id),
        model=stream.model,
        workspace=routes.workspace(stream.store_id),
        total=total,
        total_at=schema.instant(round(counted_at * 1000)) if counted_at else None,
        total_stale=total is not None
        and (sent > total or now - (counted_at or 0) > STALE or census.moved(stream, figures.turnover)),
        sent=sent,
        outdated=outdated(stream, routes, counts),
        waiting=schema.WaitingView(**waiting),
        skipped=figures.left_out.get(stream, {}),
        failed=counts.dead.get(stream, 0),
        last_sent=schema.instant(last_sent) if last_sent else None,
        lag=max(0.0, now - first / 1000) if first else None,
    )


def outdated(stream: Stream, routes: Routes, counts: Counts) -> int:
    """Living items of a stream that were last sent under other settings than the present ones."""
    present = fingerprint(routes.settings, stream.model, routes.by_store[stream.store_id].store)
    return sum(n for print_, n in counts.by_settings.get(stream, {}).items() if print_ != present)


def line_view(line: LogLine, routes: Routes | None) -> schema.LogLineView:
    """A line of the log."""
    written = line.line
    return schema.LogLineView(
        number=line.number,
        at=schema.instant(line.at),
        event=written.event,
        job=written.job_id,
        model=written.stream.model if written.stream else None,
        store=store_code(routes, written.stream.store_id) if written.stream else None,
        entity_id=written.entity_id,
        key=written.key,
        text=written.text,
        facts=dict(written.facts),
    )


def item_view(facts: ItemFacts, routes: Routes | None) -> schema.ItemView:
    """All that is known of one entity in one store view."""
    known, waiting = facts.known, facts.waiting
    return schema.ItemView(
        model=facts.key.model,
        entity_id=facts.key.entity_id,
        store=store_code(routes, facts.key.store_id),
        workspace=known.workspace if known else None,
        wire_key=known.wire_key if known else facts.dead.wire_key if facts.dead else None,
        accepted=_accepted(facts),
        in_doubt=known is not None and known.doubt is not None,
        status=known.status if known else None,
        first_sent=schema.instant(known.first_at) if known else None,
        last_sent=schema.instant(known.last_at) if known else None,
        waiting=schema.ItemWaiting(
            lane=waiting.lane.name.lower(),
            since=schema.instant(waiting.first_at),
            due=schema.instant(waiting.due_at),
            failures=waiting.attempts,
            in_flight=waiting.leased,
        )
        if waiting
        else None,
        skipped=schema.ItemSkipped(reason=facts.skip.reason, at=schema.instant(facts.skip.at))
        if facts.skip
        else None,
        dead=dead_view(facts.dead, routes) if facts.dead else None,
        former=[
            schema.FormerKeyView(
                key=one.wire_key,
                workspace=one.workspace,
                until=schema.instant(one.until),
                removed=one.removed,
            )
            for one in facts.former
        ],
    )


def _accepted(facts: ItemFacts) -> schema.Accepted | None:
    if facts.known is None or facts.known.doubt is not None:
        return None
    if facts.known.alive:
        return "sent"
    # Whoever is skipped since was not removed: that would have ended the skip.
    return "gone" if facts.skip else "removed"


def verification_view(
    verification: Verification, routes: Routes | None, waits_for: str | None
) -> schema.VerificationView:
    """A comparison of Magento with the ledger."""
    return schema.VerificationView(
        id=verification.number,
        state=verification.state,
        origin=verification.origin,
        repair=verification.repair,
        remote=verification.remote,
        created_at=schema.instant(verification.created_at),
        finished_at=schema.instant(verification.finished_at) if verification.finished_at else None,
        waits_for=waits_for,
        parts=[_verified_part(part, routes) for part in sorted(verification.parts, key=_place)],
    )


def _verified_part(part: VerificationPart, routes: Routes | None) -> schema.VerifiedPart:
    return schema.VerifiedPart(
        model=part.stream.model,
        store=store_code(routes, part.stream.store_id),
        done=part.done,
        total=part.total,
        **{name: part.figures.get(name, 0) for name in schema.VERIFY_FIGURES},
        findings=[schema.Finding(**sample._asdict()) for sample in part.samples],
    )
