"""Which streams get the free places of a workspace. Pure: it takes the state and returns a decision."""

from collections import Counter, deque
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from synqd.models.item import Ready
from synqd.models.names import Lane, Model

SHARE = 4
"""At most this many chunks, or slots, in a row go to a higher lane while a lower one waits."""


@dataclass
class Turns:
    """One workspace's memory of its share for lower lanes.

    Attributes:
        passed_over: chunks in a row that went to the highest lane although a lower one waited.
        shares: chunks that lower lanes got as their share; they take turns.
    """

    passed_over: int = 0
    shares: int = 0


@dataclass(frozen=True, slots=True)
class Capacity:
    """Free places of one workspace (none, below 0): ``free`` in all, of which lower lanes may take ``lower``.

    So a full synchronization never makes a live change wait for one of its requests to end. ``models`` says
    how many each model may take, where that is less: one that is in trouble leaves room for the others. The
    last of them is for a live change.
    """

    free: int
    lower: int
    models: Mapping[Model, int] = field(default_factory=dict)


def choose(
    ready: Iterable[Ready],
    now: int,
    workspace_of: Mapping[int, str],
    places: Mapping[str, Capacity],
    turns: Mapping[str, Turns],
    blocked: Collection[tuple[str, str]] = (),
) -> list[Ready]:
    """Picks one chunk's stream and lane per free place, best first.

    Live outranks batch outranks full, with a share for the lower lanes; inside a lane the streams take turns,
    the one that has waited longest first. A stream may be picked several times: it fills several places.

    Args:
        ready: what could be leased, with its due time.
        now: the present, in milliseconds since the epoch.
        workspace_of: store view id -> workspace.
        places: workspace -> free places.
        turns: workspace -> memory of the share; it is updated.
        blocked: (workspace, model) that must not be leased now.
    """
    picks: list[Ready] = []
    for workspace, free in places.items():
        candidates = [
            entry
            for entry in ready
            if entry.due_at <= now
            and workspace_of.get(entry.stream.store_id) == workspace
            and (workspace, entry.stream.model) not in blocked
        ]
        picks += _fill(candidates, free, turns[workspace])
    return picks


def _fill(candidates: list[Ready], places: Capacity, turns: Turns) -> list[Ready]:
    waiting = {
        lane: deque(sorted(group, key=lambda entry: entry.due_at)) for lane, group in _by_lane(candidates)
    }
    room = Counter({model: places.models.get(model, places.free + 1) for model in Model})
    lower = places.lower
    picks: list[Ready] = []
    while len(picks) < places.free:
        lanes = _with_room(waiting, room, lower)
        if not lanes:
            break
        lane = _next_lane(sorted(lanes), turns)
        entry = next(one for one in waiting[lane] if room[one.stream.model] > _kept(lane))
        waiting[lane].remove(entry)
        if lane is not Lane.LIVE:
            waiting[lane].append(entry)
            lower -= 1
        room[entry.stream.model] -= 1
        picks.append(entry)
    return picks


def _with_room(waiting: Mapping[Lane, deque[Ready]], room: Mapping[Model, int], lower: int) -> list[Lane]:
    """Lanes that have something to take and may take it."""
    return [
        lane
        for lane, entries in waiting.items()
        if (lane is Lane.LIVE or lower > 0)
        and any(room[entry.stream.model] > _kept(lane) for entry in entries)
    ]


def _kept(lane: Lane) -> int:
    """Places of a model that a lane leaves to live changes."""
    return 0 if lane is Lane.LIVE else 1


def _next_lane(lanes: list[Lane], turns: Turns) -> Lane:
    if len(lanes) == 1:
        turns.passed_over = 0
        return lanes[0]
    if turns.passed_over >= SHARE:
        turns.passed_over = 0
        turns.shares += 1
        lower = lanes[1:]
        return lower[turns.shares % len(lower)]
    turns.passed_over += 1
    return lanes[0]


def _by_lane(candidates: Iterable[Ready]) -> Iterable[tuple[Lane, list[Ready]]]:
    groups: dict[Lane, list[Ready]] = {}
    for entry in candidates:
        groups.setdefault(entry.lane, []).append(entry)
    return groups.items()
