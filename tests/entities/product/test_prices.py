"""The arithmetic of prices: windows, tiers, rounding, what is lowest."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synqd.entities.product.money import decimal_or_none, exchange_rate, number_or_zero, round2
from synqd.entities.product.prices import Tier, in_window, price_parts, tier_for

TODAY = date(2026, 11, 23)
amounts = st.decimals(0, 10**6, places=4)


@pytest.mark.parametrize(
    ("begins", "ends", "open_"),
    [
        (None, None, True),
        ("2026-11-23 00:00:00", "2026-11-23 00:00:00", True),
        ("2026-11-24 00:00:00", None, False),
        (None, "2026-11-22 00:00:00", False),
        ("2020-01-01 00:00:00", "2026-11-23 00:00:00", True),
        ("0000-00-00 00:00:00", "0000-00-00 00:00:00", True),
        ("2020-01-01 00:00:00", "2020-02-01 00:00:00", False),
    ],
)
def test_special_prices_count_whole_days(begins: str | None, ends: str | None, *, open_: bool) -> None:
    assert in_window(begins, ends, TODAY) is open_


@pytest.mark.parametrize(
    ("exact", "rounded"), [("1.005", "1.01"), ("2.675", "2.68"), ("0.005", "0.01"), ("31.28", "31.28")]
)
def test_half_a_cent_goes_up(exact: str, rounded: str) -> None:
    assert round2(Decimal(exact)) == Decimal(rounded)


def test_the_lowest_part_counts_after_each_was_converted_and_rounded() -> None:
    parts = price_parts(Decimal(10), Decimal(15), None, None, Decimal(1))
    assert (parts.regular, parts.special, parts.final) == (Decimal(10), Decimal(15), Decimal(10))
    assert price_parts(Decimal("59.005"), Decimal("59.004"), None, None, Decimal(1)).final == Decimal("59.00")
    assert price_parts(Decimal(34), None, Decimal(20), Decimal("19.5"), Decimal("0.92")).final == Decimal(
        "17.94"
    )


def test_a_catalog_rule_can_make_it_free_and_nothing_makes_it_negative() -> None:
    assert price_parts(Decimal(10), None, Decimal(0), None, Decimal(1)).final == 0
    assert price_parts(Decimal(10), Decimal(-3), None, None, Decimal(1)).final == 0


@given(amounts, st.none() | amounts, st.none() | amounts, st.none() | amounts)
def test_the_final_price_never_exceeds_any_part(
    regular: Decimal, special: Decimal | None, rule: Decimal | None, tier: Decimal | None
) -> None:
    parts = price_parts(regular, special, rule, tier, Decimal("4.3"))
    assert all(parts.final <= part for part in parts[:4] if part is not None)
    assert parts.final in [part for part in parts[:4] if part is not None]


def row(website: int, value: str, *, every: bool = False, percent: str | None = None) -> Tier:
    return Tier(website, every, Decimal(1), Decimal(value), Decimal(percent) if percent else None)


def test_tier_prices_of_all_websites_are_in_the_global_currency() -> None:
    assert tier_for(Decimal(1), [row(0, "11.25")], 2, Decimal(20), Decimal("0.92")) == Decimal("10.35")
    assert tier_for(Decimal(1), [row(2, "11.25")], 2, Decimal(20), Decimal("0.92")) == Decimal("11.25")


def test_the_own_website_replaces_all_websites_for_the_same_group() -> None:
    own, everywhere = row(2, "12"), row(0, "9")
    assert tier_for(Decimal(1), [everywhere, own], 2, Decimal(20), Decimal(1)) == Decimal(12)
    assert tier_for(Decimal(1), [own, everywhere], 2, Decimal(20), Decimal(1)) == Decimal(12)
    assert tier_for(Decimal(1), [own, row(0, "9", every=True)], 2, Decimal(20), Decimal(1)) == Decimal(9)


def test_percent_tiers_are_off_the_price() -> None:
    assert tier_for(Decimal(1), [row(0, "0", percent="25")], 2, Decimal(20), Decimal("0.92")) == Decimal(15)
    assert tier_for(Decimal(1), [], 2, Decimal(20), Decimal(1)) is None


def test_numbers_as_they_come() -> None:
    assert decimal_or_none("34.000000") == 34
    assert decimal_or_none("no number") is None
    assert number_or_zero(None) == 0
    assert exchange_rate({}, "EUR", "EUR") == 1
    assert exchange_rate({("EUR", "PLN"): Decimal("4.3")}, "EUR", "PLN") == Decimal("4.3")
    assert exchange_rate({("EUR", "PLN"): Decimal(0)}, "EUR", "PLN") is None
    assert exchange_rate({}, "EUR", "PLN") is None
