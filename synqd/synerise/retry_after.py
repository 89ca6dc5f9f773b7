"""Reads ``Retry-After`` in all forms that servers write."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from synqd.pacing.limiter import LONGEST

_NUMBER = re.compile(r"\d+(\.\d+)?", re.ASCII)


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds that the answer asks to wait, at most 15 minutes; None where it says nothing readable.

    A date counts from the answer's own ``Date``, so that clocks need not agree.

    Args:
        headers: by lower-case name.
        now: seconds since the epoch, for answers without a date.
    """
    text = headers.get("retry-after", "").strip()
    if _NUMBER.fullmatch(text):
        return min(float(text), LONGEST)
    until = _moment(text)
    if until is None:
        return None
    present = _moment(headers.get("date", ""))
    return min(max(0.0, until - (now if present is None else present)), LONGEST)


def _moment(text: str) -> float | None:
    try:
        moment = parsedate_to_datetime(text)
        aware: datetime = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return aware.timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
