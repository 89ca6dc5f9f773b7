"""The category tree in a store view's words, and what a product's assignments say in it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from synqd.entities.base import Source
from synqd.entities.valid import without_nul

SEPARATOR = " > "

_CATEGORIES = "SELECT entity_id, path FROM {catalog_category_entity}"

_SCALARS = """
    SELECT held.entity_id, held.store_id, held.value
      FROM {{catalog_category_entity_{kind}}} held
      JOIN {{eav_attribute}} attribute ON attribute.attribute_id = held.attribute_id
      JOIN {{eav_entity_type}} type ON type.entity_type_id = attribute.entity_type_id
     WHERE type.entity_type_code = 'catalog_category' AND attribute.attribute_code = %s
       AND held.store_id IN (0, %s)
     ORDER BY held.store_id"""


class Category(NamedTuple):
    """A category as one store view sees it.

    Attributes:
        chain: its ids from the tree's root to itself, as its path says.
        label: names joined, from below the store's root (or from the tree's root, see ``Tree``).
        shown: inside the store's tree, below its root, and active with all that is above it.
    """

    chain: tuple[int, ...]
    label: str
    shown: bool


Tree = Mapping[int, Category]


async def load_tree(source: Source, store_id: int, root_id: int, *, whole: bool = False) -> Tree:
    """All categories by id, in the words of a store view.

    Args:
        source: Magento.
        store_id: the store view for names and activity.
        root_id: the store's root category; labels begin below it.
        whole: labels begin at the tree's root instead, whatever the store.
    """
    names = {
        entity_id: without_nul(value or "")
        for entity_id, _, value in await source.fetch(_SCALARS.format(kind="varchar"), ["name", store_id])
    }
    active = {
        entity_id: bool(value)
        for entity_id, _, value in await source.fetch(_SCALARS.format(kind="int"), ["is_active", store_id])
    }
    rows = await source.fetch(_CATEGORIES)
    return build_tree(((entity_id, path) for entity_id, path in rows), names, active, root_id, whole=whole)


def build_tree(
    paths: Iterable[tuple[int, str]],
    names: Mapping[int, str],
    active: Mapping[int, bool],
    root_id: int,
    *,
    whole: bool = False,
) -> Tree:
    """The tree from its rows; a path is taken as it stands, so loops and orphans do no harm."""
    tree: dict[int, Category] = {}
    for entity_id, path in paths:
        chain = tuple(int(part) for part in path.split("/") if part.isdecimal())
        below = chain[chain.index(root_id) + 1 :] if root_id in chain else ()
        shown = bool(below) and all(active.get(part, False) for part in chain[chain.index(root_id) :])
        named = chain if whole else below
        tree[entity_id] = Category(chain, SEPARATOR.join(names.get(part, "") for part in named), shown)
    return tree


class Assignment(NamedTuple):
    """A row of ``catalog_category_product``."""

    category_id: int
    position: int


def shown_categories(assigned: Sequence[Assignment], tree: Tree) -> list[Category]:
    """What a shopper finds the product in: the deepest first, ties by position, then id."""
    ranked = [
        (-len(category.chain), position, category_id)
        for category_id, position in assigned
        if (category := tree.get(category_id)) is not None and category.shown
    ]
    return [tree[category_id] for _, _, category_id in sorted(ranked)]


def ids_below_root(categories: Iterable[Category], root_id: int) -> list[int]:
    """Ids of categories and of what is above them, without the store's root and the tree's."""
    found: dict[int, None] = {}
    for category in categories:
        found.update(dict.fromkeys(category.chain[category.chain.index(root_id) + 1 :]))
    return list(found)


def ids_with_ancestors(assigned: Iterable[Assignment], tree: Tree) -> list[int]:
    """Ids of all assigned categories, each followed by all that is above it, up to the tree's root."""
    found: dict[int, None] = {}
    for category_id, _ in assigned:
        if category_id in tree:
            found.update(dict.fromkeys(reversed(tree[category_id].chain)))
    return list(found)
