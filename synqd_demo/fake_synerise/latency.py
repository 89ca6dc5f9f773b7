"""How long the server takes for an answer, on top of its own work."""

import random
import re
from typing import Any

from synqd_demo.fake_synerise.settings import SettingsError


class Latency:
    """A time per request: a number of milliseconds, `[min, max]`, `[min, max, seed]`, or those by path.

    By path is an object of regular expressions; the first that is found in the path counts, none means 0.

    Raises:
        SettingsError: the setting has another form.
    """

    def __init__(self, setting: Any, seed: int) -> None:
        entries = setting.items() if isinstance(setting, dict) else [("", setting)]
        self._rules = [(_pattern(path), _Span(value, f"{seed}:{path}")) for path, value in entries]
        self._off = all(span.is_zero for _, span in self._rules)

    def seconds(self, path: str) -> float:
        """Give the time for one request, in seconds."""
        if self._off:
            return 0.0
        for pattern, span in self._rules:
            if pattern.search(path) is not None:
                return span.seconds()
        return 0.0


class _Span:
    def __init__(self, value: Any, seed: str) -> None:
        values = value if isinstance(value, list | tuple) else [value, value]
        if len(values) not in (2, 3) or not all(isinstance(v, int | float) and v >= 0 for v in values):
            raise SettingsError(f"latency_ms: cannot use {value!r}")
        self._low, self._high = float(values[0]), float(values[1])
        if self._low > self._high:
            raise SettingsError(f"latency_ms: {value!r} has the greater number first")
        self._random = random.Random(  # noqa: S311 -- reproducible delays
            f"{values[2]}" if len(values) == 3 else f"{seed}:latency"
        )

    @property
    def is_zero(self) -> bool:
        return self._high == 0.0

    def seconds(self) -> float:
        if self._low == self._high:
            return self._low / 1000
        return self._random.uniform(self._low, self._high) / 1000


def _pattern(path: Any) -> re.Pattern[str]:
    try:
        return re.compile(path)
    except (re.error, TypeError) as error:
        raise SettingsError(f"latency_ms: {path!r} is no regular expression: {error}") from None
