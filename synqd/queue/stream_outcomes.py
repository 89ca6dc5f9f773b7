"""What settlements mean for the ledger, stream by stream; kept until it is written in one go. Pure."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import orjson

from synqd.models.item import Leased, LedgerEntry, make
from synqd.models.names import Key, Lane
from synqd.models.settle import Ack, Skipped
from synqd.models.wire import Heir
from synqd.queue.claims import Taken
from synqd.queue.former_keys import FormerKey, Renamed
from synqd.queue.journal import Delivered
from synqd.queue.membership import Ending
from synqd.queue.notes import Trace


class Held(NamedTuple):
    """A row as it is when its settlement arrives."""

    token: int | None
    """Of the present lease; None if there is none, or no such row any more (and then no revision)."""
    revision: int | None
    alive: int
    fingerprint_id: int | None
    """Of the settings it was last sent with, if it is alive by the ledger."""
    workspace: str | None
    wire_key: str | None
    """Where and as what it was last sent, if ever."""
    doubt: str | None
    """Keys that may be alive besides, if it is in doubt."""

    @property
    def in_doubt(self) -> bool:
        """Whether nobody knows what of the item arrived last."""
        return self.doubt is not None


@dataclass(slots=True)
class StreamOutcome:
    """What becomes of the items of one stream."""

    entries: list[tuple[Key, LedgerEntry]] = field(default_factory=list)
    refreshed: list[tuple[Key, LedgerEntry]] = field(default_factory=list)
    """Entries whose items were sent before under the same key."""
    repeated: defaultdict[tuple[int, int | None], list[int]] = field(
        default_factory=lambda: defaultdict(list)
    )
    """Entities that were sent exactly as before, by time and HTTP status."""
    sent: bool = False
    """Whether any of them was sent, rather than only told that it moved."""
    alive: int = 0
    """Change of the number of living items."""
    turnover: int = 0
    """Items that went, or came as live changes: Magento has another number of them by now."""
    former: Counter[int] = field(default_factory=Counter)
    """Living items that are overwritten, by the settings they were sent with before."""
    confirmed: list[tuple[int, int, str]] = field(default_factory=list)
    """Living items that the present settings change nothing about: settings they were sent with, present."""
    depth: Counter[Lane] = field(default_factory=Counter)
    """Rows that leave."""
    endings: defaultdict[Ending, list[int]] = field(default_factory=lambda: defaultdict(list))
    current: list[int] = field(default_factory=list)
    """Items that Synerise has as they are now: neither dead nor skipped any more."""
    buried: list[int] = field(default_factory=list)
    delivered: list[Delivered] = field(default_factory=list)
    """Live changes that arrived."""
    renamed: list[Renamed] = field(default_factory=list)
    keys: dict[int, str] = field(default_factory=dict)
    """What those are known by of which nothing was sent."""
    doubts: defaultdict[str, list[Trace]] = field(default_factory=lambda: defaultdict(list))
    """What may have arrived, by workspace."""
    taken: defaultdict[str, list[Taken]] = field(default_factory=lambda: defaultdict(list))
    """Keys that arrived and may have been others', by workspace."""
    late: defaultdict[str, list[Trace]] = field(default_factory=lambda: defaultdict(list))
    """Keys that items were left while they were under way, by workspace."""
    heirs: defaultdict[str, set[Heir]] = field(default_factory=lambda: defaultdict(set))

    def remember(self, item: Leased, entry: LedgerEntry, held: Held) -> None:
        """The ledger's row of an item becomes this one."""
        known = item.known
        if held.wire_key != entry.wire_key or held.workspace != entry.workspace:
            self.entries.append((item.key, entry))
        elif known is None or held.in_doubt or held.alive != entry.alive or known.differs(entry):
            self.refreshed.append((item.key, entry))
        else:
            self.repeated[entry.last_at, entry.status].append(item.key.entity_id)
            return
        self.alive += entry.alive - held.alive
        came = known is None and item.lane is Lane.LIVE
        self.turnover += held.alive > entry.alive or (came and entry.alive > held.alive)
        if held.fingerprint_id is not None:
            self.former[held.fingerprint_id] += 1

    def arrive(self, ack: Ack, held: Held) -> None:
        """An item has arrived: also what that means for those whose key it took, or whom it left its own."""
        item, entry, ended, heirs = ack
        self.sent = True
        self.current.append(item.key.entity_id)
        self.remember(item, entry, held)
        workspace, wire_key = entry[:2]
        moved = held.wire_key is not None and (held.wire_key != wire_key or held.workspace != workspace)
        if moved:
            self._leave(item.key, entry, held, ended)
        if item.lane is Lane.LIVE:
            before = str(held.wire_key) if moved else ""
            told = (item.key.entity_id, wire_key, entry.status, not entry.alive, before)
            self.delivered.append(make(Delivered, told))
        if entry.alive and not (held.alive and held.wire_key == wire_key and held.workspace == workspace):
            self.taken[workspace].append((wire_key, item.key.entity_id))
        if ended:
            self.taken[workspace] += [(key, item.key.entity_id) for key in ended]
        if heirs:
            self.heirs[workspace].update(heirs)
        if held.doubt is not None:
            self._keep_late(item, held, workspace, (wire_key, *ended))

    def _leave(self, key: Key, entry: LedgerEntry, held: Held, ended: Sequence[str]) -> None:
        """An item is known by another key from now on."""
        removed = held.wire_key in ended or not (held.alive or held.in_doubt)
        left = FormerKey(str(held.workspace), str(held.wire_key), entry.last_at, removed)
        self.renamed.append(Renamed(key, left, entry.workspace, entry.wire_key))

    def let_go(self, skipped: Skipped, known: LedgerEntry, held: Held) -> None:
        """An item is skipped: what that means for what was sent, and for those who have its keys now."""
        if skipped.heirs:
            self.heirs[known.workspace].update(skipped.heirs)
        if skipped.ends:
            doubt = None if skipped.heirs else known.doubt
            self.remember(skipped.item, known._replace(alive=False, doubt=doubt), held)
            self._keep_late(skipped.item, held, known.workspace, known.held_keys)

    def confirm(self, entity_id: int, held: Held, settings: str | None) -> None:
        """An item is up to date by these settings."""
        if settings and held.fingerprint_id is not None:
            self.confirmed.append((entity_id, held.fingerprint_id, settings))

    def _keep_late(self, item: Leased, held: Held, workspace: str, served: Sequence[str]) -> None:
        """Keys that an item was left while it was under way are still to be taken care of."""
        if held.doubt is not None and held.workspace == workspace:
            before = item.known.held_keys if item.known else ()
            late = {str(held.wire_key), *orjson.loads(held.doubt)}.difference(before, served)
            if late:
                self.late[workspace].append(Trace(item.key.entity_id, tuple(sorted(late))))
