"""Stored values of customer attributes as Synerise takes them. Pure; None means: leave it out."""

from collections.abc import Callable, Mapping
from functools import lru_cache

from synqd.entities.customer.attributes import Option

_INSTALLED: Mapping[str, str] = {"1": "MALE", "2": "FEMALE", "3": "NOT_SPECIFIED"}
"""The gender options that Magento's installer makes; the official module knows only these."""

_WORDS: Mapping[str, str] = {
    "male": "MALE",
    "man": "MALE",
    "female": "FEMALE",
    "woman": "FEMALE",
    "not specified": "NOT_SPECIFIED",
    "unspecified": "NOT_SPECIFIED",
    "other": "OTHER",
    "diverse": "OTHER",
    "non-binary": "OTHER",
}
"""Back-office words for genders; option ids differ between shops, words hardly do."""


def sex_of(options: Mapping[str, Option]) -> Callable[[str], str | None]:
    """From a gender's option id to Synerise's word: by the option's own word, else as installed."""
    known = dict(_INSTALLED)
    for option_id, option in options.items():
        word = _WORDS.get(option.admin_label.strip().casefold())
        if word is not None:
            known[option_id] = word
    return known.get


def word_of(options: Mapping[str, Option]) -> Callable[[str], str | None]:
    """From an option id to its label; None where the option is gone."""
    labels = {option_id: option.label for option_id, option in options.items()}
    return labels.get


def labels_of(options: Mapping[str, Option]) -> Callable[[str], list[str] | None]:
    """From comma-joined option ids to labels in the shop's own order, whatever order they are stored in."""

    @lru_cache(maxsize=1024)  # many have chosen the same; whoever is given the list leaves it as it is
    def labels(stored: str) -> list[str] | None:
        found = [options[option_id] for option_id in stored.split(",") if option_id in options]
        found.sort(key=lambda option: option.position)
        return [option.label for option in found] or None

    return labels


def yes_no(stored: str) -> str:
    """Magento's words for a boolean."""
    return "Yes" if stored == "1" else "No"
