"""Who is who: how a person and an order are known to Synerise (semantics S9).

An address goes over the wire exactly as Magento stores it, or not at all (S33): Synerise compares ids as
exact strings, so whatever was made of an address could be somebody else's. The same holds for increment ids.
Who is one person is decided by ``folded`` alone, never by the database's collation: statements find
candidates by that, and whoever asks them looks at each.

A profile's uuid is made from the e-mail as stored, in the namespace of the official module, so that a shop
that changes over from it meets its own profiles again. Addresses that are two have two uuids.
"""

import hashlib
from collections.abc import Mapping
from uuid import UUID

from synqd.config import Routes, Settings
from synqd.entities.base import Context
from synqd.entities.valid import is_email, is_id
from synqd.models.shop import Shop
from synqd.models.text import is_clean

NAMESPACE = UUID("ea1c3a9d-64a6-45d0-a70c-d2a055f350d3")
"""Namespace of the official module's uuids."""

IDENTITY = frozenset({"email", "customId", "uuid"})
"""Fields that identify a profile; they are never cleared."""

_NAMESPACE_HASHED = hashlib.sha1(NAMESPACE.bytes, usedforsecurity=False)
_VARIANT = {digit: "89ab"[int(digit, 16) % 4] for digit in "0123456789abcdef"}
"""The digit that tells the variant (RFC 9562): its upper two bits are 10."""


def profile_uuid(email: str) -> str:
    """UUID version 5 of an e-mail as stored: ``uuid.uuid5`` at a fraction of its cost."""
    hashed = _NAMESPACE_HASHED.copy()
    hashed.update(email.encode())
    text = hashed.hexdigest()
    return f"{text[:8]}-{text[8:12]}-5{text[13:16]}-{_VARIANT[text[16]]}{text[17:20]}-{text[20:32]}"


def email_flaw(email: str | None) -> str | None:
    """Why an address as stored cannot be sent, for people; None if it can."""
    return None if email and is_email(email) else _flaw("e-mail", email or "")


def increment_id_flaw(increment_id: str | None) -> str | None:
    """Why an order's number as stored cannot be sent, for people; None if it can."""
    return None if increment_id and is_id(increment_id) else _flaw("increment id", increment_id or "")


def _flaw(what: str, text: str) -> str:
    if is_clean(text):
        return f"Synerise does not accept its {what}"
    return f"its {what} has invisible characters, blanks at an end, or letters that are not in NFC form"


class WorkspaceStores:
    """Store views that share a context's workspace; kept while settings and shop are the same."""

    def __init__(self) -> None:
        self._made_from: tuple[Settings, Shop] | None = None
        self._by_workspace: Mapping[str, frozenset[int]] = {}

    def of(self, context: Context) -> frozenset[int]:
        """Ids of the store views that are sent to the context's workspace, its own among them."""
        made_from = self._made_from
        if made_from is None or made_from[0] is not context.settings or made_from[1] is not context.shop:
            self._by_workspace = _by_workspace(Routes.build(context.settings, context.shop))
            self._made_from = (context.settings, context.shop)
        return self._by_workspace.get(context.workspace, frozenset()) | {context.store.store_id}


def _by_workspace(routes: Routes) -> Mapping[str, frozenset[int]]:
    stores: dict[str, set[int]] = {}
    for store_id, route in routes.by_store.items():
        stores.setdefault(route.workspace, set()).add(store_id)
    return {workspace: frozenset(ids) for workspace, ids in stores.items()}
