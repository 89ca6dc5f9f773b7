"""The selected attributes, compiled once for a store view: which value goes where, in which words.

Values of selects are written in one of four formats (``attribute_format``): ``id``, ``label``,
``id_and_label`` ({"id", "label"}), ``label_and_oid`` (label under the code, id under ``<code>_oid``).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from synqd.entities.product.attributes import WITH_OPTIONS, Attribute, Options
from synqd.entities.product.names import TWIN

MULTI = "multiselect"
MEMORY = 20_000
"""Most written values that one field remembers."""


@dataclass(frozen=True)
class Choice:
    """A field whose stored value stands for words.

    Attributes:
        code, attribute_id: the attribute.
        several: a multiselect.
        options: words and their order.
        form: the configured format.
        bare: what is written for an option that is gone, where its label is asked for ("" or None).
        as_stored: ids alone keep the stored order, as the module sends them; labels, and ids beside labels,
            never do.
    """

    code: str
    attribute_id: int
    several: bool
    options: Options
    form: str
    bare: str | None
    as_stored: bool

    @cached_property
    def twin(self) -> str:
        """Where its ids stand beside its labels."""
        return f"{self.code}{TWIN}"

    @cached_property
    def write(self) -> Callable[[str], Any]:
        """From a stored value to what stands under the attribute's code; None where nothing can be said."""
        return lru_cache(MEMORY)(self._read)

    def write_ids(self, stored: str) -> Any:
        """The value under ``twin``: the n-th id is that of the n-th label; None where there is none."""
        if self.several:
            return self.ids_of(stored.split(","))
        return None if self._one(stored) is None else stored

    def ids_of(self, ids: Iterable[str]) -> list[str]:
        """The ids behind the labels of ``list_of``."""
        return [each for each in self.ordered(ids) if self._one(each) is not None]

    def list_of(self, ids: Iterable[str]) -> list[Any]:
        """Several options in display order, as a configurable lists what its children offer."""
        return self._many(ids)

    def ordered(self, ids: Iterable[str]) -> list[str]:
        """Distinct ids in the order in which the shop shows them; ids without an option come last."""
        ranks = self.options.ranks
        last = len(ranks)
        return sorted(dict.fromkeys(each for each in ids if each), key=lambda each: ranks.get(each, last))

    def _read(self, stored: str) -> Any:
        if not self.several:
            return self._one(stored)
        return self._ids(stored.split(",")) if self.form == "id" else self._many(stored.split(","))

    def _ids(self, ids: list[str]) -> list[str]:
        return [each for each in ids if each] if self.as_stored else self.ordered(ids)

    def _many(self, ids: Iterable[str]) -> list[Any]:
        return [written for each in self.ordered(ids) if (written := self._one(each)) is not None]

    def _one(self, option: str) -> Any:
        if self.form == "id":
            return option
        label = self.options.labels.get(option, self.bare if self.options.complete else option)
        if self.form == "id_and_label":
            return {"id": option, "label": label}
        return label


@dataclass(frozen=True)
class Fields:
    """All selected attributes that are plain values.

    Attributes:
        raw: (code, attribute id) of free input, sent as stored.
        choices: selects by code.
        static: codes of attributes without a value table or column of their own.
        oid: whether ids are sent beside labels.
        notes: what cannot be sent as asked for, for every item.
    """

    raw: tuple[tuple[str, int], ...]
    choices: tuple[Choice, ...]
    static: tuple[str, ...]
    oid: bool
    notes: tuple[str, ...] = ()

    @cached_property
    def raw_codes(self) -> tuple[str, ...]:
        """The codes of ``raw``."""
        return tuple(code for code, _ in self.raw)

    @cached_property
    def raw_ids(self) -> tuple[int, ...]:
        """The attribute ids of ``raw``."""
        return tuple(attribute_id for _, attribute_id in self.raw)

    @cached_property
    def writers(self) -> tuple[tuple[str, Callable[[str], Any]], ...]:
        """For each of ``choices`` its code, and what writes its values."""
        return tuple((choice.code, choice.write) for choice in self.choices)

    @cached_property
    def choice_ids(self) -> tuple[int, ...]:
        """The attribute ids of ``choices``."""
        return tuple(choice.attribute_id for choice in self.choices)

    def choice(self, attribute_id: int) -> Choice | None:
        """The select with that attribute id, if it is sent."""
        return self._by_id.get(attribute_id)

    @cached_property
    def _by_id(self) -> Mapping[int, Choice]:
        return {choice.attribute_id: choice for choice in self.choices}


def compile_fields(
    codes: Sequence[str],
    attributes: Mapping[str, Attribute],
    options: Mapping[str, Options],
    form: str,
    *,
    module: bool,
) -> Fields:
    """The plan for ``codes``, in their order; computed ones among them are somebody else's."""
    raw, choices, static, notes = [], [], [], []
    bare = "" if module else None
    for attribute in (attributes[code] for code in codes if code in attributes):
        stored = attribute.backend != "static" or attribute.column
        if attribute.input in WITH_OPTIONS and stored:
            words = options.get(attribute.code, Options())
            several = attribute.input == MULTI
            choices.append(Choice(attribute.code, attribute.attribute_id, several, words, form, bare, module))
            if not words.complete and form != "id":
                notes.append(f"{attribute.code}: the database has no words for its values, ids are sent")
        elif not stored:
            static.append(attribute.code)
        else:
            raw.append((attribute.code, attribute.attribute_id))
    return Fields(tuple(raw), tuple(choices), tuple(static), form == "label_and_oid", tuple(notes))
