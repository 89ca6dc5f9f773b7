"""What operators keep from being delivered."""

from synqd.models.names import Model
from synqd.queue import holds
from synqd.queue.holds import Hold
from synqd.queue.store import Store


class HoldVerbs:
    """Pauses of delivery."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def all(self) -> list[Hold]:
        """All pauses, by workspace and model."""
        return await self._store.ask(holds.every)

    async def put(self, workspace: str | None, model: Model | None, by: str) -> None:
        """Pause delivery of a model to a workspace; None means all."""
        await self._store.write(holds.put, workspace, model, by, self._store.now())

    async def lift(self, workspace: str | None, model: Model | None) -> bool:
        """Let it go on; without both everything. False if exactly this was not paused."""
        return await self._store.write(holds.lift, workspace, model)
