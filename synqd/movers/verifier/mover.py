"""The mover of verifications."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from synqd.config import Routes, Settings
from synqd.entities import Context, Entity, Source
from synqd.entities.cleared import outlives
from synqd.entities.person import marks_of
from synqd.models.errors import SynqdError
from synqd.models.item import Leased, LedgerEntry, Want, Wish
from synqd.models.names import Key, Lane, Model, Stream
from synqd.models.person import FORGOTTEN
from synqd.models.shortage import outages
from synqd.models.wire import Parcel, Skip
from synqd.movers.verifier.compare import FAULTS, Verdict, judge
from synqd.movers.verifier.remote import read_back, sampled
from synqd.queue import Queue, Sample, Verification, VerificationPart
from synqd.runtime.clock import Clock, utc
from synqd.runtime.hindrances import Hindrances
from synqd.runtime.logs import fault_of, get_logger
from synqd.synerise import Workspace

PAGE = 400
"""Entities that are mapped and compared at a time."""
IDLE = 5.0
"""Seconds between looks for a verification; a submitted one wakes it at once."""
SECOND_LOOK = 1.0
"""Seconds after which a few differences are looked at again: longer than a change takes to the outbox."""
FEW = PAGE // 4
"""More differences in one page have a cause that a moment does not heal."""
FULL = 0.5
"""Seconds between looks while repairs have no room."""

EVERYTHING = Want.FORCE | Want.REASSERT_CONSENT

log = get_logger("verifier")


@dataclass
class Findings:
    """What a page showed."""

    verdicts: dict[Key, Verdict] = field(default_factory=dict)
    parcels: dict[Key, Parcel] = field(default_factory=dict)
    keys: dict[Key, str] = field(default_factory=dict)
    """How Synerise knows them."""
    outlived: dict[Key, str] = field(default_factory=dict)
    """Why items are skipped of which an old version is alive at Synerise."""
    remote: dict[Key, tuple[Verdict, str]] = field(default_factory=dict)

    def of(self, verdicts: frozenset[Verdict]) -> list[Key]:
        """Items with one of these verdicts."""
        return [key for key, verdict in self.verdicts.items() if verdict in verdicts]

    def figures(self) -> Counter[str]:
        """Numbers by name."""
        figures = Counter(verdict.value for verdict in self.verdicts.values())
        figures["checked"] = len(self.verdicts)
        figures["old_alive"] = len(self.outlived)
        figures["read"] = len(self.remote)
        figures.update(verdict.value for verdict, _ in self.remote.values() if verdict is not Verdict.CORRECT)
        return figures

    def samples(self) -> list[Sample]:
        """Everything that is wrong, by name, and old versions that are alive."""
        local = [Sample(self.verdicts[key], key.entity_id, self.keys[key]) for key in self.of(FAULTS)]
        remote = [
            Sample(verdict, key.entity_id, self.keys[key], detail)
            for key, (verdict, detail) in self.remote.items()
            if verdict is not Verdict.CORRECT
        ]
        old = [Sample("old alive", key.entity_id, self.keys[key], why) for key, why in self.outlived.items()]
        return local + old + remote

    def repairs(self) -> list[Wish]:
        """What would put it right."""
        wrong = {
            key for key, (verdict, _) in self.remote.items() if verdict in (Verdict.ABSENT, Verdict.DIFFERENT)
        }
        return [Wish(key, Lane.BATCH, want=Want.FORCE) for key in sorted(wrong.union(self.of(FAULTS)))]


class Verifier:
    """The mover that compares Magento, the ledger and Synerise."""

    name = "verifier"
    patience = 120.0

    def __init__(
        self,
        settings: Settings,
        routes: Routes,
        queue: Queue,
        source: Source,
        entities: Mapping[Model, Entity],
        workspaces: Mapping[str, Workspace],
        clock: Clock,
        wake_drainer: Callable[[], None],
    ) -> None:
        """Args: workspaces: by name, for reading back; wake_drainer: called when something was enqueued."""
        self._settings = settings
        self._routes = routes
        self._queue = queue
        self._source = source
        self._entities = entities
        self._workspaces = workspaces
        self._clock = clock
        self._wake_drainer = wake_drainer
        self.hindrances: Hindrances[Model | Stream] = Hindrances()
        """Models that cannot be read from Magento, streams that cannot be read back from Synerise."""

    async def tick(self) -> float:
        """Compares one page of the verification that is under way, of a part that nothing hinders.

        Raises:
            StorageUnavailable: the queue cannot be used.
        """
        found = await self._queue.verifications.next_part()
        if found is None:
            return IDLE
        verification, _ = found
        part = next((one for one in verification.parts if not one.done and not self._waits(one)), None)
        if part is None:
            return FULL
        if part.stream not in self._routes.streams:
            log.warning("verify.part_left_out", model=part.stream.model, store=part.stream.store_id)
            await self._queue.verifications.advance(part, part.position, {}, (), (), done=True)
            return 0.0
        if part.until is None or part.total is None:
            with self.hindrances.attempt(part.stream.model, self._clock):
                await self._begin(part)
            return 0.0
        if verification.repair and await self._waiting() > self._settings.queue.full_backlog:
            return FULL
        await self._walk(verification, part, part.until)
        return 0.0

    def _waits(self, part: VerificationPart) -> bool:
        now, stream = self._clock.monotonic(), part.stream
        return max(self.hindrances.pause(stream.model, now), self.hindrances.pause(stream, now)) > 0

    async def _begin(self, part: VerificationPart) -> None:
        entity = self._entities[part.stream.model]
        store = self._routes.by_store[part.stream.store_id].store
        until = await entity.high(self._source)
        await self._queue.verifications.begin(part, until, await entity.count(self._source, store))

    async def _waiting(self) -> int:
        """Items of jobs that wait in streams that are switched on."""
        depths, on = (await self._queue.facts.counts()).depth, self._routes.streams
        return sum(n for (stream, lane), n in depths.items() if lane is not Lane.LIVE and stream in on)

    async def _walk(self, verification: Verification, part: VerificationPart, until: int) -> None:
        page = await self._page(verification, part, until)
        if page is None:
            return
        ids, more, findings = page
        figures = findings.figures()
        repairs = findings.repairs() if verification.repair else []
        figures["repaired"] = len(repairs)
        position = ids[-1] if ids else part.position
        samples = findings.samples()
        if not await self._queue.verifications.advance(
            part, position, figures, samples, repairs, done=not more
        ):
            return
        if repairs:
            self._wake_drainer()

    async def _page(
        self, verification: Verification, part: VerificationPart, until: int
    ) -> tuple[list[int], bool, Findings] | None:
        """The next ids, whether there may be more, and what they showed; None if that cannot be told now."""
        page = None
        with self.hindrances.attempt(part.stream.model, self._clock):
            ids, more = await self._range(part, until)
            page = ids, more, await self._compare([Key(*part.stream, entity_id) for entity_id in ids])
        if page is None:
            return None
        with self.hindrances.attempt(part.stream, self._clock):
            await self._read_back(verification, part, page[2])
            return page
        return None

    async def _range(self, part: VerificationPart, until: int) -> tuple[list[int], bool]:
        """The next ids that Magento or the ledger has, and whether there may be more."""
        store = self._routes.by_store[part.stream.store_id].store
        entity = self._entities[part.stream.model]
        here = list((await entity.page(self._source, store, part.position, PAGE, until)).ids)
        end = here[-1] if len(here) == PAGE else None
        there = await self._queue.ledger.living(part.stream, part.position, end, PAGE)
        if len(there) == PAGE:
            end = there[-1]
        ids = sorted({entity_id for entity_id in (*here, *there) if end is None or entity_id <= end})
        return ids, end is not None

    async def _compare(self, keys: Sequence[Key]) -> Findings:
        findings = Findings()
        await self._look(keys, findings)
        doubtful = findings.of(FAULTS)
        if doubtful:
            if len(doubtful) <= FEW:
                await self._clock.sleep(SECOND_LOOK)
            await self._look(doubtful, findings)
            for key in await self._queue.outbox.waiting(findings.of(FAULTS)):
                findings.verdicts[key] = Verdict.WAITING
        return findings

    async def _look(self, keys: Sequence[Key], findings: Findings) -> None:
        if not keys:
            return
        route = self._routes.by_store[keys[0].store_id]
        settings, shop = self._routes.settings, self._routes.shop
        context = Context(settings, shop, route.store, route.workspace, utc(self._clock), self._queue.ledger)
        known = await self._queue.ledger.known(keys)
        items = [_leased(key, known.get(key)) for key in keys]
        results = await self._map(self._entities[keys[0].model], context, items)
        for item, mapped in zip(items, results, strict=True):
            forgotten = isinstance(mapped, Parcel) and self._queue.people.forgotten(marks_of(item, mapped))
            result = Skip(FORGOTTEN) if forgotten else mapped
            findings.verdicts[item.key] = judge(item.known, result, route.workspace)
            findings.keys[item.key] = item.known.wire_key if item.known else ""
            findings.outlived.pop(item.key, None)
            if isinstance(result, Skip) and outlives(result, item, route.workspace):
                findings.outlived[item.key] = result.reason
            if isinstance(result, Parcel):
                findings.parcels[item.key] = result
                findings.keys[item.key] = result.wire_key

    async def _map(
        self, entity: Entity, context: Context, items: Sequence[Leased]
    ) -> Sequence[Parcel | Skip]:
        """What would be sent; one item that cannot be mapped does not keep the others from it."""
        try:
            with outages():
                return await entity.compose(self._source, context, items)
        except SynqdError:
            raise
        except Exception as error:  # noqa: BLE001  # a row nobody foresaw: it is told and left out
            if len(items) == 1:
                entity_id = items[0].key.entity_id
                log.error("verify.unmappable", model=entity.model, entity=entity_id, fault=fault_of(error))
                return [Skip(f"cannot be mapped: {error}")]
        middle = len(items) // 2
        return [
            *await self._map(entity, context, items[:middle]),
            *await self._map(entity, context, items[middle:]),
        ]

    async def _read_back(
        self, verification: Verification, part: VerificationPart, findings: Findings
    ) -> None:
        keys = list(findings.verdicts)
        before, left = part.figures.get("checked", 0), verification.remote - part.figures.get("read", 0)
        chosen = sampled(before, len(keys), part.total or 0, verification.remote)[: max(0, left)]
        workspace = self._workspaces[self._routes.workspace(part.stream.store_id)]
        for key in (keys[index] for index in chosen):
            if findings.verdicts[key] is Verdict.CORRECT and key in findings.parcels:
                findings.remote[key] = await read_back(workspace, findings.parcels[key])


def _leased(key: Key, known: LedgerEntry | None) -> Leased:
    """An item as compose takes it, without a lease: nothing is settled.

    What is in doubt is asked for as a repair would: an agreement that must not leave again is left out (S24).
    """
    in_doubt = known is not None and known.doubt is not None
    return Leased(0, key, 0, 1, 0, Lane.FULL, 0, Want.FORCE if in_doubt else EVERYTHING, None, known)
