"""Which streams get the free places: never more than there are, and nobody starves."""

from collections import Counter, defaultdict

from hypothesis import given, settings
from hypothesis import strategies as st

from synqd.models.item import Ready
from synqd.models.names import Lane, Model, Stream
from synqd.movers.drainer.choice import SHARE, Capacity, Turns, choose

WORKSPACES = {1: "a", 2: "a", 3: "b"}
NOW = 1000

entries = st.builds(
    Ready,
    st.builds(Stream, st.sampled_from(list(Model)), st.sampled_from([1, 2, 3, 9])),
    st.sampled_from(list(Lane)),
    st.integers(0, 2 * NOW),
)
places = st.builds(
    Capacity,
    st.integers(-2, 12),
    st.integers(-2, 12),
    st.dictionaries(st.sampled_from(list(Model)), st.integers(-2, 4)),
)


def picked(ready: list[Ready], free: Capacity, turns: Turns | None = None) -> list[Ready]:
    return choose(ready, NOW, {1: "a"}, {"a": free}, defaultdict(Turns, {"a": turns or Turns()}))


def entry(model: Model, lane: Lane, due: int = 0, store: int = 1) -> Ready:
    return Ready(Stream(model, store), lane, due)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(entries, max_size=30, unique_by=lambda one: (one.stream, one.lane)),
    places,
    places,
    st.sets(st.tuples(st.sampled_from(["a", "b"]), st.sampled_from([model.value for model in Model]))),
)
def test_no_pick_breaks_a_bound(
    ready: list[Ready], a: Capacity, b: Capacity, blocked: set[tuple[str, str]]
) -> None:
    picks = choose(ready, NOW, WORKSPACES, {"a": a, "b": b}, defaultdict(Turns), blocked)
    for name, free in (("a", a), ("b", b)):
        mine = [one for one in picks if WORKSPACES[one.stream.store_id] == name]
        models = Counter(one.stream.model for one in mine)
        assert len(mine) <= max(0, free.free)
        assert sum(one.lane is not Lane.LIVE for one in mine) <= max(0, free.lower)
        assert all(models[model] <= max(0, most) for model, most in free.models.items())
        lower = Counter(one.stream.model for one in mine if one.lane is not Lane.LIVE)
        assert all(lower[model] <= max(0, most - 1) for model, most in free.models.items())
        assert not any((name, one.stream.model.value) in blocked for one in mine)
    assert all(one.due_at <= NOW and one.stream.store_id in WORKSPACES for one in picks)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(entries, min_size=1, max_size=20, unique_by=lambda one: (one.stream, one.lane)),
    st.integers(1, 10),
)
def test_no_place_stays_empty_while_something_could_take_it(ready: list[Ready], free: int) -> None:
    due = [one for one in ready if one.due_at <= NOW and one.stream.store_id == 1]
    picks = picked(ready, Capacity(free, free))
    lower = any(one.lane is not Lane.LIVE for one in due)
    assert len(picks) == (free if lower else min(free, len(due)))


@settings(max_examples=100, deadline=None)
@given(
    st.lists(entries, min_size=2, max_size=12, unique_by=lambda one: (one.stream, one.lane)),
    st.integers(1, 4),
)
def test_every_lane_that_waits_is_served_in_the_end(ready: list[Ready], free: int) -> None:
    """All of them have more than can ever be sent, and one place at a time comes free."""
    turns = Turns()
    due = [Ready(one.stream, one.lane, 0) for one in ready if one.stream.store_id == 1]
    served = Counter(
        pick.lane for _ in range(40 * (SHARE + 1)) for pick in picked(due, Capacity(free, 1), turns)
    )
    assert served.keys() == {one.lane for one in due}


def test_live_outranks_batch_outranks_full_with_a_share_for_the_lower() -> None:
    ready = [entry(Model.CUSTOMER, lane) for lane in Lane]
    turns = Turns()
    lanes = [picked(ready, Capacity(1, 1), turns)[0].lane for _ in range(20)]
    assert lanes.count(Lane.LIVE) == 16
    assert [lane for lane in lanes if lane is not Lane.LIVE] == [Lane.FULL, Lane.BATCH] * 2, "in turns"


def test_one_place_is_left_for_live_changes() -> None:
    full = entry(Model.PRODUCT, Lane.FULL)
    assert len(picked([full], Capacity(5, 4))) == 4
    assert picked([full], Capacity(1, 0)) == []
    assert [one.lane for one in picked([full, entry(Model.ORDER, Lane.LIVE)], Capacity(1, 0))] == [Lane.LIVE]


def test_inside_a_lane_the_longest_wait_wins() -> None:
    ready = [entry(Model.ORDER, Lane.LIVE, 5), entry(Model.CUSTOMER, Lane.LIVE, 3)]
    assert [one.due_at for one in picked(ready, Capacity(1, 0))] == [3]


def test_a_model_without_room_leaves_its_places_to_others() -> None:
    ready = [entry(Model.PRODUCT, Lane.FULL), entry(Model.ORDER, Lane.FULL, 9)]
    picks = picked(ready, Capacity(4, 4, {Model.PRODUCT: 2}))
    assert Counter(one.stream.model for one in picks) == {Model.PRODUCT: 1, Model.ORDER: 3}


def test_the_last_place_of_a_model_is_for_a_live_change() -> None:
    ready = [entry(Model.PRODUCT, Lane.FULL), entry(Model.PRODUCT, Lane.LIVE, 9)]
    assert picked(ready[:1], Capacity(4, 4, {Model.PRODUCT: 1})) == []
    assert picked(ready, Capacity(4, 4, {Model.PRODUCT: 1})) == ready[1:]
