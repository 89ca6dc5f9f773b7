"""A wire key is one thing at Synerise, whoever it was sent for (S8, S29).

The ledger has a row for each item, but keys change hands: SKUs are exchanged, an address is taken by somebody
else. Whatever is sent under a key overwrites what was sent for others, so their rows are not true any more.
And where an item leaves its key as it is, because a living one has it, Synerise goes on showing what was sent
for the former: until the heir is sent under it, it may be the heir that has to take it away again.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import orjson

from synqd.models.names import Model, Stream
from synqd.models.wire import Heir
from synqd.queue.database import Database
from synqd.queue.notes import Trace
from synqd.queue.rows import gathered, plain
from synqd.queue.statements import load

SQL = load("claims")

Taken = tuple[str, int]
"""A key that something was sent under, and the entity that it was sent for."""
Traces = Mapping[Stream, Sequence[Trace]]

_KEYED = frozenset({Model.PRODUCT, Model.SUBSCRIBER})


def is_keyed(model: Model) -> bool:
    """Whether the shop says who of several items owns a key; events overwrite nothing."""
    return model in _KEYED


def overwritten(db: Database, stream: Stream, workspace: str, taken: Sequence[Taken]) -> Traces:
    """Other items that live under these keys by the ledger.

    Each store view has a catalog of its own, while persons are those of the workspace.
    """
    model, store_id = plain(stream)
    within = store_id if stream.model is Model.PRODUCT else None
    found: defaultdict[Stream, list[Trace]] = defaultdict(list)
    args = (workspace, model, store_id, within, orjson.dumps(taken).decode())
    for entity_id, there in gathered(db, SQL["overwritten"], args):
        found[Stream(stream.model, there)].append(Trace(entity_id))
    return found


def handed_on(db: Database, workspace: str, heirs: Iterable[Heir]) -> Traces:
    """Heirs under whose keys Synerise holds something else than was sent for them, as the ledger knows it."""
    found: defaultdict[Stream, list[Trace]] = defaultdict(list)
    for (model, store_id, entity_id), wire_key, said in heirs:
        args = (str(model), entity_id, store_id, workspace, wire_key, said or None)
        if db.execute(SQL["holds"], args).fetchone() is None:
            found[Stream(model, store_id)].append(Trace(entity_id, (wire_key,)))
    return found
