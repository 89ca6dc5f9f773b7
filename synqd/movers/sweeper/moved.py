"""Store views that the configuration has given to another workspace since something was sent."""

from collections import defaultdict
from typing import TypedDict

from synqd.models.names import Stream
from synqd.movers.sweeper.deps import SweepDeps
from synqd.movers.sweeper.fulls import Fulls, fulls, name_of

FACT = "workspaces"
"""Name of the queue's fact: where each stream goes, and what of it has stayed elsewhere."""
NOTICE = "another workspace"
LOOK_EVERY = 10.0


class Place(TypedDict, total=False):
    """Where a stream goes; the rest only while operators are told.

    Attributes:
        workspace: where it goes now.
        before: where it went before.
        items: how many items were alive there.
        job: the newest job's number when that was found.
    """

    workspace: str
    before: str
    items: int
    job: int


class Moved:
    """Tells operators what has stayed in the old workspace, until the new one was filled in full.

    Nothing is removed from the old one by itself: that a name in the configuration has changed is no proof
    that somebody wants thousands of profiles and products to be deleted.
    """

    def __init__(self, deps: SweepDeps) -> None:
        self._deps = deps

    async def run(self) -> float:
        """Compares where each stream goes with where it went."""
        known: dict[str, Place] = await self._deps.recall(FACT) or {}
        found = known if self._is_settled(known) else {**known, **await self._now(known)}
        if found != known:
            await self._deps.note(FACT, found)
        self._show(found)
        return LOOK_EVERY

    def _is_settled(self, known: dict[str, Place]) -> bool:
        """Whether all goes where it went, and nobody is told: then no jobs need to be looked at."""
        by_store = self._deps.routes.by_store
        return all(
            known.get(name_of(stream)) == Place(workspace=by_store[stream.store_id].workspace)
            for stream in self._deps.routes.streams
        )

    async def _now(self, known: dict[str, Place]) -> dict[str, Place]:
        done, alive = await fulls(self._deps.queue), (await self._deps.queue.facts.counts()).alive
        return {
            name_of(stream): self._place(stream, known.get(name_of(stream)), done, alive.get(stream, 0))
            for stream in self._deps.routes.streams
        }

    def _place(self, stream: Stream, known: Place | None, done: Fulls, items: int) -> Place:
        workspace = self._deps.routes.by_store[stream.store_id].workspace
        if known is not None and known["workspace"] != workspace and items:
            return Place(workspace=workspace, before=known["workspace"], items=items, job=done.newest)
        if known is None or known["workspace"] != workspace or done.since(stream, known.get("job", 0)):
            return Place(workspace=workspace)
        return known

    def _show(self, found: dict[str, Place]) -> None:
        told: defaultdict[tuple[int, str, str], dict[str, int]] = defaultdict(dict)
        for stream in sorted(self._deps.routes.streams):
            place = found[name_of(stream)]
            if "before" in place:
                told[stream.store_id, place["before"], place["workspace"]][stream.model] = place["items"]
        sentences = [self._sentence(*where, items) for where, items in told.items()]
        if sentences:
            self._deps.notices[NOTICE] = "; ".join(sentences)
        else:
            self._deps.notices.pop(NOTICE, None)

    def _sentence(self, store_id: int, before: str, now: str, items: dict[str, int]) -> str:
        store = self._deps.routes.by_store[store_id].store.code
        counted = ", ".join(f"{number} {model}" for model, number in items.items())
        models = " ".join(f"--model {model}" for model in items)
        return (
            f"store view {store} goes to workspace {now} now; {before} keeps what was sent there"
            f" ({counted}), which nobody updates any more; fill {now} with"
            f" `synqctl full {models} --store {store}`, and remove by hand what {before} should not keep"
        )
