"""The category tree: chains, labels, what is shown, and odd trees."""

from __future__ import annotations

from synqd.entities.product.categories import (
    Assignment,
    build_tree,
    ids_below_root,
    ids_with_ancestors,
    shown_categories,
)

PATHS = [
    (1, "1"),
    (2, "1/2"),
    (3, "1/2/3"),
    (4, "1/2/3/4"),
    (5, "1/2/5"),
    (6, "1/2/5/6"),
    (41, "1/41"),
    (42, "1/41/42"),
]
NAMES = {1: "Root", 2: "Default", 3: "Gear", 4: "Bags", 5: "Men", 6: "Tops", 41: "B2B", 42: "Workwear"}
ACTIVE = dict.fromkeys(NAMES, True)


def labels(assigned: list[tuple[int, int]], active: dict[int, bool] | None = None) -> list[str]:
    tree = build_tree(PATHS, NAMES, active or ACTIVE, 2)
    return [category.label for category in shown_categories([Assignment(*each) for each in assigned], tree)]


def test_names_begin_below_the_store_root_and_the_deepest_comes_first() -> None:
    assert labels([(3, 0), (4, 0)]) == ["Gear > Bags", "Gear"]


def test_ties_are_settled_by_position_then_id() -> None:
    assert labels([(6, 5), (4, 1)]) == ["Gear > Bags", "Men > Tops"]
    assert labels([(6, 1), (4, 1)]) == ["Gear > Bags", "Men > Tops"]
    assert labels([(6, 0), (4, 1)]) == ["Men > Tops", "Gear > Bags"]


def test_other_trees_the_root_itself_and_inactive_chains_are_not_shown() -> None:
    assert labels([(42, 0), (2, 0), (1, 0), (999, 0)]) == []
    assert labels([(6, 0), (4, 0)], {**ACTIVE, 5: False}) == ["Gear > Bags"]
    assert labels([(4, 0)], {2: True, 4: True}) == []


def test_ids_with_what_is_above_them() -> None:
    tree = build_tree(PATHS, NAMES, ACTIVE, 2)
    assigned = [Assignment(4, 0), Assignment(42, 0), Assignment(999, 0)]
    assert ids_below_root(shown_categories(assigned, tree), 2) == [3, 4]
    assert ids_with_ancestors(assigned, tree) == [4, 3, 2, 1, 42, 41]


def test_the_module_names_the_whole_chain_of_any_tree() -> None:
    tree = build_tree(PATHS, NAMES, {}, 2, whole=True)
    assert tree[42].label == "Root > B2B > Workwear"


def test_odd_paths_do_no_harm() -> None:
    loop = [(7, "1/2/7/8/7"), (8, "1/2/8/7/8"), (9, ""), (10, "1/2//10/x")]
    tree = build_tree([*PATHS, *loop], NAMES, {**ACTIVE, 7: True, 8: True, 10: True}, 2)
    assert tree[7].shown
    assert not tree[9].shown
    assert tree[10].chain == (1, 2, 10)
