"""The torture works at a tiny size, and its account tells what was broken."""

from pathlib import Path

from benchmarks.torture import child
from benchmarks.torture.account import Account


async def test_a_few_kills_lose_nothing_and_are_accounted_for(tmp_path: Path) -> None:
    account = await child.torture(tmp_path, 3, 1, lambda _line: None)
    assert account.kills == 3
    assert account.recoveries
    assert account.fine
    assert account.repeated <= account.unrecorded


def test_what_is_lost_stale_or_repeated_without_a_reason_is_a_failure() -> None:
    assert Account(kills=1, repeated=2, unrecorded=3).fine
    for broken in (Account(lost=1), Account(stale=1), Account(unexplained=1)):
        assert not broken.fine
    both = Account(kills=1, recoveries=[0.1]) + Account(kills=2, lost=1, recoveries=[0.3])
    assert both.line().startswith("kills 3, faults 0 (after apply 0), lost 1")
    assert both.line().endswith("recovery 0.20 s, worst 0.30 s")
