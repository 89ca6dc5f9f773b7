"""Times that somebody types: how long ago, a time of today, a day, or all of it."""

import re
from datetime import UTC, datetime, timedelta

_AGO = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)\s*(s|min|m|h|d|w)")
_SECONDS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400, "w": 604_800}
_OF_TODAY = re.compile(r"\d{1,2}:\d{2}(?::\d{2})?")
FORMS = 'like 30min, 2h, 7d, 14:30, 2026-11-30 or "2026-11-30 14:30"'


def moment(text: str, now: datetime) -> datetime:
    """The time that is meant; without a zone it is the terminal's.

    Args:
        text: what was typed.
        now: aware present time.

    Raises:
        ValueError: it is no time.
    """
    try:
        found = _moment(text.strip(), now)
        found.astimezone(UTC)  # beyond the years that there are, it has none
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{text!r} is no time {FORMS}") from error
    return found


def _moment(text: str, now: datetime) -> datetime:
    if ago := _AGO.fullmatch(text):
        return now - timedelta(seconds=float(ago[1]) * _SECONDS[ago[2]])
    local = now.astimezone()
    if _OF_TODAY.fullmatch(text):
        text = f"{local:%Y-%m-%d} {text.zfill(5) if len(text) < len('00:00') else text}"
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.astimezone()
