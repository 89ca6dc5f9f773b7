"""Whether capture was interrupted since the last look, however short it was and whoever mended it (S28).

When triggers and tables were made, and how far ids have come, are marks: another value than before means that
rows may have been written meanwhile that nothing told of. What it may concern is compared, once.
"""

from collections.abc import Mapping
from typing import Any

from synqd.magento import Alive, Marks, TableMark, interruptions
from synqd.models.names import Model
from synqd.movers.capture.interruption import SOUND
from synqd.movers.sweeper.deps import SweepDeps
from synqd.movers.sweeper.soundness import OFF

LOOK_EVERY = 60.0


class Interrupted:
    """Notices interruptions by the marks they leave, and keeps the triggers from falling silent."""

    def __init__(self, deps: SweepDeps) -> None:
        self._deps = deps
        self._interruptions = deps.interruptions

    async def run(self) -> float:
        """Looks at all marks, and compares them with those of the last look."""
        life = self._deps.magento.life
        if await life.look() is Alive.BEHIND:
            await self._interruptions.tell(
                list(Model), "triggers had fallen silent, as nobody had read the log"
            )
        saved = await self._deps.recall(SOUND)
        marks = await self._deps.magento.marks()
        if saved is not None:
            found = interruptions(_marks(saved), marks, await self._interruptions.good_until())
            for model in sorted({model for models in found.values() for model in models}):
                tables = sorted(table for table, models in found.items() if model in models)
                what = f"{', '.join(tables[:3])} interrupted" + (" and more" if len(tables) > 3 else "")
                await self._interruptions.tell([model], what, tables)
        escaping = await self._deps.recall(OFF)
        at = int(saved["at"]) if escaping and saved is not None else marks.at
        await self._deps.note(SOUND, _saved(marks, at, saved))
        await life.extend()
        return LOOK_EVERY


def _saved(marks: Marks, at: int, before: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """The marks as a fact; of a trigger that is gone now, what is known of it stays."""
    triggers = dict(before["triggers"]) if before else {}
    tables = {name: [each.made, each.next_id, each.rows] for name, each in marks.tables.items()}
    return {
        "at": at,
        "moment": marks.moment,
        "triggers": {**triggers, **marks.triggers},
        "tables": tables,
    }


def _marks(saved: Mapping[str, Any]) -> Marks:
    tables = {name: TableMark(*each) for name, each in saved["tables"].items()}
    return Marks(int(saved["at"]), saved["moment"], saved["triggers"], tables)
