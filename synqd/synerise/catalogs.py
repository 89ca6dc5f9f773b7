"""Finds catalogs ("bags") by name, and creates those that are missing.

A search finds names that contain the text, in pages, so all pages are read and only an equal name counts. All
tasks that want a catalog at the same time share one search and one creation. Nothing keeps two catalogs from
having the same name: the oldest is taken, and after creating one the search is repeated, so that two daemons
that create at the same time agree on one.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from itertools import chain
from typing import Any
from urllib.parse import quote

import orjson

from synqd.synerise.answer import Answer
from synqd.synerise.complaints import document
from synqd.synerise.flight import SingleFlight
from synqd.synerise.obstacles import held, held_unavailable, senseless
from synqd.synerise.outcome import describe, said
from synqd.synerise.report import ObstacleKind, Postponed
from synqd.synerise.transport import Request

PAGE = 50
KEEP = 8 * 1024 * 1024
"""A page names all fields of all its catalogs."""
MOST_PAGES = 200
LONGEST_SEARCH = 120.0
"""Seconds for all pages of one search."""
MOST_DIGITS = 100
"""Characters of an id."""

Ask = Callable[[Request], Awaitable[Answer]]


class Catalogs:
    """Catalogs of one workspace, by name; ids are remembered until they are forgotten."""

    def __init__(self, ask: Ask) -> None:
        """Args: ask: sends an authorized request and raises for everything but success, 400 and 404."""
        self._ask = ask
        self._ids: dict[str, str] = {}
        self._flights: dict[tuple[str, bool], SingleFlight[str | None]] = defaultdict(SingleFlight)

    def remember(self, name: str, catalog_id: str) -> None:
        """Takes an id that is known from elsewhere."""
        self._ids[name] = catalog_id

    def forget(self, name: str, catalog_id: str | None = None) -> None:
        """Looks the id up again next time, unless it has changed from ``catalog_id`` already."""
        if catalog_id is None or self._ids.get(name) == catalog_id:
            self._ids.pop(name, None)

    async def find(self, name: str, *, create: bool = True) -> str | None:
        """The id of the catalog, created if need be; None if it is missing and not to be created.

        Raises:
            HeldDenied, HeldUnavailable: it could not be found out.
        """
        known = self._ids.get(name)
        return known or await self._flights[name, create].run(lambda: self._find(name, create=create))

    async def close(self) -> None:
        """Ends searches that are under way."""
        for flight in self._flights.values():
            await flight.close()

    async def _find(self, name: str, *, create: bool) -> str | None:
        found = await self._search(name) or (await self._create(name) if create else None)
        if found is not None:
            self._ids[name] = found
        return found

    async def _search(self, name: str) -> str | None:
        """Id of the oldest catalog of exactly that name."""
        oldest: str | None = None
        with suppress(TimeoutError):
            async with asyncio.timeout(LONGEST_SEARCH):
                async for bags in self._pages(name):
                    oldest = _older(oldest, _exact(bags, name))
                return oldest
        raise held_unavailable("the list of catalogs does not come to its end")

    async def _pages(self, name: str) -> AsyncIterator[list[Any]]:
        """All pages of a search; without a total, one that is empty or repeats the page before is the end."""
        seen, before = 0, None
        for _ in range(MOST_PAGES):
            bags, total = await self._page(name, seen)
            if not bags or (bags == before and total is None):
                return
            if bags == before:
                break
            yield bags
            seen, before = seen + len(bags), bags
            if total is not None and seen >= total:
                return
        raise held_unavailable("the list of catalogs has no end; check base_url and proxies")

    async def _page(self, name: str, offset: int) -> tuple[list[Any], int | None]:
        """The catalogs of one page, and how many the search has found in all, if that is said."""
        query = f"searchBy={quote(name, safe='')}&orderBy=id&offset={offset}&limit={PAGE}"
        answer = await self._ask(Request("catalogs", "GET", f"/catalogs/bags?{query}", keep=KEEP))
        found = document(answer.body) if answer.ok else None
        if not isinstance(found, dict) or not isinstance(found.get("data"), list):
            raise senseless("the list of catalogs", answer.status)
        meta = found.get("metaData")
        total = meta.get("totalCount") if isinstance(meta, dict) else None
        return found["data"], total if isinstance(total, int) else None

    async def _create(self, name: str) -> str:
        body = orjson.dumps({"name": name})
        answer = await self._ask(Request("catalogs", "POST", "/catalogs/bags", body, repeatable=False))
        if not answer.ok:
            found = await self._search(name)
            if found is None:
                detail = f"catalog {name!r} cannot be created: {describe(answer)}"
                raise held(Postponed(ObstacleKind.MISUSED, detail, said=said(answer)))
            return found
        return await self._search(name) or self._created(answer, name)

    def _created(self, answer: Answer, name: str) -> str:
        """The id in the answer to a creation that the search does not show yet."""
        found = document(answer.body)
        data = found.get("data") if isinstance(found, dict) else None
        ids = list(_exact([data], name))
        if not ids:
            raise senseless(f"the creation of catalog {name!r}", answer.status)
        return ids[0]


def _exact(bags: list[Any], name: str) -> Iterator[str]:
    """Ids of the catalogs with exactly that name; ids come as numbers or as text, fit for an address."""
    for bag in bags:
        found = bag.get("id") if isinstance(bag, dict) and bag.get("name") == name else None
        if isinstance(found, int | str) and not isinstance(found, bool):
            text = str(found)
            if text.isprintable() and len(text) <= MOST_DIGITS and text not in ("", ".", ".."):
                yield text


def _older(oldest: str | None, ids: Iterator[str]) -> str | None:
    """The least of some ids, which are counted upwards."""
    known = () if oldest is None else (oldest,)
    return min(chain(known, ids), key=lambda one: (len(one), one), default=None)
