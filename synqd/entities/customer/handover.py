"""E-mails that change hands between profiles (semantics S8, S9).

Synerise answers 202 to a write whose e-mail and customer id lead to two profiles, and drops it. So a customer
whose new e-mail another profile has waits until that one has left it. Where customers wait for each other in
a ring, the first of them gives its id up for a moment, takes over the profile of its new e-mail, and lets the
others do likewise, one after the other; what else is to be said of each comes with its own parcel.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import Enum
from typing import NamedTuple

from synqd.entities.accounts import Homes, owner, read_claims
from synqd.entities.base import Context, Source
from synqd.models.item import LedgerEntry
from synqd.models.names import Key, Model
from synqd.models.person import folded
from synqd.models.wire import Endpoint, WireItem

PARKED = "synqd-parked-"
"""Beginning of the customer id of a profile whose account is about to take over another one."""
TAKEN = (
    "its new e-mail belongs to another profile at Synerise (of a newsletter reader, a deleted account or"
    " another account): merge the two there, then send it by `synqctl batch`"
)
WAITS = "another customer has to leave its new e-mail first"
WAIT = 2.0
"""Seconds until the next look."""
LONGEST = 8
"""Customers in a row, each waiting for the next, that are looked at."""

_PRESENT = "SELECT entity_id, email FROM {customer_entity} WHERE entity_id IN %s"
_READERS = "SELECT subscriber_id, customer_id FROM {newsletter_subscriber} WHERE subscriber_id IN %s"

Entry = tuple[Key, LedgerEntry]
Step = tuple[int, str]
"""A customer and its new e-mail."""


class Way(Enum):
    """How a customer gets to its new e-mail."""

    FREE = "nobody has it"
    RING = "all wait for each other"
    WAIT = "somebody leaves it soon"
    TAKEN = "somebody stays there"


class Move(NamedTuple):
    """A customer whose e-mail changed: the addresses that Synerise may know it by, and the new one."""

    old: tuple[str, ...]
    new: str


class Handover:
    """Who has the addresses that are about to change hands, by ledger and by Magento."""

    def __init__(
        self,
        entries: Iterable[Entry],
        present: Mapping[int, str],
        readers: Mapping[int, int] | None = None,
        *,
        removes: bool = False,
    ) -> None:
        """What is known.

        Args:
            entries: what the ledger knows by these addresses.
            present: the e-mails that customers have now, if they will be sent; "" if they will not.
            readers: of these subscriptions, whose account's they are; 0 for nobody's.
            removes: whether the profile of a deleted customer is removed.
        """
        self._present = present
        self._readers = readers or {}
        self._removes = removes
        self._by_address: defaultdict[str, list[Entry]] = defaultdict(list)
        for entry in entries:
            for address in entry[1].held_keys or (entry[1].wire_key,):
                self._by_address[folded(address)].append(entry)

    def way(self, customer: int, move: Move) -> tuple[Way, Sequence[Step]]:
        """How a customer gets to its new e-mail; of a ring, the other customers' steps in their order."""
        there, here = self._others(move.new, customer), self._others(move.old[0], customer)
        if any(entry.doubt is not None for _, entry in (*there, *here)):
            return Way.WAIT, ()
        if here:
            return Way.FREE, ()  # somebody has taken its profile over, so its id is nobody's
        if not there:
            return (Way.TAKEN if self._is_left_behind(move.new, customer) else Way.FREE), ()
        if len(there) > 1:
            return Way.TAKEN, ()
        return self._follow(there[0][0].entity_id, customer, move)

    def inherited(self, customer: int, move: Move) -> frozenset[str]:
        """Names of fields that a profile may have from whoever had it before."""
        others = (*self._others(move.new, customer), *self._others(move.old[0], customer))
        return frozenset().union(*(entry.fields for _, entry in others))

    def _others(self, address: str, customer: int) -> list[Entry]:
        """Other customers that Synerise may know by an address: who was sent last by it has its profile."""
        found = _holding(self._by_address[folded(address)])
        newest = max((entry.last_at for _, entry in found), default=0)
        return [
            (key, entry)
            for key, entry in found
            if key.entity_id != customer and (entry.last_at == newest or entry.doubt is not None)
        ]

    def _is_left_behind(self, address: str, customer: int) -> bool:
        """Whether a profile has an address that no account takes along, or only a former one."""
        for key, entry in self._by_address[folded(address)]:
            if key.model is Model.SUBSCRIBER:
                account = self._readers.get(key.entity_id, 0)
                if entry.held_keys and account in (0, customer):
                    return True
            elif key.entity_id not in {customer, *self._present} and not self._removes:
                return True
        return False

    def _follow(self, other: int, customer: int, move: Move) -> tuple[Way, Sequence[Step]]:
        """What becomes of the e-mail that a customer waits for and another one has."""
        held, ring = move.new, list[Step]()
        while len(ring) < LONGEST:
            present = self._present.get(other)
            if present is None:
                return (Way.WAIT if self._removes else Way.TAKEN), ()
            if not present or folded(present) == folded(held):
                return Way.TAKEN, ()
            ring.append((other, present))
            if folded(present) == folded(move.old[0]):
                return Way.RING, ring
            ahead = [key for key, _ in self._others(present, other) if key.entity_id != customer]
            if not ahead:
                return (Way.TAKEN if self._is_left_behind(present, other) else Way.WAIT), ()
            other, held = ahead[0].entity_id, present
        return Way.WAIT, ()


def _holding(entries: Iterable[Entry]) -> list[Entry]:
    """Those of the entries by which Synerise may know customers."""
    return [(key, entry) for key, entry in entries if key.model is Model.CUSTOMER and entry.held_keys]


async def read_holders(context: Context, addresses: Collection[str]) -> Mapping[str, int]:
    """The customer that was sent last by each of these addresses (``folded``), if any was."""
    found = await context.ledger.holding(context.workspace, sorted(addresses)) if addresses else ()
    newest = sorted(_holding(found), key=lambda one: one[1].last_at)
    return {folded(held): key.entity_id for key, entry in newest for held in entry.held_keys}


async def read_handover(
    source: Source, context: Context, moves: Mapping[int, Move], homes: Homes
) -> Handover:
    """Looks who has these customers' old and new addresses, and where those go."""
    asked = {folded(address) for move in moves.values() for address in (*move.old, move.new)}
    entries: list[Entry] = []
    present = {customer: move.new for customer, move in moves.items()}
    seen: set[str] = set()
    for _ in range(LONGEST):
        found = await context.ledger.holding(context.workspace, sorted(asked - seen))
        entries += found
        seen |= asked
        strangers = {key.entity_id for key, _ in found if key.model is Model.CUSTOMER} - present.keys()
        if not strangers:
            break
        here = await _read_present(source, context, sorted(strangers), homes)
        present |= here
        asked = set(map(folded, here.values())) - {""}
    readers = [key.entity_id for key, _ in entries if key.model is Model.SUBSCRIBER]
    accounts: dict[int, int] = dict(await source.fetch(_READERS, (tuple(readers),))) if readers else {}
    removes = context.settings.customer.at(context.store).delete == "remove"
    return Handover(entries, present, accounts, removes=removes)


async def read_followers(source: Source, context: Context, moves: Mapping[int, Move]) -> set[int]:
    """Those of these subscriptions whose account changed its e-mail likewise, and was not sent since.

    Sent first, they would make a profile of their own of the new e-mail, which the account could not take.
    """
    asked = {address for move in moves.values() for address in move.old}
    found = await context.ledger.holding(context.workspace, sorted(asked)) if asked else ()
    held = {key.entity_id: entry for key, entry in found if key.model is Model.CUSTOMER and entry.held_keys}
    if not held:
        return set()
    rows = await source.fetch(_PRESENT, (tuple(held),))
    to = {
        (folded(address), folded(email or ""))
        for customer, email in rows
        for address in held[customer].held_keys
    }
    return {
        each for each, move in moves.items() if any((folded(old), folded(move.new)) in to for old in move.old)
    }


async def _read_present(
    source: Source, context: Context, customers: Sequence[int], homes: Homes
) -> dict[int, str]:
    """E-mails of customers whose profile they are; "" for the others, who are not sent by them (S29)."""
    emails = {customer: email or "" for customer, email in await source.fetch(_PRESENT, (tuple(customers),))}
    claims = await read_claims(source, context.shop, homes, set(emails.values()))
    owners = {customer: owner(claims, email) for customer, email in emails.items()}
    return {
        customer: email if (first := owners[customer]) and first.entity_id == customer else ""
        for customer, email in emails.items()
    }


def round_trip(customer: int, move: Move, ring: Iterable[Step]) -> tuple[WireItem, ...]:
    """Lets each customer of a ring take over the profile of its new e-mail, beginning with this one."""
    steps = [(f"{PARKED}{customer}", move.old[0]), (str(customer), move.new)]
    steps += [(str(other), address) for other, address in ring]
    return tuple(
        WireItem(Endpoint.CLIENTS, address, {"email": address, "customId": custom_id})
        for custom_id, address in steps
    )
