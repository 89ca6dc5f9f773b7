"""What a model says of itself, once for all who ask: breakers, sweeps, batches, rights of a key."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from synqd.entities.base import Entity
from synqd.models.names import Model
from synqd.models.wire import Endpoint


class Stamped(NamedTuple):
    """A table whose rows say when they changed: its key, the column of the entity, and that of the time."""

    table: str
    key: str
    entity: str
    stamp: str


@dataclass(frozen=True)
class Declaration:
    """One model.

    Attributes:
        model: which one.
        create: makes its entity; it caches metadata of one shop, so each daemon makes its own.
        endpoints: the calls that its items need; nearly all of them go to the first, whose breaker decides
            whether the model is delivered.
        stamped: tables that are asked for times where there is no change log (read-only capture).
        addressed: its payloads show addresses of the shop's pages, and wait where nobody knows these (S31).
        unplaced: SQL that counts rows which belong to no store view (S32); "" for none.
        keys: what a batch may choose it by besides ids -> the name by which the entity resolves it.
    """

    model: Model
    create: Callable[[], Entity]
    endpoints: tuple[Endpoint, ...]
    stamped: tuple[Stamped, ...]
    addressed: bool = False
    unplaced: str = ""
    keys: Mapping[str, str] = field(default_factory=dict)

    @property
    def main_endpoint(self) -> Endpoint:
        """Where nearly all of its items go."""
        return self.endpoints[0]
