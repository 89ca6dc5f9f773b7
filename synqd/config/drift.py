"""Codes that the configuration names, matched with a shop whose people rename and remove things (S27). Pure.

A code means the website or store view that it meant when the configuration worked: its id is remembered, with
the place in the configuration that names it. Under another code the same id goes on. What is gone takes out
its own part and nothing else. What the shop never had is a mistake, which ``check_codes`` refuses.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from synqd.config.sections import ScheduleSettings, Settings
from synqd.models.names import Model
from synqd.models.shop import Shop

What = Literal["website", "store view"]


@dataclass(frozen=True, slots=True)
class Known:
    """What codes meant while the configuration worked.

    Attributes:
        pinned: place in the configuration -> code -> id.
        websites, stores: every code that the shop has had -> id.
    """

    pinned: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    websites: Mapping[str, int] = field(default_factory=dict)
    stores: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Drift:
    """A code that the shop has no more, or not for what it meant.

    Attributes:
        place: the setting that names it.
        what: what it is the code of.
        code: as the configuration has it.
        now: the code of the same website or store view now; None if that is gone.
    """

    place: str
    what: What
    code: str
    now: str | None

    def __str__(self) -> str:
        if self.now is None:
            return (
                f"{self.place}: the shop has no {self.what} {self.code} any more, so that part is left out;"
                " nothing of it was removed at Synerise"
            )
        return f"{self.place}: {self.what} {self.code} is called {self.now} now; write that"


def adapt(settings: Settings, shop: Shop, known: Known) -> tuple[Settings, list[Drift]]:
    """The settings as they fit the shop of now, and what had to be changed for that.

    Codes that nobody knows stay as they are.
    """
    fitting = _Fitting(shop, known)
    workspaces = {
        name: section.model_copy(
            update={
                "websites": fitting.codes(f"[workspaces.{name}] websites", "website", section.websites),
                "stores": fitting.codes(f"[workspaces.{name}] stores", "store view", section.stores),
            }
        )
        for name, section in settings.workspaces.items()
    }
    update: dict[str, object] = {"workspaces": workspaces}
    if settings.sync.stores != "all":
        stores = fitting.codes("[sync] stores", "store view", settings.sync.stores)
        update["sync"] = settings.sync.model_copy(update={"stores": stores})
    schedule = [_scheduled(entry, fitting) for entry in settings.schedule]
    update["schedule"] = tuple(entry for entry in schedule if entry.stores)
    for model in Model:
        section = settings.section(model)
        update[model.value] = section.model_copy(
            update={
                "website": fitting.keys(f"[{model}.website]", "website", section.website),
                "store": fitting.keys(f"[{model}.store]", "store view", section.store),
            }
        )
    return settings.model_copy(update=update), fitting.drifts


def _scheduled(entry: ScheduleSettings, fitting: "_Fitting") -> ScheduleSettings:
    if entry.stores == "all":
        return entry
    stores = fitting.codes(f"[[schedule]] {entry.cron} stores", "store view", entry.stores)
    return entry.model_copy(update={"stores": stores})


def pins(settings: Settings, shop: Shop, known: Known) -> dict[str, dict[str, int]]:
    """What each code of the configuration means now, by the place that names it; unknown ones stay out."""
    fitting = _Fitting(shop, known)
    found: dict[str, dict[str, int]] = {}
    for place, what, codes in named(settings):
        for code in codes:
            number = fitting.number(place, what, code)
            if number is not None:
                found.setdefault(place, {})[code] = number
    return found


def named(settings: Settings) -> Iterable[tuple[str, What, tuple[str, ...]]]:
    """Every place of the configuration that names websites or store views, with the codes."""
    for name, section in settings.workspaces.items():
        yield f"[workspaces.{name}] websites", "website", tuple(section.websites)
        yield f"[workspaces.{name}] stores", "store view", tuple(section.stores)
    if settings.sync.stores != "all":
        yield "[sync] stores", "store view", settings.sync.stores
    for entry in settings.schedule:
        if entry.stores != "all":
            yield f"[[schedule]] {entry.cron} stores", "store view", tuple(entry.stores)
    for model in Model:
        scoped = settings.section(model)
        yield f"[{model}.website]", "website", tuple(scoped.website)
        yield f"[{model}.store]", "store view", tuple(scoped.store)


class _Fitting:
    """Codes of now for codes of the configuration; collects what differs."""

    def __init__(self, shop: Shop, known: Known) -> None:
        self._known = known
        self._codes: Mapping[What, Mapping[int, str]] = {
            "website": {number: website.code for number, website in shop.websites.items()},
            "store view": {number: store.code for number, store in shop.stores.items()},
        }
        self._numbers: Mapping[What, Mapping[str, int]] = {
            what: {code: number for number, code in codes.items()} for what, codes in self._codes.items()
        }
        self.drifts: list[Drift] = []

    def number(self, place: str, what: What, code: str) -> int | None:
        """The id that a code means; None for one that nobody knows.

        What it meant at that place, else what the shop calls so now, else what it called so once.
        """
        pinned = self._known.pinned.get(place, {}).get(code)
        if pinned is not None:
            return pinned
        once = self._known.websites if what == "website" else self._known.stores
        return self._numbers[what].get(code, once.get(code))

    def codes(self, place: str, what: What, codes: Iterable[str]) -> tuple[str, ...]:
        """The codes of now, without those of what is gone."""
        return tuple(now for code in codes if (now := self._now(place, what, code)) is not None)

    def keys(self, place: str, what: What, settings: Mapping[str, object]) -> dict[str, object]:
        """Settings by code, under the codes of now."""
        return {
            now: value
            for code, value in settings.items()
            if (now := self._now(place, what, code)) is not None
        }

    def _now(self, place: str, what: What, code: str) -> str | None:
        number = self.number(place, what, code)
        if number is None:
            return code
        now = self._codes[what].get(number)
        if now is None and code in self._numbers[what]:
            now = code  # what it meant is gone, and another one has taken its name
        if now != code:
            self.drifts.append(Drift(place, what, code, now))
        return now
