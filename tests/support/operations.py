"""The operator's verbs over plain data: what a server of the control socket is tested with."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Literal

from synqd.control import Caller, Conflict, NotFound, schema
from synqd.models.errors import ConfigError, Invalid
from synqd.models.names import Model

THEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
Kind = Literal["full", "batch"]
State = Literal["running", "paused", "finished", "cancelled", "replaced"]


def part(numbers: Mapping[str, int]) -> schema.PartView:
    fields = ("selected", "sent", "unchanged", "skipped", "dead", "dropped", "waiting")
    return schema.PartView(
        model=Model.PRODUCT,
        store="de",
        state="draining",
        total=numbers.get("total"),
        reasons={},
        **{name: numbers.get(name, 0) for name in fields},
    )


def letter(number: int, model: Model = Model.ORDER, store: str = "de") -> schema.DeadDetail:
    return schema.DeadDetail(
        id=number,
        model=model,
        store=store,
        entity_id=number * 10,
        workspace="main",
        wire_key=f"1000{number}",
        reason="refused",
        detail="\x1b[31mvalue is bad",
        status=400,
        attempts=3,
        first_at=THEN,
        buried_at=THEN,
        answer='{"error": "bad"}',
        payload='{"orderId": "x"}',
    )


def line(number: int) -> schema.LogLineView:
    return schema.LogLineView(
        number=number,
        at=THEN,
        event="chunk",
        job=7,
        model=Model.PRODUCT,
        store="de",
        entity_id=None,
        key="ids 1-9",
        text="",
        facts={"sent": 100 * number},
    )


def item() -> schema.ItemView:
    return schema.ItemView(
        model=Model.ORDER,
        entity_id=10,
        store="de",
        workspace="main",
        wire_key="10001",
        accepted="sent",
        status=202,
        first_sent=THEN,
        last_sent=THEN,
        waiting=None,
        skipped=None,
        dead=letter(1),
    )


class Desk:
    """Implements ``synqd.control.Operations``; ``changes`` lists every change."""

    def __init__(self) -> None:
        self.changes: list[str] = []
        self.log_queries: list[schema.LogQuery] = []
        self.lines = [line(number) for number in (1, 2, 3)]
        self.items = [item()]
        self.figures: dict[str, int] = {"checked": 10, "correct": 9, "stale": 1}
        self.verifications: list[schema.VerificationView] = []
        self.callers: list[Caller] = []
        self.job_views: dict[int, schema.JobView] = {}
        self.batches: dict[int, list[int | str]] = {}
        self.letters = {number: letter(number) for number in (1, 2, 3)}
        self.held: list[schema.Hold] = []
        self.broken_config = False
        self.bug = False
        self.looked = asyncio.Event()
        self._numbers = itertools.count(1)

    def _changed(self, what: str, caller: Caller) -> None:
        self.changes.append(what)
        self.callers.append(caller)

    def add_job(
        self, kind: Literal["full", "batch"], state: State = "running", **numbers: int
    ) -> schema.JobView:
        job = schema.JobView(
            id=next(self._numbers),
            kind=kind,
            state=state,
            origin="operator uid 0",
            changed_only=False,
            reassert_consent=False,
            created_at=THEN,
            finished_at=None,
            waits_for=None,
            rate=12.5,
            seconds_left=61.0,
            looking_up=False,
            unknown=0,
            unknown_keys=[],
            parts=[part(numbers)],
        )
        self.job_views[job.id] = job
        return job

    def set_job(self, number: int, state: State, **numbers: int) -> schema.JobView:
        update = {"state": state, "parts": [part(numbers)]} if numbers else {"state": state}
        self.job_views[number] = self.job_views[number].model_copy(update=update)
        return self.job_views[number]

    async def status(self) -> schema.Status:
        if self.bug:
            raise ZeroDivisionError("a bug")
        stream = schema.StreamView(
            store="de",
            model=Model.PRODUCT,
            workspace="main",
            total=12345,
            sent=12000,
            waiting=schema.WaitingView(live=1, full=344),
            skipped={"not visible on its own": 42},
            failed=len(self.letters),
            last_sent=THEN,
            lag=0.42,
        )
        stuck = schema.CheckView(name="drainer", ok=False, age=75, limit=60)
        return schema.Status(
            version="0.1.0",
            enabled=True,
            alive=False,
            ready=False,
            uptime=3723,
            checks=[stuck],
            conditions=[schema.ConditionView(name="magento", usable=False, detail="does not answer")],
            changelogs=[schema.ChangelogView(source="synqd", rows=17, seconds=2.5)],
            breakers=[],
            holds=self.held,
            notices=["the ledger is empty"],
            queue_bytes=1024,
            streams=[stream],
        )

    async def submit_full(self, request: schema.FullRequest, caller: Caller) -> schema.JobView:
        if unknown := [store for store in request.stores if store not in {"de", "en"}]:
            raise Invalid(f"the shop has no store view {unknown[0]!r}", field="stores")
        self._changed("full", caller)
        return self.add_job("full")

    async def submit_batch(
        self,
        header: schema.BatchHeader,
        pages: AsyncIterator[Sequence[int] | Sequence[str]],
        caller: Caller,
    ) -> schema.JobView:
        if header.stores and header.stores != ("de",):
            raise Invalid("no such store view", field="stores")
        keys: list[int | str] = []
        async for page in pages:
            keys.extend(page)
        if not keys:
            raise Invalid("no ids")
        self._changed("batch", caller)
        job = self.add_job("batch", selected=len(keys))
        self.batches[job.id] = keys
        return job

    async def dry_full(self, request: schema.FullRequest, caller: Caller) -> schema.DryRun:
        part = schema.DryPart(
            model=Model.PRODUCT,
            store="de",
            total=325,
            looked_at=325,
            send=312,
            remove=4,
            unchanged=0,
            skipped=9,
            reasons={"not visible": 9},
            requests=40,
        )
        return schema.DryRun(estimated=False, seconds=120.0, unknown=0, unknown_keys=[], parts=[part])

    async def dry_batch(
        self,
        header: schema.BatchHeader,
        pages: AsyncIterator[Sequence[int] | Sequence[str]],
        caller: Caller,
    ) -> schema.DryRun:
        keys = [str(key) async for page in pages for key in page]
        unknown = [schema.UnknownKey(key=key, reason="not in Magento") for key in keys if key == "NOWHERE"]
        full = await self.dry_full(schema.FullRequest(kind="full"), caller)
        return full.model_copy(update={"unknown": len(unknown), "unknown_keys": unknown})

    async def jobs(self, query: schema.JobQuery) -> schema.JobList:
        found = sorted(self.job_views.values(), key=lambda job: -job.id)
        if query.before:
            found = [job for job in found if job.id < query.before]
        more = len(found) > query.limit
        return schema.JobList(
            jobs=found[: query.limit], next_before=found[query.limit - 1].id if more else None
        )

    async def job(self, job_id: int) -> schema.JobView:
        self.looked.set()
        if job_id not in self.job_views:
            raise NotFound(f"there is no job {job_id}", field="id")
        return self.job_views[job_id]

    async def _steer(self, job_id: int, state: State, caller: Caller) -> schema.JobView:
        if (await self.job(job_id)).state not in {"running", "paused"}:
            raise Conflict(f"job {job_id} is over")
        self._changed(f"{state} {job_id}", caller)
        return self.set_job(job_id, state)

    async def cancel_job(self, job_id: int, caller: Caller) -> schema.JobView:
        return await self._steer(job_id, "cancelled", caller)

    async def pause_job(self, job_id: int, caller: Caller) -> schema.JobView:
        return await self._steer(job_id, "paused", caller)

    async def resume_job(self, job_id: int, caller: Caller) -> schema.JobView:
        return await self._steer(job_id, "running", caller)

    async def dead_letters(self, query: schema.DeadQuery) -> schema.DeadList:
        found = [one for one in self.letters.values() if query.model in {None, one.model}]
        shown = [schema.DeadView.model_validate(one.model_dump()) for one in found[: query.limit]]
        return schema.DeadList(dead_letters=shown, next_after=None)

    async def dead_letter(self, letter_id: int) -> schema.DeadDetail:
        if letter_id not in self.letters:
            raise NotFound(f"there is no dead letter {letter_id}", field="id")
        return self.letters[letter_id]

    def _take(self, which: schema.DeadSelection) -> int:
        chosen = [one for one in self.letters if which.all or one in which.ids or not which.ids]
        for one in chosen:
            del self.letters[one]
        return len(chosen)

    async def retry_dead(self, which: schema.DeadSelection, caller: Caller) -> schema.Affected:
        self._changed("retry", caller)
        return schema.Affected(count=self._take(which))

    async def discard_dead(self, which: schema.DeadSelection, caller: Caller) -> schema.Affected:
        self._changed("discard", caller)
        return schema.Affected(count=self._take(which))

    async def pause(self, what: schema.HoldRequest, caller: Caller) -> schema.Holds:
        self._changed("pause", caller)
        self.held.append(schema.Hold(workspace=what.workspace, model=what.model, since=THEN, by=str(caller)))
        return schema.Holds(holds=self.held)

    async def resume(self, what: schema.HoldRequest, caller: Caller) -> schema.Holds:
        self._changed("resume", caller)
        self.held.clear()
        return schema.Holds(holds=self.held)

    async def reload(self, caller: Caller) -> schema.Reloaded:
        if self.broken_config:
            raise ConfigError("[sync] enabld: unknown key; did you mean enabled?")
        self._changed("reload", caller)
        return schema.Reloaded(changed=["sync.settle"], restart_needed=["control.mode"])

    async def forget_person(self, whom: schema.PersonRequest, caller: Caller) -> schema.Forgotten:
        self._changed("forget", caller)
        return schema.Forgotten(
            entities={Model.CUSTOMER: 1, Model.ORDER: 2},
            erased={"sent": 3},
            in_flight=False,
            clean=True,
            emails=[whom.email or "ann@x.example"],
            remains=["Synerise: delete the profile of \x1b[31mann there"],
        )

    async def readmit_person(self, whom: schema.PersonRequest, caller: Caller) -> schema.Affected:
        if whom.customer_id == 404:
            raise NotFound("nobody who was forgotten is known by this", field="email")
        self._changed("readmit", caller)
        return schema.Affected(count=1)

    async def log(self, query: schema.LogQuery) -> schema.LogView:
        self.log_queries.append(query)
        before = query.before or len(self.lines) + 1
        lines = [one for one in self.lines if (query.after or 0) < one.number < before]
        lines = lines[-query.limit :] if query.after is None else lines[: query.limit]
        last = lines[-1].number if lines else query.after or 0
        return schema.LogView(lines=lines, items=self.items if query.entity else [], last=last)

    async def submit_verification(
        self, request: schema.VerifyRequest, caller: Caller
    ) -> schema.VerificationView:
        self._changed("verify", caller)
        numbers = dict.fromkeys(schema.VERIFY_FIGURES, 0) | self.figures
        finding = schema.Finding(kind="stale", entity_id=7, wire_key="sku7", detail="")
        part = schema.VerifiedPart(
            model=Model.PRODUCT, store="de", done=True, total=10, findings=[finding], **numbers
        )
        self.verifications.append(
            schema.VerificationView(
                id=len(self.verifications) + 1,
                state="finished",
                origin="operator uid 0",
                repair=request.repair,
                remote=request.remote,
                created_at=THEN,
                finished_at=THEN,
                waits_for=None,
                parts=[part],
            )
        )
        return self.verifications[-1]

    async def last_verification(self) -> schema.VerificationView:
        return await self.verification(len(self.verifications))

    async def verification(self, number: int) -> schema.VerificationView:
        if not 0 < number <= len(self.verifications):
            raise NotFound(f"there is no verification {number}", field="id")
        return self.verifications[number - 1]

    async def cancel_verification(self, number: int, caller: Caller) -> schema.VerificationView:
        found = await self.verification(number)
        self._changed(f"cancel verification {number}", caller)
        return found
