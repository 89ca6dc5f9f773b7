"""Values of selects in the four formats, and which attributes are selected."""

from __future__ import annotations

from typing import Any

import pytest

from synqd.entities.product.attributes import Attribute, Options, selected, unknown_codes
from synqd.entities.product.fields import Choice, compile_fields

COLORS = Options.of({"53": "Green", "49": "Black", "60": "Yellow"})
KNOWN = {
    code: Attribute(number, code, "varchar", kind, None, filterable=code == "brand")
    for number, (code, kind) in enumerate(
        {"name": "text", "color": "select", "brand": "select", "sku": "text", "bad.name": "text"}.items()
    )
}


def choice(form: str, *, several: bool = False, module: bool = False, options: Options = COLORS) -> Choice:
    return Choice("color", 93, several, options, form, "" if module else None, module)


@pytest.mark.parametrize(
    ("form", "one", "many"),
    [
        ("id", "49", ["53", "49"]),
        ("label", "Black", ["Green", "Black"]),
        (
            "id_and_label",
            {"id": "49", "label": "Black"},
            [{"id": "53", "label": "Green"}, {"id": "49", "label": "Black"}],
        ),
        ("label_and_oid", "Black", ["Green", "Black"]),
    ],
)
def test_formats(form: str, one: Any, many: list[Any]) -> None:
    assert choice(form).write("49") == one
    assert choice(form, several=True).write("49,53") == many
    assert choice(form).list_of(["49", "53", "49"]) == many


def test_ids_beside_labels() -> None:
    assert choice("label_and_oid").write_ids("49") == "49"
    assert choice("label_and_oid", several=True).write_ids("49,53") == ["53", "49"]


def test_the_module_sends_ids_as_stored_and_labels_in_order() -> None:
    assert choice("id", several=True, module=True).write("49,53") == ["49", "53"]
    assert choice("label", several=True, module=True).write("49,53") == ["Green", "Black"]


def test_an_option_without_a_row() -> None:
    assert choice("label").write("7") is None
    assert choice("label", module=True).write("7") == ""
    assert choice("id").write("7") == "7"
    assert choice("label", several=True).write("49,7") == ["Black"]
    assert choice("label", several=True).write("") == []


def test_words_that_only_php_knows() -> None:
    unknown = Options.of({}, complete=False)
    assert choice("label", options=unknown).write("DE") == "DE"
    countries = {"country": Attribute(1, "country", "varchar", "select", "Foreign\\Source", filterable=False)}
    fields = compile_fields(["country"], countries, {"country": unknown}, "label", module=False)
    assert fields.notes == ("country: the database has no words for its values, ids are sent",)


def test_selection() -> None:
    assert selected(("name", "nix", "sku", "final_price"), KNOWN, include_filterable=False) == (
        "name",
        "final_price",
    )
    assert selected(("name",), KNOWN, include_filterable=True) == ("name", "brand")
    everything = selected("all", KNOWN, include_filterable=False)
    assert everything == ("name", "color", "brand", "regular_price", "final_price")


def test_unknown_codes_come_with_the_nearest_right_ones() -> None:
    assert unknown_codes(("colour", "name", "zzz"), KNOWN) == {"colour": ["color"], "zzz": []}
    assert unknown_codes("all", KNOWN) == {}
