"""What is synchronized: one module (or package) per model, all behind the same small interface.

An entity declares the tables whose changes concern it (``Watch``), says to which store views an entity
belongs (``locate``), lists ids in key order for full synchronizations (``page``) and turns a chunk of leased
items into what shall be sent (``compose``): it reads all rows of the chunk in a number of queries that does
not depend on its size, then maps them with pure functions.

Adding a fifth thing to synchronize means adding one package here, with a ``DECLARATION``, and its name to
``Model``; a section of the configuration only if it has settings of its own.

``base``        the interface, and what an entity is given
``declaration`` what others have to know of a model: endpoints, keys, tables with times
``watch``       which tables are watched, and what a change of a row means
``payload``     digests, field names, cleared values: the same for every model
"""

from collections.abc import Mapping
from importlib import import_module

from synqd.entities.base import Context, Entity, Page, Source
from synqd.entities.declaration import Declaration, Stamped
from synqd.entities.watch import Watch
from synqd.models.names import Model


def _declared(model: Model) -> Declaration:
    declaration: Declaration = import_module(f"{__name__}.{model}").DECLARATION
    return declaration


DECLARED: Mapping[Model, Declaration] = {model: _declared(model) for model in Model}
"""All that is synchronized; the package of a model has its name."""


def create_entities() -> Mapping[Model, Entity]:
    """One new instance of each entity; they cache metadata of one shop, so each daemon has its own."""
    return {model: declared.create() for model, declared in DECLARED.items()}


__all__ = [
    "DECLARED",
    "Context",
    "Declaration",
    "Entity",
    "Page",
    "Source",
    "Stamped",
    "Watch",
    "create_entities",
]
