"""Whether the settings of products fit the shop; for ``synqd check-config --connect``."""

from collections.abc import Iterator, Mapping, Sequence

from synqd.config import Settings
from synqd.entities.base import Source
from synqd.entities.product.attributes import Attribute, is_catalog_name, load_attributes, unknown_codes
from synqd.models.errors import ConfigError


async def check_attributes(source: Source, settings: Settings) -> Sequence[ConfigError]:
    """One finding for each selected attribute that the shop does not have, or that no catalog takes.

    The findings are returned, not raised, so that all are seen at once.
    """
    known = await load_attributes(source)
    return [
        ConfigError(f"[{place}] attributes: {complaint}")
        for place, wanted in _selections(settings)
        for complaint in _complaints(wanted, known)
    ]


def _selections(settings: Settings) -> Iterator[tuple[str, Sequence[str]]]:
    product = settings.product
    scopes = {f"product.website.{code}": scope for code, scope in product.website.items()}
    scopes |= {f"product.store.{code}": scope for code, scope in product.store.items()}
    if not isinstance(product.attributes, str):
        yield "product", product.attributes
    for place, scope in scopes.items():
        if "attributes" in scope.model_fields_set and not isinstance(scope.attributes, str):
            yield place, scope.attributes


def _complaints(wanted: Sequence[str], known: Mapping[str, Attribute]) -> Iterator[str]:
    for code, near in unknown_codes(wanted, known).items():
        hint = (
            f"did you mean {' or '.join(near)}?" if near else "see Stores > Attributes > Product in Magento"
        )
        yield f"the shop has no product attribute {code!r}; {hint}"
    for code in wanted:
        if code in known and not is_catalog_name(code):
            yield f"{code!r} is no name that a catalog takes (letters, digits, _ and -); take it off the list"
