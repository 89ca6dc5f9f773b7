"""The category tree in a store view's words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from synqd.entities.base import Source

SEPARATOR = " > "

_TREE = """
SELECT c.entity_id, c.path,
       IF(own_name.value_id IS NULL, base_name.value, own_name.value),
       IF(own_active.value_id IS NULL, base_active.value, own_active.value)
  FROM {catalog_category_entity} c
  JOIN {eav_entity_type} t ON t.entity_type_code = 'catalog_category'
  JOIN {eav_attribute} n ON n.entity_type_id = t.entity_type_id AND n.attribute_code = 'name'
  JOIN {eav_attribute} a ON a.entity_type_id = t.entity_type_id AND a.attribute_code = 'is_active'
  LEFT JOIN {catalog_category_entity_varchar} own_name
    ON own_name.entity_id = c.entity_id AND own_name.attribute_id = n.attribute_id AND own_name.store_id = %s
  LEFT JOIN {catalog_category_entity_varchar} base_name
    ON base_name.entity_id = c.entity_id AND base_name.attribute_id = n.attribute_id
   AND base_name.store_id = 0
  LEFT JOIN {catalog_category_entity_int} own_active
    ON own_active.entity_id = c.entity_id AND own_active.attribute_id = a.attribute_id
   AND own_active.store_id = %s
  LEFT JOIN {catalog_category_entity_int} base_active
    ON base_active.entity_id = c.entity_id AND base_active.attribute_id = a.attribute_id
   AND base_active.store_id = 0"""


class Category(NamedTuple):
    """One category: ids from the tree's root down to itself, and whether shoppers may see it."""

    chain: tuple[int, ...]
    name: str
    active: bool


class Assigned(NamedTuple):
    """A category that a product is assigned to, with its position there."""

    category_id: int
    position: int


@dataclass(frozen=True, slots=True)
class Tree:
    """All categories by id; names of paths are made once and kept."""

    categories: Mapping[int, Category]
    _paths: dict[tuple[int, int], str | None] = field(default_factory=dict)

    def names(self, category_id: int) -> str | None:
        """Names from the root of all trees down to a category; None for one that is gone."""
        return self._named(category_id, 0)

    def shown(self, root_id: int, assigned: Iterable[Assigned]) -> list[str]:
        """Paths below a store's root that shoppers can follow: the deepest first, then position, id."""
        usable = [
            (-len(category.chain), place.position, place.category_id)
            for place in assigned
            if (category := self.categories.get(place.category_id)) and self._visible(category, root_id)
        ]
        return [name for _, _, category_id in sorted(usable) if (name := self._named(category_id, root_id))]

    def _visible(self, category: Category, root_id: int) -> bool:
        below = category.chain[category.chain.index(root_id) + 1 :] if root_id in category.chain else ()
        return bool(below) and all(
            (link := self.categories.get(part)) is not None and link.active for part in below
        )

    def _named(self, category_id: int, root_id: int) -> str | None:
        key = (category_id, root_id)
        if key not in self._paths:
            self._paths[key] = self._joined(category_id, root_id)
        return self._paths[key]

    def _joined(self, category_id: int, root_id: int) -> str | None:
        category = self.categories.get(category_id)
        if category is None:
            return None
        start = category.chain.index(root_id) + 1 if root_id in category.chain else 0
        links = [self.categories.get(part) for part in category.chain[start:]]
        return SEPARATOR.join(link.name for link in links if link is not None)


async def load_tree(source: Source, store_id: int) -> Tree:
    """The whole tree in a store view's words; 0 for the default ones."""
    rows: Sequence[tuple[int, str, str | None, int | None]] = await source.fetch(_TREE, (store_id, store_id))
    return Tree(
        {
            category_id: Category(
                tuple(int(part) for part in path.split("/") if part.isdigit()), name or "", bool(active)
            )
            for category_id, path, name, active in rows
        }
    )
