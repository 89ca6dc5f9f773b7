"""Everything that is one person's, and nothing that is another one's (semantics S20, S33).

An address is whose Magento says it is; of one that Magento has no more, whose the queue file says it was
last. So a former address leads to a person, and from a person, only while nobody else has it.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

from synqd.entities import Source
from synqd.entities.person import Holder, names_of, read_beings, read_holders, read_orders
from synqd.models.names import Model
from synqd.models.person import EntityRef, Person, folded

Acquainted = Callable[
    [Collection[str], Collection[EntityRef]], Awaitable[Mapping[EntityRef, Collection[str]]]
]
"""``Queue.acquainted``."""


@dataclass(frozen=True, slots=True)
class Found:
    """A person.

    Attributes:
        spelled: the person's addresses as they are spelled.
        passed_on: the person had an address before that somebody else has now.
        before: customers that had an address of the person before, and have another one now.
    """

    person: Person
    spelled: frozenset[str]
    passed_on: bool
    before: tuple[int, ...]


@dataclass
class Search:
    """Goes from addresses to entities and back, until nothing new is found."""

    source: Source
    acquainted: Acquainted
    emails: set[str] = field(default_factory=set)
    """Addresses of the person, folded."""
    beings: set[EntityRef] = field(default_factory=set)
    spelled: set[str] = field(default_factory=set)
    _foreign: set[str] = field(default_factory=set)
    """Addresses that the person had, and that somebody else has."""
    _others: set[EntityRef] = field(default_factory=set)
    """Entities that had an address of the person, and are somebody else's."""

    async def run(self) -> Found:
        """Finds everything; ``emails``, ``spelled`` and ``beings`` say what is known of the person."""
        while await self._turn():
            pass
        for order in await read_orders(self.source, self.emails, self._customers):
            self.beings.add(order.being)
            self._spell([order.email])
        person = Person(frozenset(self.emails), frozenset(self.beings), names_of(self.spelled))
        before = sorted(number for model, number in self._others if model is Model.CUSTOMER)
        return Found(person, frozenset(self.spelled), bool(self._foreign), tuple(before))

    @property
    def _customers(self) -> set[int]:
        return {number for model, number in self.beings if model is Model.CUSTOMER}

    async def _turn(self) -> bool:
        """One step further; False when nothing new was found."""
        before = len(self.emails), len(self.beings), len(self._foreign), len(self._others)
        present = await read_beings(self.source, self.beings)
        for one in present:
            if one.model is Model.CUSTOMER:
                self._take(one)
        for one in await read_holders(self.source, self.emails):
            self._take(one)
        known = await self.acquainted(self.emails, self.beings)
        self._spell(key for keys in known.values() for key in keys)
        await self._claim(set(known) - self.beings - self._others)
        former = {key for being in self.beings for key in known.get(being, ())}
        await self._follow({folded(key) for key in former} | {one.address for one in present})
        return before != (len(self.emails), len(self.beings), len(self._foreign), len(self._others))

    async def _claim(self, beings: set[EntityRef]) -> None:
        """Entities that had an address of the person last, by the queue file.

        What Magento has no more is the person's; so is an account that has another address now, unless
        somebody else has this one. A subscription goes with its account or its present address.
        """
        if not beings:
            return
        present = {one.being for one in await read_beings(self.source, beings)}
        holders = await self._holders(self.emails)
        for being in beings:
            model, number = being
            left = model is Model.CUSTOMER and all(holder.customer == number for holder in holders)
            (self.beings if being not in present or left else self._others).add(being)

    async def _follow(self, addresses: set[str]) -> None:
        """Addresses that the person had, or the person's subscriptions have, unless others have them."""
        new = addresses - self.emails - self._foreign - {""}
        held = {one.address for one in await self._holders(new) if not self._is_own(one)}
        self.emails |= new - held
        self._foreign |= new & held

    async def _holders(self, addresses: Collection[str]) -> list[Holder]:
        """Everybody who has one of these addresses now."""
        if not addresses:
            return []
        return [
            *await read_holders(self.source, addresses),
            *await read_orders(self.source, addresses),
        ]

    def _is_own(self, holder: Holder) -> bool:
        return holder.being in self.beings or holder.customer in self._customers

    def _take(self, one: Holder) -> None:
        self.beings.add(one.being)
        self.emails |= {one.address} - {""}
        self._spell([one.email])

    def _spell(self, emails: Iterable[str]) -> None:
        self.spelled |= {email for email in emails if folded(email) in self.emails}
