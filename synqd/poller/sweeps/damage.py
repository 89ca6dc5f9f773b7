"""A change log that was not written for a while: what was missed has to be made good once it is again."""

from synqd.entities.watch import EVERYTHING
from synqd.logs import get_logger
from synqd.models.names import Model
from synqd.poller.pending import KEYS_WANTED, Cause
from synqd.poller.sweeps.tools import Tools

FACT = "change log was off"
DAMAGED = "changelog"
"""Name of the notice that the janitor leaves while triggers are missing."""
LOOK_EVERY = 5.0

log = get_logger("sweeper")


class Damage:
    """Starts a comparison of everything when triggers are back, or when Magento writes a log again."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def run(self) -> float:
        """Looks which logs are not written now, and which are again."""
        off = await self._off()
        before: list[str] = await self._tools.recall(FACT) or []
        again = sorted(set(before) - set(off))
        if again:
            await self._make_good(again)
        if off != before:
            await self._tools.note(FACT, off)
        return LOOK_EVERY

    async def _off(self) -> list[str]:
        if self._tools.routes.settings.magento.capture == "triggers":
            return ["triggers"] if DAMAGED in self._tools.notices else []
        off = await self._tools.magento.reader.off()
        if off:
            self._tools.notices[DAMAGED] = (
                f"Magento does not write {', '.join(off)}: changes are seen late or not at all; run"
                " `bin/magento indexer:set-mode schedule`"
            )
        else:
            self._tools.notices.pop(DAMAGED, None)
        return off

    async def _make_good(self, logs: list[str]) -> None:
        what = f"{', '.join(logs)} written again"
        log.warning("changelog.written_again", logs=", ".join(logs))
        readonly = self._tools.routes.settings.magento.capture == "readonly"
        models = [Model.PRODUCT] if readonly else self._tools.routes.settings.sync.models
        await self._tools.tell([Cause(model, EVERYTHING, what) for model in models])
        await self._tools.queue.set_meta(KEYS_WANTED, what)
