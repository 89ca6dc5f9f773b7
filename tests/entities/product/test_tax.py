"""Tax rates and the two ways of rounding."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synqd.entities.product.tax import Rate, TaxAddress, Terms, percent, terms_by_class, untaxed

GERMANY, POLAND, NOWHERE = TaxAddress("DE", 0, ""), TaxAddress("PL", 0, ""), TaxAddress("XX", 0, "")
GOODS, GUEST = 2, 3


def rate(
    value: int | str,
    *,
    rule: int = 1,
    priority: int = 0,
    beside: bool = False,
    country: str = "DE",
    region: int = 0,
    postcode: str | None = "*",
    between: tuple[int, int] | None = None,
) -> Rate:
    begin, end = between or (None, None)
    return Rate(GOODS, GUEST, rule, priority, beside, country, region, postcode, begin, end, Decimal(value))


@pytest.mark.parametrize(
    ("place", "expected"), [(GERMANY, 19), (NOWHERE, 0), (TaxAddress("DE", 82, "80331"), 19), (POLAND, 23)]
)
def test_the_rate_of_a_country(place: TaxAddress, expected: int) -> None:
    assert percent([rate(19), rate(23, country="PL")], GOODS, GUEST, place) == expected


def test_other_classes_have_no_rate() -> None:
    assert percent([rate(19)], 4, GUEST, GERMANY) == 0
    assert percent([rate(19)], GOODS, 9, GERMANY) == 0


def test_of_one_rule_the_most_specific_rate_counts() -> None:
    california = TaxAddress("US", 12, "90034")
    rates = [
        rate(5, country="US"),
        rate(8, country="US", region=12),
        rate(9, country="US", region=12, postcode="90*"),
        rate(10, country="US", region=12, postcode=None, between=(90000, 90100)),
    ]
    assert [percent(rates[:count], GOODS, GUEST, california) for count in (1, 2, 3, 4)] == [5, 8, 9, 10]
    assert percent(rates, GOODS, GUEST, TaxAddress("US", 12, "10001")) == 8
    assert percent(rates, GOODS, GUEST, TaxAddress("US", 0, "")) == 5
    assert percent([rate(7, country="US", postcode="10001")], GOODS, GUEST, TaxAddress("US", 0, "10001")) == 7


def test_rules_of_one_priority_add_up_and_later_ones_lie_on_top() -> None:
    assert percent([rate(10, rule=1), rate(5, rule=2)], GOODS, GUEST, GERMANY) == 15
    assert percent([rate(10, rule=1), rate(5, rule=2, priority=1)], GOODS, GUEST, GERMANY) == Decimal("15.5")
    assert percent([rate(10, rule=1), rate(5, rule=2, priority=1, beside=True)], GOODS, GUEST, GERMANY) == 15


def test_prices_without_tax() -> None:
    terms = Terms(included=False, destination=Decimal("0.19"), origin=Decimal(0))
    assert (
        terms.page(Decimal("55.20"), with_tax=True)
        == terms.api(Decimal("55.20"), with_tax=True)
        == Decimal("65.69")
    )
    assert terms.page(Decimal("55.20"), with_tax=False) == Decimal("55.20")


def test_prices_with_the_tax_of_the_destination() -> None:
    terms = Terms(included=True, destination=Decimal("0.19"), origin=Decimal("0.19"))
    assert terms.page(Decimal("14.11"), with_tax=True) == Decimal("14.11")
    assert (
        terms.page(Decimal("14.11"), with_tax=False)
        == terms.api(Decimal("14.11"), with_tax=False)
        == Decimal("11.86")
    )


def test_prices_with_the_tax_of_another_country_are_rounded_twice_by_the_service() -> None:
    terms = Terms(included=True, destination=Decimal("0.23"), origin=Decimal("0.19"))
    assert (
        terms.page(Decimal("14.11"), with_tax=True)
        == terms.api(Decimal("14.11"), with_tax=True)
        == Decimal("14.58")
    )
    assert terms.page(Decimal("14.11"), with_tax=False) == Decimal("11.86")
    assert terms.api(Decimal("14.11"), with_tax=False) == Decimal("11.85")
    reduced = Terms(included=True, destination=Decimal(0), origin=Decimal("0.07"))
    assert (
        reduced.page(Decimal("10.35"), with_tax=True)
        == reduced.page(Decimal("10.35"), with_tax=False)
        == Decimal("9.67")
    )


def test_a_tax_of_exactly_half_a_cent_goes_up() -> None:
    assert Terms(included=False, destination=Decimal("0.05"), origin=Decimal(0)).page(
        Decimal("0.10"), with_tax=True
    ) == Decimal("0.11")


@given(
    price=st.decimals(0, 100_000, places=2),
    included=st.booleans(),
    destination=st.sampled_from(["0", "0.07", "0.19", "0.23"]),
    foreign=st.booleans(),
)
def test_figures_have_two_decimals_and_tax_is_never_negative(
    *, price: Decimal, included: bool, destination: str, foreign: bool
) -> None:
    terms = Terms(included, Decimal(destination), Decimal("0.19") if foreign else Decimal(destination))
    for figure in (terms.page, terms.api):
        net, gross = figure(price, with_tax=False), figure(price, with_tax=True)
        assert net <= gross
        assert net == round(net, 2)
        assert gross == round(gross, 2)


def test_terms_of_every_class() -> None:
    terms = terms_by_class([rate(19), rate(23, country="PL")], GUEST, POLAND, GERMANY, included=True)
    assert terms == {GOODS: Terms(included=True, destination=Decimal("0.23"), origin=Decimal("0.19"))}
    assert untaxed(included=True).page(Decimal(10), with_tax=True) == 10
