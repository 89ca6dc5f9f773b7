"""The category trees of both websites."""

from __future__ import annotations

from collections.abc import Iterator

from synqd_demo.shop.data.attribute_list import CATEGORY
from synqd_demo.shop.data.attributes import Attributes
from synqd_demo.shop.data.rows import Rows
from synqd_demo.shop.data.scopes import HOME_DE, TRADE_PL

# Columns: id, parent, name, German, Polish, whether it is active.
_CATEGORIES = (
    (1, 0, "Root Catalog", None, None, True),
    (2, 1, "Home range", None, None, True),
    (3, 2, "Tea", "Tee", None, True),
    (5, 3, "Green tea", "Grüner Tee", None, True),
    (6, 3, "Black tea", "Schwarzer Tee", None, True),
    (7, 3, "Herbs", "Kräuter", "Zioła", True),
    (4, 2, "Tableware", "Geschirr", None, True),
    (8, 4, "Mugs", "Becher", None, True),
    (9, 4, "Pots & tools", "Kannen und Zubehör", None, True),
    (10, 2, "Workshops", "Kurse", None, True),
    (11, 2, "Seasonal", "Saison", None, False),
    (12, 11, "Winter", "Winter", None, True),
    (20, 1, "Trade range", None, None, True),
    (21, 20, "Bulk tea", None, "Herbata na wagę", True),
    (22, 20, "Porcelain", None, "Porcelana", True),
)


def add_categories(rows: Rows, attributes: Attributes) -> None:
    """Categories with names; a category below an inactive one is active itself but not to be seen."""
    paths: dict[int, str] = {}
    for position, (category, parent, name, german, polish, active) in enumerate(_CATEGORIES, start=1):
        paths[category] = f"{paths[parent]}/{category}" if parent else str(category)
        rows.add(
            "catalog_category_entity",
            entity_id=category,
            attribute_set_id=CATEGORY,
            parent_id=parent,
            path=paths[category],
            position=position,
            level=paths[category].count("/"),
            children_count=sum(1 for row in _CATEGORIES if f"{category}" in _ancestors(row[0])),
        )
        key = name.lower().replace(" & ", "-").replace(" ", "-")
        attributes.put(
            CATEGORY, category, {"name": name, "is_active": int(active), "is_anchor": 1, "url_key": key}
        )
        for view, label in ((HOME_DE, german), (TRADE_PL, polish)):
            if label is not None:
                attributes.put(CATEGORY, category, {"name": label}, view)


def _ancestors(category: int) -> Iterator[str]:
    parents = {row[0]: row[1] for row in _CATEGORIES}
    while parent := parents[category]:
        yield str(parent)
        category = parent
