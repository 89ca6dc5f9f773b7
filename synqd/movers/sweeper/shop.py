"""Settings and metadata of the shop: base URLs, currencies, taxes, stocks, attributes.

A change of settings concerns nearly everything, so ``[sync] on_config_change`` decides: operators are told,
or a full synchronization of what differs starts by itself. A changed attribute concerns the entities that
have a value of it. With read-only capture no trigger tells of categories and options, so they are summed up
here as well.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from synqd.entities.shop_inputs import (
    SUBJECTS,
    Sums,
    attribute_sums,
    category_sums,
    option_sums,
    settings_sums,
)
from synqd.entities.watch import EVERYTHING
from synqd.models.names import Model
from synqd.movers.capture.pending import Cause
from synqd.movers.sweeper.deps import SweepDeps
from synqd.queue import Job, JobKind, PartState
from synqd.runtime.logs import get_logger

FACT = "shop seen"
STALE = "settings changed"
"""Facts of the queue file: the sums of the last look, and the changes that operators were told of."""
LOOK_EVERY = 10.0
SHARE = 20.0
"""A look that takes long is done less often: it may take a twentieth of the time."""

log = get_logger("sweeper")


class ShopSettings:
    """Notices changes of settings, attributes and, where nothing else does, categories and options."""

    def __init__(self, deps: SweepDeps) -> None:
        self._deps = deps
        self._readonly = deps.routes.settings.magento.capture == "readonly"

    async def run(self) -> float:
        """Compares all sums with those of the last look."""
        begun = self._deps.clock.monotonic()
        known = await self._deps.recall(FACT)
        sums = await self._sums()
        if known is not None and known != sums:
            self._deps.refresh()
            await self._deps.tell(self._causes(known, sums))
            await self._answer(_changed(known.get("settings", {}), sums["settings"]))
        if known != sums:
            await self._deps.note(FACT, sums)
        await self._show()
        return max(LOOK_EVERY, SHARE * (self._deps.clock.monotonic() - begun))

    async def _sums(self) -> dict[str, Sums]:
        source = self._deps.magento.source
        attributes = await attribute_sums(source)
        sums = {
            "settings": await settings_sums(source, self._deps.routes.shop),
            "product attributes": attributes[Model.PRODUCT],
            "customer attributes": attributes[Model.CUSTOMER],
        }
        if self._readonly:
            sums |= {"categories": await category_sums(source), "options": await option_sums(source)}
        return {name: dict(each) for name, each in sums.items()}

    def _causes(self, known: Mapping[str, Sums], sums: Mapping[str, Sums]) -> Iterator[Cause]:
        for model in (Model.PRODUCT, Model.CUSTOMER):
            name = f"{model} attributes"
            yield from _told(model, "attribute", known.get(name, {}), sums[name])
            if self._readonly:
                # Without any option left, the attribute is still there, and so is who has a value of it.
                before, now = known.get("options", {}), sums["options"]
                yield from (Cause(model, "attribute", key) for key in before if before[key] != now.get(key))
        if self._readonly:
            yield from _told(Model.PRODUCT, "category", known.get("categories", {}), sums["categories"])

    async def _answer(self, names: list[str]) -> None:
        """What ``on_config_change`` says about changed settings."""
        subjects = [subject for subject in SUBJECTS if subject.name in names]
        if not subjects:
            return
        if self._deps.routes.settings.sync.on_config_change == "resync":
            for subject in subjects:
                causes = [Cause(model, EVERYTHING, f"{subject.name} changed") for model in subject.models]
                await self._deps.tell(causes)
            return
        log.warning("shop.settings_changed", settings=", ".join(names))
        stale: dict[str, Any] = await self._deps.recall(STALE) or {}
        newest = await self._deps.queue.jobs.page(limit=1)
        since = newest[0].job_id if newest else 0
        await self._deps.note(STALE, {**stale, **dict.fromkeys(names, since)})

    async def _show(self) -> None:
        """Keeps the notice until what is affected was synchronized in full after the change."""
        stale: dict[str, int] = await self._deps.recall(STALE) or {}
        if not stale:
            return
        jobs = await self._deps.queue.jobs.page(limit=1_000)
        left = {name: since for name, since in stale.items() if not self._is_made_good(name, since, jobs)}
        if left != stale:
            await self._deps.note(STALE, left)
        if not left:
            self._deps.notices.pop(STALE, None)
            return
        models = {model for subject in SUBJECTS if subject.name in left for model in subject.models}
        options = " ".join(f"--model {model}" for model in sorted(models))
        self._deps.notices[STALE] = (
            f"{', '.join(sorted(left))} changed in Magento: what was sent before may be out of date; run"
            f" `synqctl full {options} --all-stores --changed-only`, or set [sync] on_config_change ="
            ' "resync"'
        )

    def _is_made_good(self, name: str, since: int, jobs: list[Job]) -> bool:
        """Whether full jobs younger than job ``since`` have sent all that the setting concerns."""
        models = {model for subject in SUBJECTS if subject.name == name for model in subject.models}
        wanted = {stream for stream in self._deps.routes.streams if stream.model in models}
        done = {
            part.stream
            for job in jobs
            if job.kind is JobKind.FULL and job.job_id > since
            for part in job.parts
            if part.state is PartState.FINISHED
        }
        return wanted <= done


def _changed(known: Sums, sums: Sums) -> list[str]:
    """Settings that differ; one that an older version did not look at is not one of them."""
    return sorted(name for name in known.keys() & sums.keys() if known[name] != sums[name])


def _told(model: Model, via: str, known: Sums, sums: Sums) -> Iterator[Cause]:
    """What differs, and everything where something is gone; what is new concerns nobody yet."""
    for key in _changed(known, sums):
        yield Cause(model, via, key)
    gone = sorted(known.keys() - sums.keys())
    if gone:
        yield Cause(model, EVERYTHING, f"{via} {', '.join(gone[:3])} deleted")
