"""What a customer leaves behind: a deleted account, or an old e-mail address. Pure."""

from synqd.entities.base import Context, gone
from synqd.entities.cleared import known_here
from synqd.entities.identity import clean_id, profile_uuid
from synqd.entities.moments import noticed
from synqd.models.item import Leased
from synqd.models.wire import Endpoint, Parcel, Skip, WireItem

ACTION = "client.deleteAccount"
"""Custom event of a deleted account, in the official module's words."""


def renamed(old: str, new: str) -> bool:
    """Whether the address became another one; a change of letter case alone is the same mailbox."""
    return old.casefold() != clean_id(new).casefold()


def deleted(context: Context, item: Leased, email: str | None, owned: frozenset[str]) -> Parcel | Skip:
    """What a deleted customer causes, as ``[customer] delete`` says.

    Args:
        context: settings and time.
        item: the customer.
        email: the address that Synerise knows it by, if it was ever sent or the change log tells.
        owned: addresses (case-folded) of living customers in the workspace; their profile stays alone (S8).
    """
    section = context.settings.customer.at(context.store)
    if not email:
        return gone(item)
    was_sent = known_here(item, context.workspace) is not None
    if section.delete == "ignore":
        return Skip('deleted; [customer] delete = "ignore"', moved=was_sent)
    if email.casefold() in owned:
        return Skip("deleted; another customer has the e-mail now", moved=was_sent)
    if section.delete == "event":
        return Parcel((_event(context, item, email),), email, alive=False)
    if section.custom_id == "none":
        what = 'deleted; without customId ([customer] custom_id = "none") no profile can be removed'
        return Skip(what, moved=was_sent)
    wire = WireItem(Endpoint.CLIENT_DELETE, str(item.key.entity_id), {}, tombstone=True)
    return Parcel((wire,), email, alive=False)


def _event(context: Context, item: Leased, email: str) -> WireItem:
    body = {
        "type": "custom",
        "action": ACTION,
        "label": "clientDeleteAccount",
        "client": {"email": email},
        "time": noticed(item, context),
        "eventSalt": f"m2-del-{item.key.entity_id}",
        "params": {"applicationName": "magento2", "storeId": str(item.key.store_id)},
    }
    return WireItem(Endpoint.EVENTS, email, body, tombstone=True)


def agreement_off(email: str, *, module: bool) -> WireItem:
    """Withdraws the e-mail agreement of an address that nobody holds any more."""
    body = {
        "email": email,
        "uuid": profile_uuid(email),
        "agreements": {"email": 0 if module else False},
    }
    return WireItem(Endpoint.CLIENTS, email, body, tombstone=True)
