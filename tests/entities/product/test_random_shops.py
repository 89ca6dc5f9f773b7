"""Random shops: the mapping's prices and names against a slow and obvious reckoning by Magento's rules."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from random import Random
from types import SimpleNamespace
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest

from synqd.entities.product.attributes import Attribute, selected
from synqd.entities.product.chunk import BundleOption, Chunk, Product, Selection
from synqd.entities.product.eav import _lay
from synqd.entities.product.market import Days, FixedTax, Market
from synqd.entities.product.names import OWN
from synqd.entities.product.offers import Offer, Offers
from synqd.entities.product.plan import Ids
from synqd.entities.product.prices import Tier
from synqd.entities.product.stock import Stock, StockItem
from synqd.entities.product.tax import TaxAddress, Terms, untaxed

SHOPS = 400
TODAY = date(2026, 11, 23)
IDS = Ids(*range(1, 11))
BUNDLE, FIRST_CHILD, CHILDREN = 1, 10, 4
WEBSITE = 2
TINY = Fraction(1, 1_000_000)


def cents(amount: Fraction) -> Fraction:
    """Half up to two decimals."""
    exact = Decimal(amount.numerator) / Decimal(amount.denominator)
    return Fraction(exact.quantize(Decimal("0.01"), ROUND_HALF_UP))


class RandomShop:
    """A bundle, what it is made of, and a store view that they are shown in."""

    def __init__(self, seed: int) -> None:
        self.random = random = Random(seed)
        self.included, self.with_tax = random.random() < 0.5, random.random() < 0.5
        self.total_rounded, self.fixed_taxed = random.random() < 0.5, random.random() < 0.5
        self.rate, self.tier_rate = (Decimal(random.choice(["1", "0.92", "4.3"])) for _ in range(2))
        self.here, self.there = (Decimal(random.choice(["0", "0.07", "0.19", "0.23"])) for _ in range(2))
        self.is_fixed = random.random() < 0.5
        self.values: dict[int, dict[int, str | None]] = {}
        self.tiers: dict[int, list[Tier]] = {}
        self.rules: dict[int, Decimal] = {}
        self.fixed_taxes: dict[int, Decimal] = {}
        children = range(FIRST_CHILD, FIRST_CHILD + CHILDREN)
        for entity_id in (BUNDLE, *children):
            self._price(entity_id)
        self.options = [
            BundleOption(random.random() < 0.6, several=False, selections=self._selections(children))
            for _ in range(random.randint(0, 3))
        ]

    def _amount(self, most: int = 200) -> Decimal:
        return Decimal(self.random.randint(0, most * 10_000)) / 10_000

    def _price(self, entity_id: int) -> None:
        random = self.random
        values: dict[int, str | None] = {IDS.status: "1", IDS.price: str(self._amount())}
        values[IDS.price_type] = "1" if self.is_fixed else "0"
        if random.random() < 0.5:
            values[IDS.special_price] = str(self._amount(120 if entity_id == BUNDLE else 200))
            values[IDS.special_to_date] = random.choice([None, "2026-11-23 00:00:00", "2026-11-22 00:00:00"])
        if random.random() < 0.7:
            values[IDS.tax_class_id] = "2"
        self.values[entity_id] = values
        if random.random() < 0.3 and (entity_id != BUNDLE or self.is_fixed):
            self.rules[entity_id] = self._amount()
        if random.random() < 0.4:
            self.fixed_taxes[entity_id] = self._amount(5)
        self.tiers[entity_id] = [self._tier() for _ in range(random.randint(0, 5))]

    def _tier(self) -> Tier:
        random = self.random
        percent = Decimal(random.randint(1, 10_000)) / 100 if random.random() < 0.6 else None
        quantity = Decimal(random.choice(["0.5", "1", "1", "2", "3", "10"]))
        return Tier(random.choice([0, WEBSITE]), random.random() < 0.5, quantity, self._amount(), percent)

    def _selections(self, children: range) -> list[Selection]:
        random = self.random
        return [
            Selection(
                child, Decimal(random.choice(["0.5", "1", "2", "3"])), random.random() < 0.5, self._amount(50)
            )
            for child in random.sample(children, random.randint(0, len(children)))
        ]

    def offer(self, entity_id: int) -> Offer:
        """As the mapping has it."""
        terms = Terms(self.included, self.here, self.there)
        zone = ZoneInfo("UTC")
        market = Market(
            "EUR",
            self.rate,
            self.tier_rate,
            {"2": terms},
            untaxed(included=self.included),
            zone,
            zone,
            self.with_tax,
            as_page=True,
            total_rounded=self.total_rounded,
            fixed_tax=FixedTax(TaxAddress("DE", 0, ""), self.fixed_taxed),
        )
        kinds = dict.fromkeys(self.values, "simple") | {BUNDLE: "bundle"}
        products = {
            each: Product(each, f"s{each}", kind, "", "", "", "", 1, 0) for each, kind in kinds.items()
        }
        chunk = Chunk(
            products,
            options={BUNDLE: self.options},
            values=self.values,
            tiers=self.tiers,
            rules=self.rules,
            fixed_taxes=self.fixed_taxes,
            stock_items={each: StockItem(True, False, None, None, Decimal(9)) for each in products},
        )
        stock = Stock(1, None, manage=True, backorders=0, min_qty=Decimal(0))
        store = SimpleNamespace(website_id=WEBSITE)
        plan = SimpleNamespace(ids=IDS, market=market, stock=stock, store=store, module=False)
        return Offers(cast("Any", plan), chunk, Days(TODAY, TODAY)).offer(products[entity_id])


class Reckoning:
    """The same by Magento's rules, one after the other, in exact fractions."""

    def __init__(self, shop: RandomShop) -> None:
        self.shop = shop

    def shown(self, price: Fraction, entity_id: int, *, rounded: bool = True) -> Fraction:
        shop = self.shop
        is_taxed = shop.values[entity_id].get(IDS.tax_class_id) == "2"
        here, there = (Fraction(each) if is_taxed else Fraction(0) for each in (shop.here, shop.there))
        fixed = Fraction(shop.fixed_taxes.get(entity_id, Decimal(0))) * Fraction(shop.rate)
        if shop.included:
            gross = price if here == there else price / (1 + there) * (1 + here)
            tax = gross * here / (1 + here)
            price = gross if shop.with_tax else gross - (tax + TINY if tax else 0)
        elif shop.with_tax and price * here:
            price += price * here + TINY
        if shop.fixed_taxed and shop.included:
            fixed = fixed / (1 + there) * (1 + here) if here != there else fixed
            fixed = fixed if shop.with_tax else fixed / (1 + here)
        elif shop.fixed_taxed and shop.with_tax:
            fixed *= 1 + here
        return cents(price + fixed) if rounded else price + fixed

    def converted(self, amount: Fraction) -> Fraction:
        return cents(amount * Fraction(self.shop.rate))

    def special(self, entity_id: int) -> Fraction | None:
        values = self.shop.values[entity_id]
        ends = values.get(IDS.special_to_date) or "9"
        stored = values.get(IDS.special_price)
        return Fraction(stored) if stored is not None and ends[:10] >= TODAY.isoformat() else None

    def counting(self, entity_id: int) -> Sequence[Tier]:
        """A website's own rows instead of those of all websites for the same group and quantity."""
        tiers = self.shop.tiers[entity_id]
        own = {(each.all_groups, each.qty) for each in tiers if each.website_id == WEBSITE}
        last = {(each.all_groups, each.qty): each for each in tiers if each.website_id == WEBSITE}
        first: dict[tuple[bool, Decimal], Tier] = {}
        for each in tiers:
            if (each.all_groups, each.qty) not in own:
                first.setdefault((each.all_groups, each.qty), each)
        return [*last.values(), *first.values()]

    def final(self, entity_id: int, quantity: Decimal) -> Fraction:
        price = Fraction(self.shop.values[entity_id][IDS.price] or 0)
        parts = [price]
        parts += [each for each in (self.special(entity_id),) if each is not None]
        if entity_id in self.shop.rules:
            parts.append(Fraction(self.shop.rules[entity_id]))
        for tier in self.counting(entity_id):
            if 1 <= tier.qty <= quantity:
                value = Fraction(tier.value) * (1 if tier.website_id else Fraction(self.shop.tier_rate))
                parts.append(price * (1 - Fraction(tier.percent) / 100) if tier.percent else value)
        return max(Fraction(0), min(map(self.converted, parts)))

    def left(self) -> Fraction:
        """What the bundle's own special and tier prices leave of each part."""
        shares = [Fraction(1)]
        if special := self.special(BUNDLE):
            shares.append(special / 100)
        percents = [each.percent for each in self.counting(BUNDLE) if each.qty == 1 and each.percent]
        shares += [1 - Fraction(percent) / 100 for percent in percents]
        return max(Fraction(0), min(shares))

    def bundle(self, *, reduced: bool) -> Fraction:
        return self.fixed_bundle(reduced=reduced) if self.shop.is_fixed else self.dynamic(reduced=reduced)

    def dynamic(self, *, reduced: bool) -> Fraction:
        cheapest: dict[bool, list[Fraction]] = {True: [], False: []}
        for option in self.shop.options:
            costs = []
            for each in option.selections:
                child = each.product_id
                usual = self.converted(Fraction(self.shop.values[child][IDS.price] or 0))
                price = cents(self.final(child, each.qty) * self.left()) if reduced else usual
                part = self.shown(price, child, rounded=not self.shop.total_rounded)
                costs.append(part * Fraction(each.qty))
            if costs:
                cheapest[option.required].append(min(costs))
        if any(option.required for option in self.shop.options):
            return cents(sum(cheapest[True], Fraction(0)))
        return cents(min(cheapest[False], default=Fraction(0)))

    def fixed_bundle(self, *, reduced: bool) -> Fraction:
        shop, left = self.shop, self.left() if reduced else Fraction(1)
        price = Fraction(shop.values[BUNDLE][IDS.price] or 0)
        ruled = min(price, Fraction(shop.rules.get(BUNDLE, Decimal(shop.values[BUNDLE][IDS.price] or 0))))
        total = cents(self.converted(price) * left)
        if reduced:
            total = min(total, self.converted(ruled))
        for option in shop.options:
            costs = [
                cents(
                    (ruled * Fraction(each.value) / 100 if each.percent else Fraction(each.value))
                    * Fraction(shop.rate)
                    * left
                )
                * Fraction(each.qty)
                for each in option.selections
            ]
            if option.required and costs:
                total += min(costs)
        return self.shown(total, BUNDLE)


@pytest.mark.parametrize("part", range(4))
def test_prices_of_random_shops(part: int) -> None:
    for seed in range(part * SHOPS // 4, (part + 1) * SHOPS // 4):
        shop = RandomShop(seed)
        by_hand = Reckoning(shop)
        for child in range(FIRST_CHILD, FIRST_CHILD + CHILDREN):
            offer = shop.offer(child)
            assert offer.final is not None
            assert Fraction(offer.final) == by_hand.shown(by_hand.final(child, Decimal(1)), child), seed
        bundle = shop.offer(BUNDLE)
        assert bundle.final is not None
        assert bundle.regular is not None
        assert Fraction(bundle.final) == by_hand.bundle(reduced=True), seed
        assert Fraction(bundle.regular) == by_hand.bundle(reduced=False), seed


def test_names_of_random_attributes() -> None:
    random = Random(7)
    plain = ["color", "size", "brand", "Weight-kg", "näme", "a b"]
    taken = [*OWN, *(name.upper() for name in OWN), *(f"{code}_OID" for code in plain)]
    for _ in range(SHOPS):
        codes = random.sample([*plain, *taken], random.randint(1, 12))
        kinds = {code: random.choice(["text", "select", "multiselect"]) for code in codes}
        known = {code: Attribute(n, code, "varchar", kinds[code], None, True) for n, code in enumerate(codes)}
        form = random.choice(["id", "label", "label_and_oid"])
        wanted = random.choice(["all", tuple(random.sample(codes, random.randint(0, len(codes))))])
        sent = [*selected(wanted, known, include_filterable=random.random() < 0.5, form=form)]
        fields = [code for code in sent if code in known]
        if form == "label_and_oid":
            fields += [f"{code}_oid" for code in fields if kinds[code] != "text"]
        folded = [name.casefold() for name in fields if wanted == "all" or name not in wanted]
        own = {name.casefold() for name in OWN}
        assert not own.intersection(folded)
        assert len({name.casefold() for name in fields}) == len({*fields})
        assert all(name.isascii() and " " not in name for name in fields)


def test_scopes_of_random_values() -> None:
    random = Random(11)
    for _ in range(SHOPS):
        rows = [
            (entity, attribute, store, random.choice([None, "here", "there", "a\0b"]))
            for entity in range(3)
            for attribute in range(3)
            for store in (0, 5)
            if random.random() < 0.6
        ]
        random.shuffle(rows)
        laid: dict[int, dict[int, str | None]] = {entity: {} for entity in range(3)}
        _lay(laid, rows)
        for entity in range(3):
            for attribute in range(3):
                stored = {
                    store: value for one, two, store, value in rows if (one, two) == (entity, attribute)
                }
                if not stored:
                    assert attribute not in laid[entity]
                else:
                    value = stored[max(stored)]
                    assert laid[entity][attribute] == (value and value.replace("\0", ""))
