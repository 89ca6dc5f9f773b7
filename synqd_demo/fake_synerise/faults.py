"""Which request gets which fault. What a fault does is in `misbehaviour` and in the server's pipeline.

A rule matches by method and path and fires by number, share, time or chance; the chance of each rule is drawn
from a generator of its own, seeded by the server's seed and the rule's number, so the same requests in the
same order meet the same faults. Rules are tried in order, those on the connection before the others, and the
first that fires wins; every rule counts all requests it matches, also those that an earlier rule took.
"""

import itertools
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from synqd_demo.fake_synerise.settings import SettingsError

ACTIONS: dict[str, dict[str, Any]] = {
    "reset_before": {},
    "reset_mid_request": {"after_bytes": 1024},
    "never": {},
    "refuse": {"seconds": 1.0, "drop_open": True},
    "close_idle": {"requests": 0, "seconds": 0.0, "on_reuse": False},
    "redirect": {"status": 307, "location": "http://127.0.0.1:9/elsewhere"},
    "slow_read": {"seconds": 0.05, "chunk": 1024},
    "status": {"status": 503, "body": "shape", "retry_after": None},
    "flap": {"good_s": 1.0, "bad_s": 1.0, "status": 503},
    "stale_token": {},
    "partial": {"items": 1, "shape": "errors"},
    "conflict": {},
    "catalog_gone": {},
    "status_after_apply": {"status": 500, "body": "shape", "retry_after": None},
    "reset_after_apply": {},
    "slow_headers": {"seconds": 5.0},
    "slow_body": {"seconds": 0.05},
    "short_content_length": {"missing": 100},
    "bad_chunk": {},
}
"""Action -> its arguments with their defaults."""

_DEFAULT_PATHS = {
    "stale_token": r"^(?!.*/auth/login/)",
    "partial": r"/batch$",
    "conflict": r"^/v4/clients(/batch)?$",
    "catalog_gone": r"/items/batch$",
}
"""Where these actions have a meaning; used when a rule names no path."""

CONNECTION = frozenset(
    {"reset_before", "reset_mid_request", "never", "refuse", "close_idle", "redirect", "slow_read"}
)
STATUS_BODIES = ("shape", "empty", "html", "truncated", "huge", "bad_utf8")


@dataclass(slots=True)
class FaultRule:
    """One rule; an absent condition is always true.

    `nth` is the number of the matching request from 1, `every` fires on each such multiple, `probability` is
    a share of 1, `after_s` and `until_s` count from when the rule was added, `count` is how often it may
    fire.
    """

    action: str
    arguments: dict[str, Any] = field(default_factory=dict)
    method: str | None = None
    path: str | None = None
    nth: int | None = None
    every: int | None = None
    probability: float | None = None
    after_s: float | None = None
    until_s: float | None = None
    count: int | None = None
    number: int = 0
    added_at: float = 0.0
    seen: int = 0
    fired: int = 0
    pattern: re.Pattern[str] | None = None
    chance: random.Random = field(default_factory=random.Random)

    def meets(self, method: str, path: str, now: float) -> bool:
        """Count the request if the rule is about it, and tell whether the rule would fire."""
        if self.method is not None and self.method != method:
            return False
        if self.pattern is not None and self.pattern.search(path) is None:
            return False
        self.seen += 1
        drawn = self.probability is None or self.chance.random() < self.probability
        return drawn and self._by_number() and self._in_time(now)

    def _by_number(self) -> bool:
        if self.count is not None and self.fired >= self.count:
            return False
        if self.nth is not None and self.seen != self.nth:
            return False
        return self.every is None or self.seen % self.every == 0

    def _in_time(self, now: float) -> bool:
        age = now - self.added_at
        if self.after_s is not None and age < self.after_s:
            return False
        if self.until_s is not None and age >= self.until_s:
            return False
        return self.action != "flap" or self._is_bad_phase(age)

    def _is_bad_phase(self, age: float) -> bool:
        good, bad = self.arguments["good_s"], self.arguments["bad_s"]
        return bool(age % (good + bad) >= good)

    def document(self) -> dict[str, Any]:
        """Give the rule and its counts for the inspection."""
        conditions = {name: getattr(self, name) for name in _CONDITIONS}
        given = {name: value for name, value in conditions.items() if value is not None}
        counts = {"number": self.number, "seen": self.seen, "fired": self.fired}
        return {"action": self.action, **self.arguments, **given, **counts}


_CONDITIONS: dict[str, tuple[type, ...]] = {
    "method": (str,),
    "path": (str,),
    "nth": (int,),
    "every": (int,),
    "probability": (int, float),
    "after_s": (int, float),
    "until_s": (int, float),
    "count": (int,),
}


def rule_from(document: Mapping[str, Any], *, number: int, seed: int, now: float) -> FaultRule:
    """Build a rule from parsed JSON: `action`, its arguments and the conditions, all in one object.

    Raises:
        SettingsError: unknown action, argument or condition, or a value of the wrong type.
    """
    action = document.get("action")
    if action not in ACTIONS:
        raise SettingsError(f"fault: unknown action {action!r}; known: {', '.join(ACTIONS)}")
    arguments = dict(ACTIONS[action])
    conditions: dict[str, Any] = {}
    for name, value in document.items():
        if name in arguments:
            arguments[name] = _checked_argument(action, name, value, arguments[name])
        elif name in _CONDITIONS:
            conditions[name] = _checked_condition(name, value)
        elif name != "action":
            raise SettingsError(f"fault {action}: unknown entry {name!r}")
    if action in _DEFAULT_PATHS:
        conditions.setdefault("path", _DEFAULT_PATHS[action])
    return FaultRule(
        action,
        arguments,
        **conditions,
        number=number,
        added_at=now,
        pattern=_compiled(conditions.get("path")),
        chance=random.Random(f"{seed}:fault:{number}"),  # noqa: S311 -- reproducible faults
    )


def _compiled(path: str | None) -> re.Pattern[str] | None:
    try:
        return None if path is None else re.compile(path)
    except re.error as error:
        raise SettingsError(f"fault: path: {path!r} is no regular expression: {error}") from None


def _checked_condition(name: str, value: Any) -> Any:
    if not isinstance(value, _CONDITIONS[name]) or isinstance(value, bool):
        raise SettingsError(f"fault: {name}: cannot use {value!r}")
    return value


def _checked_argument(action: str, name: str, value: Any, default: Any) -> Any:
    if name == "body" and value not in STATUS_BODIES:
        raise SettingsError(f"fault {action}: body must be one of {', '.join(STATUS_BODIES)}")
    if isinstance(default, int | float) and (
        not isinstance(value, int | float) or isinstance(value, bool) != isinstance(default, bool)
    ):
        raise SettingsError(f"fault {action}: {name}: cannot use {value!r}")
    return value


class FaultBook:
    """All rules in order."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self.rules: list[FaultRule] = []

    def add(self, document: Mapping[str, Any], *, seed: int, now: float) -> FaultRule:
        """Add one rule, see `rule_from`."""
        rule = rule_from(document, number=next(self._numbers), seed=seed, now=now)
        self.rules.append(rule)
        return rule

    def clear(self) -> None:
        """Remove all rules; numbers and so chances go on from where they were."""
        self.rules.clear()

    def pick(self, method: str, path: str, now: float) -> FaultRule | None:
        """Give the rule that takes this request, or None."""
        if not self.rules:
            return None
        firing = [rule for rule in self.rules if rule.meets(method, path, now)]
        if not firing:
            return None
        chosen = next((rule for rule in firing if rule.action in CONNECTION), firing[0])
        chosen.fired += 1
        return chosen
