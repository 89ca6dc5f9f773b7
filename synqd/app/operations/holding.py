"""Holding delivery, and reloading."""

from synqd.app.operations.base import Verb
from synqd.app.views import hold_views
from synqd.control import Caller, Conflict, schema
from synqd.models.errors import Invalid
from synqd.queue import Line
from synqd.runtime.logs import get_logger

log = get_logger("control")


class HoldOperations(Verb):
    """Verbs about the daemon's work as a whole."""

    async def pause(self, what: schema.HoldRequest, caller: Caller) -> schema.Holds:
        """Holds delivery; intake goes on."""
        self._check_workspace(what.workspace)
        await self._queue.holds.put(what.workspace, what.model, str(caller))
        await self._told("delivery.paused", what, caller)
        return schema.Holds(holds=hold_views(await self._queue.holds.all()))

    async def resume(self, what: schema.HoldRequest, caller: Caller) -> schema.Holds:
        """Releases what is held."""
        self._check_workspace(what.workspace)
        released = await self._queue.holds.lift(what.workspace, what.model)
        if not released and (what.workspace or what.model):
            raise Conflict("exactly this is not paused; `synqctl status` shows what is")
        await self._told("delivery.resumed", what, caller)
        self._wake("drainer")
        return schema.Holds(holds=hold_views(await self._queue.holds.all()))

    async def reload(self, caller: Caller) -> schema.Reloaded:
        """Reads the configuration again, like SIGHUP."""
        log.info("config.reload", by=str(caller))
        reload = await self._daemon.reload()
        changed = reload.change.keys
        text = f"{caller}: {', '.join(changed) or 'nothing changed'}"
        await self._queue.log.note(Line("config.reloaded", text=text))
        return schema.Reloaded(
            changed=changed, restart_needed=reload.change.restart_needed, notes=list(reload.notes)
        )

    async def _told(self, event: str, what: schema.HoldRequest, caller: Caller) -> None:
        log.info(event, workspace=what.workspace, model=what.model, by=str(caller))
        about = f"{what.model or 'all models'} of {what.workspace or 'all workspaces'}"
        await self._queue.log.note(Line(event, text=f"{about}, {caller}"))

    def _check_workspace(self, name: str | None) -> None:
        known = self._daemon.settings.workspaces
        if name is not None and name not in known:
            raise Invalid(f"there is no workspace {name!r}; there is {', '.join(known)}", field="workspace")
