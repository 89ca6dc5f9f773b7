"""``synqd preview``: what would be sent, without a daemon and without Synerise."""

import json
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from synqd.cli.synqd.connection import magento, wait_for
from synqd.cli.synqd.options import config_option, ids_argument
from synqd.config import Routes, Settings, load_settings
from synqd.config.scopes import check_codes, unknown_code
from synqd.entities import DECLARED, Context, create_entities
from synqd.entities.payload import encode
from synqd.entities.person import marks_of
from synqd.models.errors import Invalid
from synqd.models.item import Leased, LedgerEntry, Want
from synqd.models.names import Key, Lane, Model
from synqd.models.person import FORGOTTEN
from synqd.models.shop import StoreView
from synqd.models.wire import Endpoint, Parcel, Skip, WireItem
from synqd.runtime.say import say

PATHS: Mapping[Endpoint, tuple[str, str]] = {
    Endpoint.CLIENTS: ("POST", "/v4/clients/batch"),
    Endpoint.CLIENT_DELETE: ("DELETE", "/v4/clients/by-customid/{key}"),
    Endpoint.TRANSACTIONS: ("POST", "/v4/transactions/batch"),
    Endpoint.EVENTS: ("POST", "/v4/events/batch"),
    Endpoint.CATALOG: ("POST", "/catalogs/bags/{{catalog:{catalog}}}/items/batch"),
}
CHUNK = 500


@click.command()
@click.argument("model", type=click.Choice([model.value for model in Model]))
@config_option
@click.option("--store", "store", required=True, help="Code of the store view.")
@click.option("--ids", help="Entity ids, like 1,2,3.")
@click.option("--skus", help="SKUs of products, likewise.")
@click.option("--increment-ids", help="Numbers of orders, likewise.")
@click.option("--emails", help="Addresses of customers or subscribers, likewise.")
@click.option(
    "--as",
    "lane",
    type=click.Choice([lane.update_type for lane in Lane]),
    default=Lane.FULL.update_type,
    show_default=True,
    help="How the items would have come: as a change, in a batch, in a full synchronization.",
)
@click.option("--explain", is_flag=True, help="Also tell for each field where its value comes from.")
@click.option(
    "--pretty/--compact",
    default=None,
    help="A field a line, or an item a line.  [default: as it is a terminal]",
)
def preview(
    model: str, config: Path, store: str, lane: str, *, explain: bool, pretty: bool | None, **keys: str | None
) -> None:
    """Print the exact items that would be sent, one JSON object a line. Nothing is sent."""
    given = [name for name, text in keys.items() if text]
    if len(given) != 1:
        raise click.UsageError("give one of --ids, --skus, --increment-ids, --emails")
    chosen = next(one for one in Lane if one.update_type == lane)
    what, text = Model(model), keys[given[0]] or ""
    settings = load_settings(config)
    ids = ids_argument(text) if given[0] == "ids" else wait_for(_resolved(settings, what, given[0], text))
    for line in wait_for(_preview(settings, what, store, ids, chosen, explain=explain)):
        shown = encode(line).decode()
        wide = sys.stdout.isatty() if pretty is None else pretty
        say(json.dumps(json.loads(shown), indent=2, ensure_ascii=False) if wide else shown)


async def _resolved(settings: Settings, model: Model, given: str, text: str) -> list[int]:
    """The entities behind keys, in their order.

    Raises:
        Invalid: a key leads to none.
    """
    via = DECLARED[model].keys.get(given)
    if via is None:
        raise Invalid(f"--{given.replace('_', '-')} choose no {model} items")
    keys = [key.strip() for key in text.split(",") if key.strip()]
    async with magento(settings) as place:
        found = await create_entities()[model].resolve(place.source, via, keys)
    if missing := [key for key in keys if not found.get(key)]:
        raise Invalid(f"{', '.join(missing)}: not in Magento")
    return [one for key in keys for one in found[key]]


def _closed(routes: Routes, store: StoreView) -> str | None:
    """Why nothing at all is sent for a store view; None if something may be."""
    if store.store_id in routes.by_store:
        return None
    if not store.active:
        return "the store view is inactive"
    if store.code in routes.unrouted:
        return "the store view belongs to no workspace"
    return "the store view is not chosen in [sync] stores"


async def _preview(
    settings: Settings, model: Model, code: str, ids: Sequence[int], lane: Lane, *, explain: bool
) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = []
    async with magento(settings) as place:
        shop = await place.shop()
        check_codes(settings, shop)
        routes = Routes.build(settings, shop)
        store = shop.store_by_code(code)
        if store is None:
            raise Invalid(
                f"--store: {unknown_code('store view', code, [s.code for s in shop.stores.values()])}"
            )
        if why := _closed(routes, store):
            items = [_leased(Key(model, store.store_id, one), lane, {}) for one in ids]
            return [line for item in items for line in _lines(code, item, Skip(why), None)]
        workspace = routes.workspace(store.store_id)
        context = Context(settings, shop, store, workspace, datetime.now(UTC), _Ledger(settings))
        known, forgotten = _memory(settings, [Key(model, store.store_id, entity_id) for entity_id in ids])
        entity = create_entities()[model]
        for start in range(0, len(ids), CHUNK):
            part = ids[start : start + CHUNK]
            items = [_leased(Key(model, store.store_id, one), lane, known) for one in part]
            results = await entity.compose(place.source, context, items)
            reasons: Sequence[Mapping[str, str] | None] = [None] * len(items)
            if explain:
                reasons = await entity.explain(place.source, context, items)
            for item, result, reason in zip(items, results, reasons, strict=True):
                spared = isinstance(result, Parcel) and forgotten(marks_of(item, result))
                lines += _lines(code, item, Skip(FORGOTTEN) if spared else result, reason)
    return lines


def _memory(
    settings: Settings, keys: Sequence[Key]
) -> tuple[Mapping[Key, LedgerEntry], Callable[[Iterable[str]], bool]]:
    """What the ledger knows of the items, and who was forgotten; a running daemon is not disturbed."""
    from synqd.queue import read_memory  # noqa: PLC0415  # heavy

    path = _queue_file(settings)
    if not path.exists():
        return {}, lambda _: False
    known, marks = read_memory(path, keys)
    return known, marks.hold


class _Ledger:
    """What was sent, read from the file."""

    def __init__(self, settings: Settings) -> None:
        self._path = _queue_file(settings)

    async def withdrawn(self, workspace: str, emails: Collection[str]) -> Mapping[str, int]:
        """``Ledger.withdrawn``."""
        from synqd.queue import read_withdrawn  # noqa: PLC0415  # heavy

        return read_withdrawn(self._path, workspace, emails) if self._path.exists() else {}

    async def holding(self, workspace: str, emails: Collection[str]) -> Sequence[tuple[Key, LedgerEntry]]:
        """``Ledger.holding``."""
        from synqd.queue import read_holding  # noqa: PLC0415  # heavy

        return read_holding(self._path, workspace, emails) if self._path.exists() else ()

    async def newest_guests(self, workspace: str, marks: Collection[str]) -> Mapping[str, int]:
        """``Ledger.newest_guests``."""
        from synqd.queue import read_newest_guests  # noqa: PLC0415  # heavy

        return read_newest_guests(self._path, workspace, marks) if self._path.exists() else {}


def _queue_file(settings: Settings) -> Path:
    from synqd.app.storage import QUEUE_FILE  # noqa: PLC0415  # heavy

    return settings.queue.directory / QUEUE_FILE


def _leased(key: Key, lane: Lane, known: Mapping[Key, LedgerEntry]) -> Leased:
    return Leased(0, key, 0, 1, 0, lane, 0, Want.FORCE, None, known.get(key))


def _lines(
    code: str, item: Leased, result: Parcel | Skip, reasons: Mapping[str, str] | None
) -> list[dict[str, Any]]:
    head: dict[str, Any] = {"model": item.key.model.value, "store": code, "id": item.key.entity_id}
    if isinstance(result, Skip):
        return [{**head, "method": None, "path": None, "item": None, "skip": result.reason}]
    if not result.items:
        return [{**head, "method": None, "path": None, "item": None, "skip": "nothing to send"}]
    return [_line(head, wire, reasons) for wire in result.items]


def _line(head: dict[str, Any], wire: WireItem, reasons: Mapping[str, str] | None) -> dict[str, Any]:
    method, path = PATHS[wire.endpoint]
    line = {
        **head,
        "method": method,
        "path": path.format(key=wire.key, catalog=wire.catalog),
        "item": None if wire.endpoint is Endpoint.CLIENT_DELETE else wire.body,
    }
    if wire.notes:
        line["notes"] = list(wire.notes)
    if reasons is not None:
        line["explain"] = dict(reasons)
    return line
