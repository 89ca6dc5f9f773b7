"""Customers, their addresses and newsletter subscribers. All people and addresses are invented."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from synqd_demo.shop.data.attribute_list import ADDRESS, CUSTOMER
from synqd_demo.shop.data.attributes import Attributes, AttributeValue, Day, Labels
from synqd_demo.shop.data.rows import Rows, Value
from synqd_demo.shop.data.scopes import (
    GENERAL,
    HOME,
    HOME_DE,
    HOME_EN,
    TRADE,
    TRADE_EN,
    TRADE_PL,
    VIEW_NAMES,
    WEBSITE_OF,
    WHOLESALE,
)

SUBSCRIBED, NOT_ACTIVE, UNSUBSCRIBED, UNCONFIRMED = 1, 2, 3, 4
_CITIES = {"AT": ("Wien", "1020", 95), "DE": ("Berlin", "10999", 82), "PL": ("Gdańsk", "80-001", None)}


@dataclass(frozen=True)
class Person:
    """A customer; ``view`` 0 is the back office, ``countries`` are the addresses, the first both defaults."""

    id: int
    email: str
    first: str
    last: str
    view: int
    countries: tuple[str, ...] = ()
    website: int | None = None
    group: int = GENERAL
    static: Mapping[str, Value] = field(default_factory=dict)
    values: Mapping[str, AttributeValue] = field(default_factory=dict)

    @property
    def website_id(self) -> int:
        """The website of the account."""
        return self.website if self.website is not None else WEBSITE_OF[self.view]


PEOPLE = (
    Person(
        301,
        "ada.moss@mail.example",
        "Ada",
        "Moss",
        HOME_EN,
        ("AT", "DE"),
        static={"dob": date(1984, 2, 29), "gender": 2, "prefix": "Dr", "middlename": "Q."},
        values={
            "loyalty_level": Labels("Evergreen"),
            "interests": Labels("Ceramics", "Green tea"),
            "nickname": "Ada",
            "tea_diary": "Sencha at six.\nAssam at nine.",
            "birthday_gift": 1,
            "credit_limit": Decimal("250.5000"),
            "first_visit": Day(-900),
        },
    ),
    # The same address as an account of its own in the other website.
    Person(
        302,
        "ada.moss@mail.example",
        "Ada",
        "Moss",
        TRADE_EN,
        ("PL",),
        group=WHOLESALE,
        static={"taxvat": "PL5250001009"},
    ),
    # Made in the back office: no store view, and an address with capitals.
    Person(303, "Bruno.Keller@Mail.example", "Bruno", "Keller", 0, ("DE",), website=HOME),
    Person(
        304,
        "clara@post.example",
        "Clara",
        "Österreicher",
        HOME_DE,
        ("DE",),
        static={"gender": 2},
        values={"loyalty_level": Labels("Seedling")},
    ),
    Person(
        305,
        "d.nowak@poczta.example",
        "Dorota",
        "Nowak",
        TRADE_PL,
        ("PL",),
        group=WHOLESALE,
        values={"credit_limit": Decimal("5000.0000")},
    ),
    # Has not confirmed the address, where confirmation is required.
    Person(
        306,
        "emil@poczta.example",
        "Emil",
        "Wiśniewski",
        TRADE_PL,
        static={"confirmation": "c0ffee5eedc0ffee5eedc0ffee5eed00"},
    ),
    # The same mark, where nothing has to be confirmed.
    Person(
        307,
        "frida@mail.example",
        "Frida",
        "Lund",
        HOME_EN,
        ("AT",),
        static={"confirmation": "0ddba11c0ffee0ddba11c0ffee0ddba1"},
    ),
    Person(308, "closed@mail.example", "Georg", "Ruhig", HOME_DE, static={"is_active": 0}),
    Person(
        309,
        "hana+tea@mail.example",
        "Hana",
        "O'Neil",
        HOME_EN,
        ("AT", "AT"),
        static={"gender": 3, "suffix": "jr."},
    ),
    Person(
        310,
        "ivo@mail.example",
        "Ivo",
        "Brandt",
        HOME_DE,
        ("DE",),
        static={"dob": date(1999, 12, 31), "gender": 1},
    ),
    Person(
        311,
        "jana@mail.example",
        "Jana",
        "Fischer",
        HOME_DE,
        ("DE",),
        values={"interests": Labels("Ceramics", "Green tea")},
    ),
    Person(312, "kim@mail.example", "Kim", "Ahn", HOME_EN, values={"nickname": "茶"}),
    Person(313, "lena@poczta.example", "Lena", "Mazur", TRADE_PL, ("PL",), group=WHOLESALE),
    Person(314, "marek@poczta.example", "Marek", "Wójcik", TRADE_PL, ("PL",)),
    Person(
        315,
        "nils@mail.example",
        "Nils",
        "Berg",
        HOME_EN,
        ("AT",),
        static={"gender": 1, "disable_auto_group_change": 1},
    ),
    Person(316, "olga@poczta.example", "Olga", "Lis", TRADE_EN, ("PL",)),
    Person(317, "pia@mail.example", "Pia", "Gruber", HOME_DE, ("AT",)),
    Person(318, "quirin@mail.example", "Quirin", "Huber", HOME_DE, ("DE",), values={"birthday_gift": 0}),
    Person(319, "rosa@mail.example", "Rosa", "Steiner", HOME_EN, ("AT",)),
    Person(320, "sam@trade.example", "Sam", "Weiss", 0, ("PL",), website=TRADE, group=WHOLESALE),
    Person(321, "tove@mail.example", "Tove", "Falk", HOME_EN),
)


def add_people(rows: Rows, attributes: Attributes, day: date) -> None:
    """Customers with addresses, and subscribers with and without an account."""
    joined = datetime.combine(day - timedelta(days=60), time(12))
    addresses = 0
    for number, person in enumerate(PEOPLE):
        first = 401 + addresses
        addresses += len(person.countries)
        _add_person(rows, attributes, person, joined + timedelta(days=number, minutes=number), first)
    _add_subscribers(rows, joined + timedelta(days=30))


def _add_person(
    rows: Rows, attributes: Attributes, person: Person, joined: datetime, first_address: int
) -> None:
    default = first_address if person.countries else None
    static: dict[str, Value] = {
        "entity_id": person.id,
        "website_id": person.website_id,
        "email": person.email,
        "group_id": person.group,
        "store_id": person.view,
        "created_in": VIEW_NAMES.get(person.view, "Admin"),
        "firstname": person.first,
        "lastname": person.last,
        "password_hash": "not-a-hash",
        "default_billing": default,
        "default_shipping": default,
        "created_at": joined,
        "updated_at": joined,
    }
    rows.add_row("customer_entity", static | dict(person.static))
    attributes.put(CUSTOMER, person.id, person.values)
    for address, country in enumerate(person.countries, start=first_address):
        city, postcode, region = _CITIES[country]
        rows.add(
            "customer_address_entity",
            entity_id=address,
            parent_id=person.id,
            firstname=person.first,
            lastname=person.last,
            street=f"Lindenweg {address}\n2. Stock",
            city=city,
            postcode=postcode,
            country_id=country,
            region_id=region,
            telephone=f"+49 30 555{address:04}",
            created_at=joined,
            updated_at=joined,
        )
    if len(person.countries) > 1:
        attributes.put(ADDRESS, first_address, {"floor": "2"})


# Columns: id, view, customer, e-mail, status, days since the status changed (None: it never did).
_SUBSCRIBERS: tuple[tuple[int, int, int, str, int, int | None], ...] = (
    (601, HOME_EN, 301, "ada.moss@mail.example", SUBSCRIBED, 0),
    (602, TRADE_EN, 302, "ada.moss@mail.example", UNSUBSCRIBED, 3),
    (603, HOME_DE, 304, "clara@post.example", SUBSCRIBED, 1),
    (604, TRADE_PL, 305, "d.nowak@poczta.example", SUBSCRIBED, 2),
    (605, HOME_DE, 310, "ivo@mail.example", NOT_ACTIVE, 4),
    (606, HOME_EN, 309, "hana+tea@mail.example", UNSUBSCRIBED, 5),
    (607, HOME_EN, 0, "Guest.One@News.example", SUBSCRIBED, 6),
    (608, HOME_DE, 0, "guest.two@news.example", NOT_ACTIVE, 7),
    (609, TRADE_PL, 0, "gosc@wiadomosci.example", SUBSCRIBED, 8),
    (610, TRADE_EN, 0, "buyer@wiadomosci.example", UNCONFIRMED, 9),
    # One e-mail, two websites, two opinions.
    (611, HOME_EN, 0, "twice@news.example", SUBSCRIBED, 2),
    (612, TRADE_PL, 0, "twice@news.example", UNSUBSCRIBED, 1),
    (613, HOME_DE, 317, "pia@mail.example", SUBSCRIBED, None),
    (614, HOME_EN, 315, "nils@mail.example", UNSUBSCRIBED, None),
    (615, TRADE_PL, 314, "marek@poczta.example", SUBSCRIBED, 11),
)


def _add_subscribers(rows: Rows, latest: datetime) -> None:
    for number, view, customer, email, status, age in _SUBSCRIBERS:
        rows.add(
            "newsletter_subscriber",
            subscriber_id=number,
            store_id=view,
            customer_id=customer,
            subscriber_email=email,
            subscriber_status=status,
            change_status_at=None if age is None else latest - timedelta(days=age),
            subscriber_confirm_code=f"{number:032x}",
        )
