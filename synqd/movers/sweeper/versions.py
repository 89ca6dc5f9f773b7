"""Versions of the shop's content begin and end by Magento's cron; no row of the catalog changes then.

Only the note of which version is current is another one (content staging). Whatever has a bound between the
version that was current and the one that is now, shows other content.
"""

from synqd.entities.product.relations import changed_categories
from synqd.entities.watch import VERSION
from synqd.models.names import Model
from synqd.movers.capture.pending import Cause
from synqd.movers.sweeper.deps import SweepDeps

FACT = "version of the content"
"""Name of the queue's fact that holds the version up to which this was done."""
NOTICE = "content staging"
LOOK_EVERY = 5.0


class ContentVersions:
    """Wakes what begins, ends or rolls back with another version.

    The version is kept in the queue file, so a switch while the daemon was down is made up for.
    """

    def __init__(self, deps: SweepDeps) -> None:
        self._deps = deps

    async def run(self) -> float:
        """Compares the version with that of the last look; the first look only notes it."""
        deps = self._deps
        used = frozenset(deps.magento.versions.used)
        current = await deps.magento.versions.current()
        known: int | None = await deps.recall(FACT)
        if current is not None and known is not None:
            # Something may have been sent as of a version that came and went between two looks.
            await self._tell({known, current.number, *used})
        number = current.number if current else None
        if number != known:
            await deps.note(FACT, number)
        deps.magento.versions.used -= used
        self._show(current.doubt if current else "")
        return LOOK_EVERY

    async def _tell(self, versions: set[int]) -> None:
        before, now = min(versions), max(versions)
        if before == now:
            return
        categories = await changed_categories(self._deps.magento.source, before, now)
        causes = [Cause(Model.PRODUCT, "category", str(each)) for each in categories]
        await self._deps.tell([Cause(Model.PRODUCT, VERSION, f"{before}-{now}"), *causes])

    def _show(self, doubt: str) -> None:
        if doubt:
            self._deps.notices[NOTICE] = f"content staging: {doubt}"
        else:
            self._deps.notices.pop(NOTICE, None)
