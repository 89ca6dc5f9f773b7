"""What all verbs need of the daemon."""

from collections.abc import Collection, Sequence
from typing import Protocol

from synqd.app.generation import Generation
from synqd.app.lookahead import Reload
from synqd.app.pace import Paces
from synqd.app.parts import DaemonParts
from synqd.config import Routes, Settings
from synqd.config.scopes import unknown_code
from synqd.control import Conflict, schema
from synqd.exporter import Health
from synqd.models.errors import Invalid, MagentoUnavailable
from synqd.models.item import Want
from synqd.models.names import Model, Stream


class Running(Protocol):
    """The process, as far as operations need it."""

    house: DaemonParts
    settings: Settings
    health: Health
    started: float
    generation: Generation | None
    routes: Routes | None

    async def reload(self) -> Reload:
        """Reads the configuration again; raises ConfigError where it is wrong."""


def want_of(request: schema.FullRequest) -> Want:
    """What a full synchronization asks of each item."""
    want = Want.NOTHING if request.changed_only else Want.FORCE
    return want | Want.REASSERT_CONSENT if request.reassert_consent else want


class Verb:
    """Base of the verbs."""

    def __init__(self, daemon: Running) -> None:
        self._daemon = daemon
        self._queue = daemon.house.queue
        self._paces = Paces(daemon.house.clock)

    def _wake(self, mover: str) -> None:
        if self._daemon.generation:
            self._daemon.generation.wake(mover)

    def _routes(self) -> Routes:
        if not self._daemon.settings.sync.enabled:
            raise Conflict("synchronization is off; set [sync] enabled = true and reload")
        if self._daemon.routes is None:
            raise MagentoUnavailable("the shop's store views are not known yet: Magento does not answer")
        return self._daemon.routes

    def _streams(self, models: Sequence[Model], stores: Sequence[str]) -> list[Stream]:
        """Streams that are switched on, of these models and store views; empty means all."""
        routes = self._routes()
        codes = {route.store.code: store_id for store_id, route in routes.by_store.items()}
        for code in stores:
            if code not in codes:
                raise Invalid(f"{unknown_code('switched-on store view', code, codes)}", field="stores")
        on = routes.settings.sync.models
        for model in models:
            if model not in on:
                raise Invalid(f"model {model} is not switched on in [sync] models", field="models")
        wanted = [codes[code] for code in dict.fromkeys(stores)] or sorted(codes.values())
        streams = [Stream(model, store_id) for model in dict.fromkeys(models or on) for store_id in wanted]
        if not streams:
            raise Invalid("nothing is switched on: see [sync] models and stores, and [workspaces]")
        return streams

    def _store_id(self, code: str | None) -> int | None:
        """Id of a store view of the shop; an id is taken as it is."""
        if code is None or code.isdecimal():
            return int(code) if code else None
        shop = self._daemon.routes.shop if self._daemon.routes else None
        store = shop.store_by_code(code) if shop else None
        if store is None:
            known = [one.code for one in shop.stores.values()] if shop else []
            raise Invalid(unknown_code("store view", code, known), field="store")
        return store.store_id

    def _obstacle(self, movers: Collection[str]) -> str | None:
        """What these movers wait for outside, in one line; None if nothing stands in their way."""
        if not self._daemon.settings.sync.enabled:
            return "synchronization is off"
        if self._daemon.generation is None:
            details = [one.detail for one in self._daemon.health.conditions() if one.name == "magento"]
            return f"Magento: {next((detail for detail in details if detail), 'does not answer')}"
        troubles = map(self._daemon.house.progress.in_full, movers)
        return next(filter(None, troubles), None)
