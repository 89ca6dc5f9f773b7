"""Models and store views that are on again: what changed there meanwhile was read and dropped (S4)."""

from synqd.models.names import Model, Stream
from synqd.movers.sweeper.deps import SweepDeps
from synqd.movers.sweeper.fulls import NONE, fulls, name_of

FACT = "streams"
"""Name of the queue's fact: which streams were ever on, and which of them have to be made good since when."""
NOTICE = "switched on again"
LOOK_EVERY = 10.0


class Switched:
    """Tells operators which streams were off for a while, until each was sent in full since.

    The fact maps a stream to null while it is on or was never off, to "off", or to the newest job's number
    when it was found to be on again.
    """

    def __init__(self, deps: SweepDeps) -> None:
        self._deps = deps

    async def run(self) -> float:
        """Compares what is on with what was on before."""
        known: dict[str, str | int | None] = await self._deps.recall(FACT) or {}
        found = await self._now(known)
        if found != known:
            await self._deps.note(FACT, found)
        self._show([name for name, state in found.items() if isinstance(state, int)])
        return LOOK_EVERY

    async def _now(self, known: dict[str, str | int | None]) -> dict[str, str | int | None]:
        on = {name_of(stream) for stream in self._deps.routes.streams}
        waits = any(known.get(name) is not None for name in on)
        done = await fulls(self._deps.queue) if waits else NONE
        found: dict[str, str | int | None] = dict.fromkeys(on - known.keys())
        for name, state in known.items():
            since = done.newest if state == "off" else state
            if name not in on:
                found[name] = "off"
            elif isinstance(since, int) and done.since(_stream(name), since):
                found[name] = None
            else:
                found[name] = since
        return found

    def _show(self, names: list[str]) -> None:
        if not names:
            self._deps.notices.pop(NOTICE, None)
            return
        streams = sorted(_stream(name) for name in names)
        stores = self._deps.routes.by_store
        listed = ", ".join(f"{model} of {stores[store_id].store.code}" for model, store_id in streams)
        models = " ".join(f"--model {model}" for model in sorted({model for model, _ in streams}))
        chosen = " ".join(f"--store {stores[one].store.code}" for one in sorted({one for _, one in streams}))
        self._deps.notices[NOTICE] = (
            f"switched on again, what changed meanwhile was not sent: {listed}; run"
            f" `synqctl full {models} {chosen} --changed-only`"
        )


def _stream(name: str) -> Stream:
    model, _, store_id = name.partition(" ")
    return Stream(Model(model), int(store_id))
