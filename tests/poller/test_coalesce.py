"""From rows of a log to wishes."""

from __future__ import annotations

from synqd.models.change import Change
from synqd.models.names import Key, Model
from synqd.movers.capture.coalesce import NOWHERE, Touched, coalesce, spread, wishes

PRODUCT = Model.PRODUCT


def row(number: int, entity_id: int, **values: object) -> Change:
    return Change(number, PRODUCT, entity_id, **values)  # type: ignore[arg-type]  # a test's shorthand


def test_the_rows_of_one_save_are_one_change_as_quiet_as_its_last_row() -> None:
    touched = coalesce([row(number, 7, age=3.0 - number) for number in range(3)], {})
    assert {entity_id: seen.quiet for entity_id, seen in touched.items()} == {7: 1.0}


def test_a_row_that_names_something_else_stands_for_all_it_leads_to() -> None:
    found = {("sku", "A"): [1, 2]}
    assert set(coalesce([row(1, 0, via="sku", key="A"), row(2, 0, via="sku", key="B")], found)) == {1, 2}


def test_the_key_of_a_row_that_goes_is_the_hint() -> None:
    (wish,), _ = wishes(PRODUCT, coalesce([row(1, 7, key="OLD", deleted=True)], {}), {}, frozenset({1}))
    assert (wish.key, wish.hint) == (Key(PRODUCT, NOWHERE, 7), "OLD")


def test_the_store_views_that_rows_name_and_those_where_it_is_found_are_wished_for() -> None:
    changes = [row(1, 7, store_id=2), row(2, 7, store_id=0), row(3, 7, store_id=4)]
    wanted, dropped = wishes(PRODUCT, coalesce(changes, {}), {7: [1, 2]}, frozenset({1, 2, 3}))
    assert [wish.key for wish in wanted] == [Key(PRODUCT, 1, 7), Key(PRODUCT, 2, 7)]
    assert dropped == 1


def test_a_deletion_is_told_with_its_time_and_a_later_row_does_not_undo_it() -> None:
    changes = [row(1, 7, at=50), row(2, 7, deleted=True, at=60, key="sku"), row(3, 7, at=70)]
    (wish,), _ = wishes(PRODUCT, coalesce(changes, {}), {}, frozenset({1}))
    assert (wish.deleted_at, wish.hint, wish.key.store_id) == (60, "sku", NOWHERE)
    (living,), _ = wishes(PRODUCT, coalesce([row(1, 7, at=50)], {}), {}, frozenset({1}))
    assert (living.deleted_at, living.hint) == (None, None)


def test_kin_are_as_quiet_as_the_change_itself() -> None:
    touched = {1: Touched(0.2), 2: Touched(0.9)}
    spread(touched, {1: [2, 3]})
    assert {entity_id: seen.quiet for entity_id, seen in touched.items()} == {1: 0.2, 2: 0.2, 3: 0.2}


def test_store_views_that_are_off_are_dropped_and_counted() -> None:
    wanted, dropped = wishes(PRODUCT, {7: Touched(0.0)}, {7: {1, 2, 5}}, frozenset({1, 2}))
    assert [wish.key.store_id for wish in wanted] == [1, 2]
    assert dropped == 1


def test_a_key_that_only_leads_to_an_entity_is_no_key_of_it_at_synerise() -> None:
    """Or the removal of another one's key would be sent."""
    changes = [
        Change(1, Model.PRODUCT, 0, "sku", "other-sku"),
        Change(2, Model.PRODUCT, 7, "", "old-sku"),
        Change(3, Model.PRODUCT, 0, "sku", "other-sku"),
    ]
    touched = coalesce(changes, {("sku", "other-sku"): [7, 8]})
    assert {entity_id: one.hint for entity_id, one in touched.items()} == {7: "old-sku", 8: None}
