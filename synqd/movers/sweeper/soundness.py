"""Whether every change is captured now, and was at every moment since the last look (S28).

Two questions, once a minute: is anything wrong with the change log (operators are told, until it is mended),
and was anything interrupted meanwhile, however short and whoever mended it. After an interruption what it may
concern is compared, once.
"""

from collections import Counter
from collections.abc import Sequence

from synqd.magento import Fault, Finding, Level
from synqd.models.errors import ConfigError
from synqd.models.names import Model
from synqd.movers.capture.interruption import SOUND
from synqd.movers.sweeper.deps import SweepDeps
from synqd.runtime.logs import get_logger

NOTICE = "changelog"
"""Name of the notice that is there while something is wrong."""
OFF = "change log was off"
"""Name of the queue's fact that holds the models whose changes escape now."""
LOOK_EVERY = 60.0
LOOK_AT_VIEWS_EVERY = 5.0
"""Seconds between two looks; with read-only capture one cheap query tells."""

log = get_logger("sweeper")


class Soundness:
    """Tells operators what is wrong with the capture, and makes good what was."""

    def __init__(self, deps: SweepDeps) -> None:
        self._deps = deps
        self._interruptions = deps.interruptions

    async def run(self) -> float:
        """Looks what is wrong now, and what was wrong and is not any more."""
        readonly = self._deps.routes.settings.magento.capture == "readonly"
        await self._make_good(await (self._look_at_views() if readonly else self._look_at_log()))
        return LOOK_AT_VIEWS_EVERY if readonly else LOOK_EVERY

    async def _look_at_views(self) -> list[Model]:
        """Read-only capture: logs of Magento's that are not written now."""
        off = await self._deps.magento.reader.off()
        if not off:
            self._deps.notices.pop(NOTICE, None)
            return []
        self._deps.notices[NOTICE] = (
            f"Magento does not write {', '.join(off)}: changes are seen late or not at all; run"
            " `bin/magento indexer:set-mode schedule`"
        )
        return [Model.PRODUCT]

    async def _look_at_log(self) -> list[Model]:
        """The models whose changes escape now; tells operators what is wrong (S2)."""
        try:
            found = await self._deps.magento.changelog.verify()
        except ConfigError as error:  # a table that has to be watched is gone
            remedy = "run `synqd changelog verify`"
            found = [Finding(Level.ERROR, "tables", str(error), remedy, Fault.MISSING, frozenset(Model))]
        if gone := self._deps.magento.definer_gone:
            what, _, remedy = gone.partition("; ")
            found = [Finding(Level.ERROR, "triggers", what, remedy, Fault.DEFINER), *found]
        faults = [one for one in found if one.level is Level.ERROR]
        counts = Counter(one.fault for one in faults)
        for kind in Fault:
            self._deps.metrics.changelog_fault(kind, counts[kind])
        self._notify(faults)
        escaping = (Fault.MISSING, Fault.UNCOVERED)
        return sorted({model for one in faults if one.fault in escaping for model in one.models})

    def _notify(self, faults: Sequence[Finding]) -> None:
        if not faults:
            self._deps.notices.pop(NOTICE, None)
            return
        first = faults[0]
        sentence = (
            f"change log: {first.subject} {first.message}; {first.remedy} ({len(faults)} findings,"
            " `synqd changelog verify` lists them)"
        )
        if self._deps.notices.get(NOTICE) != sentence:
            log.error(
                "changelog.damaged",
                finding=f"{first.subject} {first.message}",
                remedy=first.remedy,
                findings=len(faults),
            )
        self._deps.notices[NOTICE] = sentence

    async def _make_good(self, off: list[Model]) -> None:
        """What escaped is compared as soon as it does so no longer."""
        before: list[str] = await self._deps.recall(OFF) or []
        last = (await self._deps.recall(SOUND) or {}).get("moment", "")
        good = await self._interruptions.good_until()
        # A marker that came after the last look, when they still escaped, has them compared already.
        again = [model for model in map(Model, before) if model not in off and good.get(model, "") <= last]
        if again:
            await self._interruptions.tell(again, "the change log is written again")
        if [model.value for model in off] != before:
            await self._deps.note(OFF, [model.value for model in off])
