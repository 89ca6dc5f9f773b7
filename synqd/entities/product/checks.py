"""Whether the settings of products fit the shop; for ``synqd check-config --connect``."""

from collections.abc import Iterator, Mapping, Sequence

from synqd.config import Settings
from synqd.config.mapping import ProductSettings
from synqd.entities.base import Source
from synqd.entities.product.attributes import Attribute, load_attributes, taken, unknown_codes
from synqd.models.errors import ConfigError


async def check_attributes(source: Source, settings: Settings) -> Sequence[ConfigError]:
    """One finding for each listed attribute that the shop does not have, or that may not have its name.

    The findings are returned, not raised, so that all are seen at once.
    """
    known = await load_attributes(source)
    return [
        ConfigError(f"[{place}] attributes: {complaint}")
        for place, scope in _scopes(settings)
        for complaint in _complaints(scope, known)
    ]


async def refused_names(source: Source, settings: Settings) -> Mapping[str, str]:
    """Attributes that nobody listed and that are not sent because their name is taken, with the reason."""
    known = await load_attributes(source)
    found: dict[str, str] = {}
    for _, scope in _scopes(settings):
        listed = () if isinstance(scope.attributes, str) else scope.attributes
        found |= {code: why for code, why in _taken(scope, known).items() if code not in listed}
    return found


def _scopes(settings: Settings) -> Iterator[tuple[str, ProductSettings]]:
    """The section, and what is made of it for each website and store view that differ."""
    product = settings.product
    yield "product", product
    for kind, scopes in (("website", product.website), ("store", product.store)):
        for code, scope in scopes.items():
            values = {name: getattr(scope, name) for name in scope.model_fields_set}
            yield f"product.{kind}.{code}", product.model_copy(update=values)


def _complaints(scope: ProductSettings, known: Mapping[str, Attribute]) -> Iterator[str]:
    for code, near in unknown_codes(scope.attributes, known).items():
        hint = (
            f"did you mean {' or '.join(near)}?" if near else "see Stores > Attributes > Product in Magento"
        )
        yield f"the shop has no product attribute {code!r}; {hint}"
    for code, reason in _taken(scope, known).items():
        if not isinstance(scope.attributes, str) and code in scope.attributes:
            yield f"{code!r} {reason}; take it off the list"


def _taken(scope: ProductSettings, known: Mapping[str, Attribute]) -> Mapping[str, str]:
    filterable, form = scope.include_filterable, scope.attribute_format
    return taken(scope.attributes, known, include_filterable=filterable, form=form)
