"""Names in a catalog item: which are synqd's own, and which attributes of the shop may not take them.

Magento reserves getters of its products only, so a shop may call an attribute ``deleted`` or ``category``.
Nobody knows whether a catalog tells ``Deleted`` from ``deleted``, so names are compared without case.
"""

import re
from collections.abc import Collection, Iterable, Mapping

STOCK_FIELDS = frozenset({"salable_qty", "sources"})
"""Fields that are sent if they are listed: how many can be bought, and how many lie in which source."""

OWN = STOCK_FIELDS | frozenset(
    {
        "itemId",
        "deleted",
        "storeId",
        "storeUrl",
        "stock_status",
        "is_salable",
        "productUrl",
        "parentId",
        "category",
        "additionalCategories",
        "lastUpdateType",
    }
)
"""Fields that no attribute of Magento's stands behind."""

TWIN = "_oid"
"""Ending of the field beside a select's that holds the ids, with ``attribute_format = "label_and_oid"``."""

_OWN_FOLDED = frozenset(name.casefold() for name in OWN)
_ALLOWED_NAME = re.compile(r"[_a-zA-Z0-9][\-_a-zA-Z0-9]*")  # what a catalog takes as attribute name


def refusals(codes: Iterable[str], chosen: Collection[str]) -> Mapping[str, str]:
    """Attributes of the shop that may not be sent, with the reason.

    Args:
        codes: selected codes.
        chosen: those of them, and what is always sent, that have a twin for their ids.
    """
    twins = {f"{code}{TWIN}".casefold(): code for code in chosen}
    found = {}
    for code in codes:
        folded = code.casefold()
        if folded in _OWN_FOLDED:
            found[code] = "is the name of a field of synqd's own, so the attribute is not sent"
        elif folded in twins:
            found[code] = f"is where the ids of {twins[folded]} stand, so the attribute is not sent"
        elif _ALLOWED_NAME.fullmatch(code) is None:
            found[code] = "is no name that a catalog takes (letters, digits, _ and -)"
    return found
