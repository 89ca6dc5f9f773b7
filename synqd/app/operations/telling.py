"""The log, and what is known of one entity."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from synqd.app.generation import Generation
from synqd.app.operations.base import Verb
from synqd.app.views import item_view, line_view
from synqd.control import NotFound, schema
from synqd.entities import DECLARED
from synqd.entities.person import read_orders
from synqd.models.errors import Denied, Invalid, MagentoUnavailable
from synqd.models.names import Model
from synqd.models.person import EntityRef, being_mark, email_mark, folded
from synqd.queue import LogFilter
from synqd.runtime.clock import milliseconds

RESOLVE_TIMEOUT = 2.0
"""Seconds that a question about one entity waits for Magento; the queue file knows all that was ever sent."""
MOST_ITEMS = 200
"""Items that are shown for one key."""
LONGEST_ID = 18
"""Digits of a number that may be an id."""


@dataclass
class _Named:
    """What a key leads to, and what has to be known of that."""

    found: set[EntityRef] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)


class TellOperations(Verb):
    """The verb for the synchronization log."""

    async def log(self, query: schema.LogQuery) -> schema.LogView:
        """Lines of the synchronization log, and all that is known of one entity."""
        store_id = self._store_id(query.store)
        named = await self._named(query.entity, query.model) if query.entity is not None else None
        entities = sorted(named.found) if named else []
        lines = await self._queue.log.page(
            _filter(query, store_id, entities if named else None), query.limit, query.after, query.before
        )
        if query.job and not lines:
            await self._known(query.job)
        first = query.after is None and query.before is None
        items = await self._items(entities, store_id) if first else []
        notes = named.notes if named else []
        if len(items) > MOST_ITEMS:
            notes.append(f"only {MOST_ITEMS} of {len(items)} items are shown: name --model or --store")
        last = lines[-1].number if lines else query.after or 0
        return schema.LogView(
            lines=[line_view(line, self._daemon.routes) for line in lines],
            items=items[:MOST_ITEMS],
            notes=notes if first else [],
            last=last,
        )

    async def _known(self, job_id: int) -> None:
        """Raises NotFound for a job that there is not: it has no lines either."""
        try:
            await self._queue.jobs.get(job_id)
        except Invalid as error:
            raise NotFound(str(error), field="job") from error

    async def _items(self, entities: Sequence[EntityRef], store_id: int | None) -> list[schema.ItemView]:
        routes, found = self._daemon.routes, []
        for model, entity_id in entities:
            facts = [
                item_view(one, routes)
                for one in await self._queue.ledger.facts(model, entity_id)
                if store_id in (None, one.key.store_id)
            ]
            forgotten = self._queue.people.forgotten([being_mark(model, entity_id)])
            found += facts or [schema.ItemView.unknown(model, entity_id, forgotten=forgotten)]
        return found

    async def _named(self, key: str, model: Model | None) -> _Named:
        """Entities behind an id, SKU, increment id or e-mail, of now or before; of a person everything.

        Raises:
            Invalid: nothing is known of it.
        """
        models = [model] if model else list(Model)
        named = _Named(
            set(await self._queue.ledger.named(key, list(self._daemon.settings.workspaces), models))
        )
        await self._ask_magento(key, models, named)
        if key.isascii() and key.isdecimal() and not key.startswith("0") and len(key) <= LONGEST_ID:
            ids = [(one, int(key)) for one in models]
            # A model that was named means it; without one, an id is only what something is known of.
            named.found |= {one for one in ids if one not in named.found and await self._is_known(one)}
            named.found |= set(ids) if model and not named.found else set()
        if "@" in key and self._queue.people.forgotten([email_mark(key)]):
            named.notes.insert(0, f"{key}: forgotten; nothing about the person is kept or sent")
        if not named.found and not named.notes:
            raise Invalid(f"nothing is known of {key!r}: neither sent, waiting nor failed", field="entity")
        return named

    async def _is_known(self, being: EntityRef) -> bool:
        return self._queue.people.forgotten([being_mark(*being)]) or bool(
            await self._queue.ledger.facts(*being)
        )

    async def _ask_magento(self, key: str, models: Sequence[Model], named: _Named) -> None:
        """Adds what Magento has under a name; what it does not answer in time is told."""
        generation = self._daemon.generation
        if generation is None:
            named.notes += ["Magento does not answer: only what the queue file knows is shown"] * bool(
                named.found
            )
            return
        try:
            async with asyncio.timeout(RESOLVE_TIMEOUT):
                for model, given in _ways(models):
                    entity, source = generation.parts.entities[model], generation.parts.magento.source
                    resolved = await entity.resolve(source, DECLARED[model].keys[given], [key])
                    named.found |= {(model, one) for ids in resolved.values() for one in ids}
                if "@" in key and Model.ORDER in models:
                    named.found |= await _orders(generation, key, named)
        except (MagentoUnavailable, Denied, TimeoutError):
            named.notes.append("Magento did not answer in time: there may be more, such as orders of guests")


async def _orders(generation: Generation, email: str, named: _Named) -> set[EntityRef]:
    """Orders of a person: of the accounts first, which is quick, then of guests."""
    source = generation.parts.magento.source
    customers = [number for model, number in named.found if model is Model.CUSTOMER]
    named.found |= {one.being for one in await read_orders(source, (), customers)}
    return {one.being for one in await read_orders(source, {folded(email)})}


def _filter(query: schema.LogQuery, store_id: int | None, entities: Sequence[EntityRef] | None) -> LogFilter:
    return LogFilter(
        job_id=query.job,
        model=query.model,
        store_id=store_id,
        entities=None if entities is None else tuple(entities),
        since=milliseconds(query.since.timestamp()) if query.since else None,
        search=query.search,
        failed=query.failed,
        everything=query.everything,
    )


def _ways(models: Sequence[Model]) -> Iterator[tuple[Model, schema.By]]:
    """By what entities can be named, apart from their ids."""
    for given, able in schema.IDENTIFIED.items():
        if given != "ids":
            yield from ((model, given) for model in models if model in able)
