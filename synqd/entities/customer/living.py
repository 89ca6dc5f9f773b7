"""What is sent for an account that lives: its profile, and what an address that it left needs. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import cast

from synqd.entities import accounts
from synqd.entities.accounts import Claims, owner
from synqd.entities.base import Context, Row
from synqd.entities.cleared import clear, cleared, held_keys, known_here
from synqd.entities.customer.deletion import agreement_off
from synqd.entities.customer.handover import TAKEN, WAIT, WAITS, Handover, Move, Way, round_trip
from synqd.entities.customer.plan import Field, Plan
from synqd.entities.customer.profile import Body, profile, sent_names
from synqd.entities.identity import IDENTITY, email_flaw
from synqd.entities.payload import digest_beside
from synqd.entities.valid import is_email
from synqd.models.item import Leased
from synqd.models.names import Key, Lane
from synqd.models.person import folded
from synqd.models.wire import Endpoint, Parcel, Skip, WireItem


@dataclass(frozen=True, slots=True)
class Chunk:
    """Everything that was read for a chunk; addresses are compared as ``folded``.

    Attributes:
        context, plan: what it is mapped with.
        custom_ids: customer ids are sent (``[customer] custom_id``).
        stores: store views of the workspace.
        rows: living customers; ``values``: their selected attributes.
        left: addresses that Synerise knows customers of the chunk by and that are theirs no more, by id.
        claims: accounts of the workspace that have a left or a shared address.
        holders: customers that were sent last by a shared address.
        subscribed: addresses, left or present, that have a newsletter row.
        moves: customers whose e-mail and id may lead to two profiles; ``handover``: how they get along.
    """

    context: Context
    plan: Plan
    custom_ids: bool
    stores: frozenset[int]
    rows: Mapping[int, Row]
    values: Mapping[int, Sequence[tuple[Field, str]]]
    left: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    claims: Claims = field(default_factory=dict)
    holders: Mapping[str, int] = field(default_factory=dict)
    subscribed: frozenset[str] = frozenset()
    moves: Mapping[int, Move] = field(default_factory=dict)
    handover: Handover | None = None


def left_addresses(
    context: Context, stores: frozenset[int], item: Leased, row: Row | None
) -> tuple[str, ...]:
    """Addresses that Synerise may know a customer by, and that it has no claim to any more."""
    held = held_keys(known_here(item, context.workspace), item)
    if not held or row is None or _obstacle(context, stores, item, row) is not None:
        return held
    present = folded(row[3])
    return tuple([key for key in held if key != row[3] and folded(key) != present])


def heirs(chunk: Chunk) -> Iterator[Key]:
    """Accounts whose profiles the addresses are that others of the chunk left (S29)."""
    for customer, addresses in chunk.left.items():
        owners = (owner(chunk.claims, address) for address in addresses)
        yield from (one.key for one in owners if one is not None and one.entity_id != customer)


def yielding(chunk: Chunk, items: Sequence[Leased]) -> set[str]:
    """Addresses (``folded``) that Synerise knows customers of the chunk by, and that others have now."""
    found = set()
    for item in items:
        row = chunk.rows.get(item.key.entity_id)
        if row is not None and row[7] and _is_known_by(chunk, item, address := folded(row[3] or "")):
            found.add(address)
    return found


def moves(chunk: Chunk, items: Sequence[Leased]) -> dict[int, Move]:
    """Customers who will be sent, and are known to Synerise by another e-mail than their present one."""
    found: dict[int, Move] = {}
    for item in items if chunk.custom_ids else ():
        row, old = chunk.rows.get(item.key.entity_id), chunk.left.get(item.key.entity_id)
        if row is not None and old and _unsent(chunk, item, row) is None:
            found[item.key.entity_id] = Move(old, row[3])
    return found


def _unsent(chunk: Chunk, item: Leased, row: Row) -> Skip | None:
    """Why no profile is sent for a customer."""
    return _obstacle(chunk.context, chunk.stores, item, row) or _yielded(chunk, item, row)


def _obstacle(context: Context, stores: frozenset[int], item: Leased, row: Row) -> Skip | None:
    """Why an account has no profile in this workspace, whoever else there is."""
    _, store_id, website_id, email, _, _, confirmation = row[:7]
    home = context.shop.home_store(store_id, website_id)
    if home != item.key.store_id:
        return Skip("belongs to another store view", moved=home in stores)
    if flaw := email_flaw(email):
        return Skip(flaw)
    is_waiting = confirmation and accounts.waits(context.shop.config, website_id, confirmation)
    return Skip(accounts.WAITS) if is_waiting else None


def _yielded(chunk: Chunk, item: Leased, row: Row) -> Skip | None:
    """Why a customer is skipped whose address is another account's profile; None if it is its own."""
    if not row[7]:
        return None  # nobody else has it, however it is compared
    first = owner(chunk.claims, row[3])
    if first is None or first.entity_id == item.key.entity_id:
        return None
    # What was sent for it is the profile until the other one was sent by the address, too.
    return Skip(accounts.YIELDS, moved=chunk.holders.get(folded(row[3])) == first.entity_id)


def _is_known_by(chunk: Chunk, item: Leased, address: str) -> bool:
    """Whether Synerise may know a customer by an address (``folded``)."""
    return address in map(folded, held_keys(known_here(item, chunk.context.workspace), None))


def living(chunk: Chunk, item: Leased, row: Row) -> Parcel | Skip:
    """The profile of a customer, after what its former addresses need."""
    if unsent := _unsent(chunk, item, row):
        return unsent
    entity_id, email, context = item.key.entity_id, row[3], chunk.context
    custom_id = str(entity_id) if chunk.custom_ids else None
    body, notes = profile(chunk.plan, row, chunk.values.get(entity_id, ()), email, custom_id)
    names = sent_names(body)
    attributes = body["attributes"]
    printed = digest_beside(body, attributes)
    if not chunk.plan.module:
        clear(body, cleared(known_here(item, context.workspace), names, IDENTITY))
    attributes["lastUpdateType"] = item.lane.update_type
    wire = WireItem(Endpoint.CLIENTS, email, body, None, False, tuple(notes))
    if entity_id not in chunk.left:
        return Parcel((wire,), email, True, names, printed)
    before = chain.from_iterable(_old_address(chunk, old, email) for old in chunk.left[entity_id])
    return _handed_over(chunk, item, Parcel((*before, wire), email, True, names, printed))


def _handed_over(chunk: Chunk, item: Leased, moved: Parcel) -> Parcel | Skip:
    """The parcel of a customer whose e-mail changed, as it may leave beside whoever has that e-mail."""
    customer = item.key.entity_id
    if chunk.handover is None or customer not in chunk.moves:
        return moved
    move = chunk.moves[customer]
    way, ring = chunk.handover.way(customer, move)
    if way is Way.WAIT:
        return moved._replace(not_before=chunk.context.now.timestamp() + WAIT, waits=WAITS)
    if way is Way.TAKEN:
        # An operator who names it has merged the profiles.
        return moved if item.lane is Lane.BATCH and item.want.forced else Skip(TAKEN)
    *before, wire = moved.items
    if not chunk.plan.module:
        names = chunk.handover.inherited(customer, move) - moved.fields - IDENTITY
        clear(cast("Body", wire.body), sorted(names))
    steps = round_trip(customer, move, ring) if way is Way.RING else ()
    return moved._replace(items=(*steps, *before, wire))


def _old_address(chunk: Chunk, old: str, email: str) -> tuple[WireItem, ...]:
    """The agreement of a left address goes off, if the newsletter moved with the customer (S8)."""
    moved = folded(email) in chunk.subscribed and folded(old) not in chunk.subscribed
    if not moved or folded(old) in chunk.claims or not is_email(old):
        return ()
    return (agreement_off(old, module=chunk.plan.module),)
