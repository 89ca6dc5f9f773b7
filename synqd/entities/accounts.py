"""Whose profile an address is, where several accounts of a workspace have it (semantics S29, S33).

A workspace holds one profile for an address. It belongs to the account with the highest id, but one whose
address is not confirmed yields to every confirmed one. An account that Magento lets nobody into before it is
confirmed has no profile at all until then.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from synqd.entities.base import Source
from synqd.entities.valid import is_email
from synqd.models.names import Key, Model
from synqd.models.person import folded
from synqd.models.shop import Shop, ShopConfig

WAITS = "its account is not confirmed yet"
"""Why nothing is sent for an account that waits for its confirmation."""
YIELDS = "another account has its e-mail's profile in this workspace"
"""Why nothing is sent for an account whose address is the profile of another one."""

CONFIRMATION = ("customer/create_account/confirm", "customer/account_information/confirm")
"""With one of these on (website scope), Magento refuses the login to whose ``confirmation`` is set."""


def at_home(who: str) -> str:
    """SQL: whether row ``who`` is an account of the ``Homes`` that are its parameters."""
    return f"({who}.store_id IN %s OR COALESCE({who}.store_id, 0) = 0 AND {who}.website_id IN %s)"


def rivalled(who: str) -> str:
    """SQL: whether another account of the ``Homes`` may have the e-mail of row ``who``."""
    return (
        f"EXISTS (SELECT 1 FROM {{customer_entity}} rival WHERE rival.email = {who}.email"
        f" AND rival.entity_id <> {who}.entity_id AND {at_home('rival')})"
    )


_ACCOUNTS = (
    "SELECT entity_id, email, store_id, website_id, confirmation FROM {customer_entity} c"
    f" WHERE email IN %s AND {at_home('c')}"
)


class Homes(NamedTuple):
    """Where the accounts of a workspace are at home: its store views, and websites for back-office accounts.

    They are parameters of statements, in this order.
    """

    stores: tuple[int, ...]
    websites: tuple[int, ...]

    @classmethod
    def of(cls, shop: Shop, stores: Collection[int]) -> "Homes":
        """The homes behind store views (S11)."""
        websites = shop.websites.values()
        return cls(tuple(stores), tuple(w.website_id for w in websites if w.default_store_id in stores))


class Account(NamedTuple):
    """An account that claims the profile of its address: its id, and the store view where it is at home."""

    entity_id: int
    store_id: int

    @property
    def key(self) -> Key:
        """Its item."""
        return Key(Model.CUSTOMER, self.store_id, self.entity_id)


Claims = Mapping[str, Sequence[Account]]
"""Accounts by their address (``folded``); the one that has its profile comes first."""


def is_confirmed(confirmation: str | None) -> bool:
    """Whether the address of an account is confirmed, or never had to be; ``0`` is empty to Magento."""
    return confirmation in (None, "", "0")


def waits(config: ShopConfig, website_id: int | None, confirmation: str | None) -> bool:
    """Whether Magento lets nobody into an account before its address is confirmed."""
    if is_confirmed(confirmation):
        return False
    values = (config.at_website(path, website_id or 0) for path in CONFIRMATION)
    return any(value not in (None, "", "0") for value in values)


async def read_claims(source: Source, shop: Shop, homes: Homes, emails: Collection[str]) -> Claims:
    """Accounts that claim the profile of one of these addresses, or one that the database takes for it."""
    claims: defaultdict[str, list[tuple[bool, Account]]] = defaultdict(list)
    rows = await source.fetch(_ACCOUNTS, (tuple(emails), *homes)) if emails else ()
    for entity_id, email, store_id, website_id, confirmation in rows:
        home = shop.home_store(store_id, website_id)
        if home is not None and is_email(email) and not waits(shop.config, website_id, confirmation):
            claims[folded(email)].append((is_confirmed(confirmation), Account(entity_id, home)))
    return {
        address: tuple([account for _, account in sorted(found, reverse=True)])
        for address, found in claims.items()
    }


def owner(claims: Claims, email: str) -> Account | None:
    """The account that has the profile of an address."""
    accounts = claims.get(folded(email))
    return accounts[0] if accounts else None
