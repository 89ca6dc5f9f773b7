"""What a verification says of one item, given the ledger's row and what would be sent now."""

from __future__ import annotations

import pytest

from synqd.models.item import LedgerEntry
from synqd.models.wire import Endpoint, Parcel, Skip, WireItem
from synqd.movers.verifier.compare import Verdict, judge

ITEM = WireItem(Endpoint.CATALOG, "sku", {})
LIVING = Parcel((ITEM,), "sku", True, digest=b"same")
REMOVAL = Parcel((ITEM,), "sku", alive=False)
SENT = LedgerEntry("main", "sku", frozenset(), b"same", "settings", True, 1, 1)
REMOVED = SENT._replace(alive=False)
DOUBT = REMOVED._replace(doubt=())


@pytest.mark.parametrize(
    ("known", "result", "verdict"),
    [
        (None, LIVING, Verdict.MISSING),
        (SENT, LIVING, Verdict.CORRECT),
        (SENT._replace(digest=b"other"), LIVING, Verdict.STALE),
        (SENT._replace(wire_key="other"), LIVING, Verdict.STALE),
        (SENT._replace(workspace="other"), LIVING, Verdict.MISSING),
        (REMOVED, LIVING, Verdict.MISSING),
        (DOUBT, LIVING, Verdict.STALE),
        (SENT, REMOVAL, Verdict.GONE),
        (REMOVED, REMOVAL, Verdict.CORRECT),
        (DOUBT, REMOVAL, Verdict.GONE),
        (SENT, Skip("off"), Verdict.SKIPPED),
        (DOUBT, Skip("off"), Verdict.SKIPPED),
    ],
)
def test_what_is_in_doubt_equals_nothing_and_may_live(
    known: LedgerEntry | None, result: Parcel | Skip, verdict: Verdict
) -> None:
    assert judge(known, result, "main") is verdict
