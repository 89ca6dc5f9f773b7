"""What a customer leaves behind: a deleted account, or an old e-mail address. Pure."""

from collections.abc import Collection, Sequence

from synqd.entities.base import Context, gone
from synqd.entities.cleared import known_here
from synqd.entities.identity import email_flaw, profile_uuid
from synqd.entities.moments import noticed
from synqd.models.item import Leased
from synqd.models.person import folded
from synqd.models.wire import Endpoint, Parcel, Skip, WireItem

ACTION = "client.deleteAccount"
"""Custom event of a deleted account, in the official module's words."""


def deleted(context: Context, item: Leased, left: Sequence[str], owned: Collection[str]) -> Parcel | Skip:
    """What a deleted customer causes, as ``[customer] delete`` says; orders of guests are not asked (S29).

    Args:
        context: settings and time.
        item: the customer.
        left: addresses that Synerise knows it by, if it was ever sent or the change log tells.
        owned: addresses (``folded``) that are profiles of living accounts in the workspace: none of them is
            told of, or deleted (S8).
    """
    section = context.settings.customer.at(context.store)
    email = _last(left, item)
    if not email:
        return gone(item)
    was_sent = known_here(item, context.workspace) is not None
    if section.delete == "ignore":
        return Skip('deleted; [customer] delete = "ignore"', moved=was_sent)
    if folded(email) in owned:
        return Skip("deleted; another customer has the e-mail now", moved=was_sent)
    if section.delete == "event":
        flaw = email_flaw(email)
        return Skip(flaw, moved=was_sent) if flaw else Parcel((_event(context, item, email),), email, False)
    if section.custom_id == "none":
        what = 'deleted; without customId ([customer] custom_id = "none") no profile can be removed'
        return Skip(what, moved=was_sent)
    wire = WireItem(Endpoint.CLIENT_DELETE, str(item.key.entity_id), {}, tombstone=True)
    return Parcel((wire,), email, alive=False)


def _last(addresses: Sequence[str], item: Leased) -> str | None:
    """The address that a deleted customer had at the end: the change log's if it may have been sent."""
    if item.hint in addresses:
        return item.hint
    return addresses[-1] if addresses else None


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
