"""How far a change log is read: a pure decision over ids (semantics S1).

Ids are handed out before their transactions commit, so ids that are skipped may still appear, in any order,
or never (rolled back). The cursor is the highest id seen plus the ranges below it that were not seen: gaps. A
row is fresh when it lies above the cursor or inside a gap; taking it removes it from there, so no row is
taken twice, and none is lost while its gap lives.

>>> cursor, fresh = advance(Cursor("log", 0), [(1,), (4,)], now=5)
>>> cursor.gaps, fresh
((Gap(first=2, last=3, since=5),), [(1,), (4,)])
>>> advance(cursor, [(3,)], now=6)
(Cursor(source='log', high=4, gaps=(Gap(first=2, last=2, since=5),)), [(3,)])
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from synqd.models.change import Cursor, Gap

GAP_LIFE = 24 * 60 * 60 * 1000
"""Milliseconds after which an id that has not appeared is taken for rolled back."""
MOST_GAPS = 10_000
"""Ranges that a cursor remembers; beyond this the oldest are given up early."""
NARROW_LIFE = 10 * 60 * 1000
MOST_NARROW = 500
"""The same for ranges that are narrower than a step of the server's ids (``auto_increment_increment``).

A cluster hands out every third id, say: each row leaves a gap, which only another node may fill. So these are
kept for transactions that are open on other nodes, but not for a day.
"""
NARROW_SURE = 60 * 1000
MOST_YOUNG = 50_000
"""Milliseconds for which narrow ranges stay however many there are, for some look-ups of each, and how many
of these there may be at all."""
RUN = 10
"""Narrow neighbours that are looked up as one range: they are many, and little lies between them."""

R = TypeVar("R", bound=tuple[Any, ...])


def advance(cursor: Cursor, rows: Iterable[R], now: int) -> tuple[Cursor, list[R]]:
    """Takes rows of a log.

    Args:
        cursor: how far the log was read.
        rows: tuples that begin with their id, in any order, repetitions allowed. Those above the cursor must
        be
            *all* rows between it and the highest of them that can be seen at one moment.
        now: milliseconds since the epoch; becomes ``since`` of new gaps.

    Returns:
        The cursor with these rows taken, and the fresh rows in ascending order.
    """
    by_id = {row[0]: row for row in rows}
    fresh = [by_id[number] for number in sorted(by_id) if _is_fresh(cursor, number)]
    if not fresh:
        return cursor, []
    taken = [row[0] for row in fresh]
    below = bisect_right(taken, cursor.high)
    gaps = _without(cursor.gaps, taken[:below])
    high = cursor.high
    for number in taken[below:]:
        if number > high + 1:
            gaps.append(Gap(high + 1, number - 1, now))
        high = number
    return Cursor(cursor.source, high, tuple(gaps), cursor.mark if high == cursor.high else ""), fresh


def life(gap: Gap, step: int) -> int:
    """Milliseconds after which a gap may be given up, where the server's ids are ``step`` apart."""
    return NARROW_LIFE if _is_narrow(gap, step) else GAP_LIFE


def expire(
    cursor: Cursor,
    looked_up: Sequence[Gap],
    now: int,
    step: int = 1,
    watched: Mapping[Gap, int] | None = None,
) -> tuple[Cursor, int]:
    """Gives up gaps that are older than a day, and the oldest when there are too many.

    Args:
        cursor: how far the log was read.
        looked_up: only these gaps end by age, so that none ends without a last look (after a long pause).
        now: milliseconds since the epoch. This clock may be set forward, so it does not decide alone (Q7).
        step: the server's distance between ids; gaps narrower than that live shorter.
        watched: for how long gaps were waited for by a clock that nobody sets, in milliseconds; those that
            are missing here stay.

    Returns:
        The cursor, and the number of ids given up.
    """
    waited = watched or {}
    old = {gap for gap in looked_up if min(now - gap.since, waited.get(gap, 0)) >= life(gap, step)}
    left = [gap for gap in cursor.gaps if gap not in old]
    narrow = [gap for gap in left if _is_narrow(gap, step)]
    wide = [gap for gap in left if not _is_narrow(gap, step)]
    kept = sorted([*_bounded(narrow, now), *_youngest(wide, MOST_GAPS)])
    if len(kept) == len(cursor.gaps):
        return cursor, 0
    given_up = _width(cursor.gaps) - _width(kept)
    return replace(cursor, gaps=tuple(kept)), given_up


def runs(gaps: Iterable[Gap], step: int) -> list[tuple[Gap, ...]]:
    """Gaps by the ranges that they are looked up in: narrow neighbours share one, up to ``RUN`` of them."""
    found: list[list[Gap]] = []
    for gap in gaps:
        last = found[-1] if found else []
        if last and len(last) < RUN and _are_neighbours(last[-1], gap, step):
            last.append(gap)
        else:
            found.append([gap])
    return [tuple(run) for run in found]


def choose(ranges: Sequence[R], turn: int, most: int) -> list[R]:
    """What to look up now: the newest half, since they fill most often, and in turns some of the rest.

    Args:
        ranges: all of a cursor's, in order.
        turn: a number that grows with each look-up.
        most: how many ranges a look-up may have.
    """
    if len(ranges) <= most:
        return list(ranges)
    newest = most // 2
    rest, share = ranges[:-newest], most - newest
    start = turn * share % len(rest)
    return sorted({*[*rest[start:], *rest[:start]][:share], *ranges[-newest:]})


def _is_fresh(cursor: Cursor, number: int) -> bool:
    if number > cursor.high:
        return True
    place = bisect_right(cursor.gaps, number, key=lambda gap: gap.first) - 1
    return place >= 0 and number <= cursor.gaps[place].last


def _without(gaps: Iterable[Gap], taken: Sequence[int]) -> list[Gap]:
    """The gaps without the ids taken (ascending), split where one was in the middle."""
    left: list[Gap] = []
    place = 0
    for gap in gaps:
        first = gap.first
        while place < len(taken) and taken[place] <= gap.last:
            if first < taken[place]:
                left.append(Gap(first, taken[place] - 1, gap.since))
            first = taken[place] + 1
            place += 1
        if first <= gap.last:
            left.append(Gap(first, gap.last, gap.since))
    return left


def _is_narrow(gap: Gap, step: int) -> bool:
    return _width([gap]) < step


def _are_neighbours(one: Gap, other: Gap, step: int) -> bool:
    """Whether no more than one row lies between two narrow gaps."""
    return _is_narrow(one, step) and _is_narrow(other, step) and other.first - one.last <= 2


def _bounded(narrow: list[Gap], now: int) -> list[Gap]:
    """The youngest narrow gaps; who has not been there for long was not looked up often enough to go."""
    young = [gap for gap in narrow if 0 <= now - gap.since < NARROW_SURE]
    return _youngest(narrow, max(MOST_NARROW, min(len(young), MOST_YOUNG)))


def _youngest(gaps: list[Gap], most: int) -> list[Gap]:
    return sorted(gaps, key=lambda gap: (gap.since, gap.first))[-most:] if len(gaps) > most else gaps


def _width(gaps: Iterable[Gap]) -> int:
    return sum(gap.last - gap.first + 1 for gap in gaps)
