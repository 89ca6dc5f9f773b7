"""A made-up fifth model: notes that customers leave become events. A test puts it beside the four."""

from collections.abc import Mapping, Sequence

from synqd.entities.base import Context, Page, Source, gone
from synqd.entities.declaration import Declaration, Stamped
from synqd.entities.paging import read_count, read_high, read_page, read_range, read_store_views
from synqd.entities.payload import digest_of
from synqd.entities.watch import EVERYTHING, RANGE, Watch
from synqd.models.item import Leased
from synqd.models.names import Model
from synqd.models.shop import Shop, StoreView
from synqd.models.wire import Endpoint, Parcel, Skip, WireItem

_TABLE, _KEY = "customer_note", "note_id"


class NoteEntity:
    model = Model("note")
    watches = (Watch(_TABLE, "{row}.note_id", store="{row}.store_id", identity=True),)
    wide = frozenset({RANGE, EVERYTHING})

    async def locate(self, source: Source, shop: Shop, ids: Sequence[int]) -> Mapping[int, frozenset[int]]:
        return await read_store_views(source, _TABLE, _KEY, tuple(ids))

    async def resolve(self, source: Source, via: str, keys: Sequence[str]) -> Mapping[str, Sequence[int]]:
        return {}

    async def reach(self, source: Source, via: str, key: str, after: int, limit: int) -> Sequence[int]:
        return await read_range(source, _TABLE, _KEY, key, after, limit) if via == RANGE else []

    async def related(self, source: Source, ids: Sequence[int]) -> Mapping[int, frozenset[int]]:
        return {}

    async def page(self, source: Source, store: StoreView, after: int, limit: int, until: int) -> Page:
        return await read_page(source, _TABLE, _KEY, store, after, limit, until)

    async def count(self, source: Source, store: StoreView) -> int:
        return await read_count(source, _TABLE, store)

    async def high(self, source: Source) -> int:
        return await read_high(source, _TABLE, _KEY)

    async def compose(
        self, source: Source, context: Context, items: Sequence[Leased]
    ) -> Sequence[Parcel | Skip]:
        ids = tuple(item.key.entity_id for item in items)
        rows = await source.fetch(
            f"SELECT note_id, email, note FROM {{{_TABLE}}} WHERE note_id IN %s", (ids,)
        )
        notes = {row[0]: row[1:] for row in rows}
        return [
            _parcel(item, *notes[item.key.entity_id]) if item.key.entity_id in notes else gone(item)
            for item in items
        ]

    async def explain(
        self, source: Source, context: Context, items: Sequence[Leased]
    ) -> Sequence[Mapping[str, str] | None]:
        return [{"params.note": f"{_TABLE}.note"} for _ in items]

    def refresh(self) -> None:
        pass


def _parcel(item: Leased, email: str, note: str) -> Parcel:
    body = {
        "type": "custom",
        "action": "note.left",
        "label": "note",
        "client": {"email": email},
        "eventSalt": f"note-{item.key.entity_id}",
        "params": {"note": note},
    }
    wire = WireItem(Endpoint.EVENTS, email, body)
    return Parcel((wire,), email, alive=True, fields=frozenset({"note"}), digest=digest_of(body))


DECLARATION = Declaration(
    Model("note"),
    NoteEntity,
    endpoints=(Endpoint.EVENTS,),
    stamped=(Stamped(_TABLE, _KEY, _KEY, "written_at"),),
)
