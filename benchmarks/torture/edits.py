"""A pretended shop that is edited at random, the same for everybody who knows the seed, and its change log.

Edit number n happens when the change log ends at n. Products, customers and subscribers go back and forth
between a few values, are renamed, exchange their keys, leave the website and come back, are deleted and made
again under a key of their own or somebody else's, agree and withdraw.
"""

import random
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, NamedTuple

from synqd.models.names import Model

VALUES = ("a", "b", "c")
KEPT = 50_000
"""Rows that the change log keeps; nobody falls back that far."""
AGAIN = 0.4
"""Share of the edits that meet something that was edited a moment ago: while that is still on its way."""
MOMENT = 6

_WEIGHTS = {
    Model.PRODUCT: (8, 6, 3, 3, 1, 1),
    Model.CUSTOMER: (8, 0, 3, 0, 1, 1),
    Model.SUBSCRIBER: (4, 10, 3, 3, 1, 1),
    Model.ORDER: (1, 0, 0, 0, 0, 0),
}
"""How often a thing changes, turns its flag, is renamed, exchanges its key, is deleted, and one is made."""


class Row(NamedTuple):
    """A row of the change log: the key from before, where that changed, and when a thing was deleted.

    Times are in milliseconds since the shop was founded.
    """

    model: Model
    entity_id: int
    old_key: str | None = None
    deleted_at: int | None = None


@dataclass(slots=True)
class Thing:
    """A product, a customer or a subscriber.

    Attributes:
        key: SKU or address.
        flag: on the website, or agreed.
        said_at: when it was edited last, in milliseconds since the shop was founded.
    """

    key: str
    value: str = VALUES[0]
    note: str | None = None
    flag: bool = True
    said_at: int = 0


@dataclass
class Realm:
    """All things of a model, by id; ``spare_keys`` are those that nobody has now.

    In a model without them nobody else ever gets a thing's key. Ids are never used again.
    """

    model: Model
    living: dict[int, Thing]
    spare_keys: list[str]
    least: int
    newest: int
    swapped: tuple[int, int] = (0, 0)
    recent: deque[int] = field(default_factory=lambda: deque(maxlen=MOMENT))

    @classmethod
    def found(cls, model: Model, size: int, spare: int) -> "Realm":
        """Makes a realm of ``size`` things; ``spare``: keys that are free, 0 if keys are never handed on."""
        living = {number: Thing(key_of(model, number)) for number in range(1, size + 1)}
        spare_keys = [key_of(model, -number) for number in range(1, spare + 1)]
        return cls(model, living, spare_keys, least=size - 5, newest=size)

    @property
    def may_grow(self) -> bool:
        """Whether one more may be made."""
        return len(self.living) < self.least + 10


def key_of(model: Model, number: int, variant: int = 0) -> str:
    """A key that fits the model."""
    name = f"{model}{'x' * (number < 0)}{abs(number)}{'.' * (variant > 0)}{variant or ''}"
    return name if model is Model.PRODUCT else f"{name}@many.example"


class Shop:
    """The shop as it is when the change log ends at ``head``."""

    def __init__(self, seed: int, orders: int = 0) -> None:
        self._random = random.Random(seed)
        self.head = 0
        self.realms = (
            Realm.found(Model.PRODUCT, 100, 15),
            Realm.found(Model.CUSTOMER, 60, 0),
            Realm.found(Model.SUBSCRIBER, 80, 12),
            Realm.found(Model.ORDER, orders, 0),
        )
        self.handed: Counter[tuple[Model, str]] = Counter()
        """How often something may be said again because it has another owner, by key; of customers by id."""
        self._log: deque[tuple[Row, ...]] = deque(maxlen=KEPT)

    def advance(self, head: int) -> None:
        """Edits until the change log ends there."""
        while self.head < head:
            self.head += 1
            if self.head == 1:
                self._log.append(tuple(self._everything()))
                continue
            (realm,) = self._random.choices(self.realms, (5, 2, 4, bool(self.living(Model.ORDER))))
            self._log.append(tuple(self._edit(realm)))

    def rows(self, after: int, until: int) -> Iterator[Row]:
        """Rows of the change log of the edits ``after < number <= until``."""
        first = self.head - len(self._log)
        assert after >= first, "the change log does not reach back that far"
        for rows in islice(self._log, after - first, until - first):
            yield from rows

    def living(self, model: Model) -> dict[int, Thing]:
        """What there is now."""
        return next(realm.living for realm in self.realms if realm.model is model)

    def _everything(self) -> Iterator[Row]:
        """The first edit founds the shop."""
        for realm in self.realms:
            for entity_id in realm.living:
                yield self._set(realm, entity_id)

    def _edit(self, realm: Realm) -> Iterable[Row]:
        edits = (self._change, self._turn, self._rename, self._swap, self._delete, self._make)
        (edit,) = self._random.choices(edits, _WEIGHTS[realm.model])
        rows = list(edit(realm))
        realm.recent.extend(row.entity_id for row in rows)
        return rows

    def _any(self, realm: Realm) -> int:
        recent = [one for one in realm.recent if one in realm.living]
        if recent and self._random.random() < AGAIN:
            return self._random.choice(recent)
        return self._random.choice(list(realm.living))

    def _set(self, realm: Realm, entity_id: int, **values: Any) -> Row:
        before = realm.living[entity_id]
        after = replace(before, said_at=self._now, **values)
        realm.living[entity_id] = after
        if after.key == before.key:
            return Row(realm.model, entity_id)
        self._hand(realm.model, entity_id, after.key)
        return Row(realm.model, entity_id, before.key)

    def _hand(self, model: Model, entity_id: int, key: str) -> None:
        """A key begins or ceases to be a thing's; whoever had it before may say the same once more."""
        self.handed[model, str(entity_id) if model is Model.CUSTOMER else key] += 2

    @property
    def _now(self) -> int:
        return self.head * 1000

    def _change(self, realm: Realm) -> Iterator[Row]:
        note = self._random.choice((None, *VALUES))
        yield self._set(realm, self._any(realm), value=self._random.choice(VALUES), note=note)

    def _turn(self, realm: Realm) -> Iterator[Row]:
        entity_id = self._any(realm)
        yield self._set(realm, entity_id, flag=not realm.living[entity_id].flag)

    def _rename(self, realm: Realm) -> Iterator[Row]:
        entity_id = self._any(realm)
        if not realm.spare_keys:
            yield self._set(realm, entity_id, key=key_of(realm.model, entity_id, self._random.randrange(3)))
            return
        before = realm.living[entity_id].key
        yield self._set(realm, entity_id, key=self._spare_key(realm))
        realm.spare_keys.append(before)

    def _spare_key(self, realm: Realm) -> str:
        """One that was given up a moment ago, or any other."""
        again = self._random.random() < AGAIN
        return realm.spare_keys.pop(-1 if again else self._random.randrange(len(realm.spare_keys)))

    def _swap(self, realm: Realm) -> Iterator[Row]:
        """Two things exchange their keys; often those that did so last, which takes it back."""
        one, other = self._any(realm), self._any(realm)
        if self._random.random() < AGAIN and all(each in realm.living for each in realm.swapped):
            one, other = realm.swapped
        if realm.spare_keys and one != other:
            realm.swapped = one, other
            keys = realm.living[one].key, realm.living[other].key
            yield self._set(realm, one, key=keys[1])
            yield self._set(realm, other, key=keys[0])

    def _delete(self, realm: Realm) -> Iterator[Row]:
        entity_id = self._any(realm)
        if len(realm.living) <= realm.least:
            return
        gone = realm.living.pop(entity_id)
        self._hand(realm.model, entity_id, gone.key)
        if realm.spare_keys:
            realm.spare_keys.append(gone.key)
        yield Row(realm.model, entity_id, gone.key, self._now)

    def _make(self, realm: Realm) -> Iterator[Row]:
        if not realm.may_grow:
            return
        realm.newest += 1
        entity_id = realm.newest
        key = self._spare_key(realm) if realm.spare_keys else key_of(realm.model, entity_id)
        realm.living[entity_id] = Thing(key, self._random.choice(VALUES), said_at=self._now)
        self._hand(realm.model, entity_id, key)
        yield Row(realm.model, entity_id)
