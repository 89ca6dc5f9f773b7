import pytest

from synqd.models.change import Installation
from synqd.models.names import Model
from synqd.queue import BreakerState, Hold
from tests.queue.conftest import START, File

NOW = round(START * 1000)


async def test_pauses_outlive_the_process_and_are_lifted_exactly_or_all_at_once(file: File) -> None:
    async with file.open() as queue:
        await queue.holds.put(None, Model.PRODUCT, "uid 1000")
        await queue.holds.put("main", None, "uid 0")
        assert await queue.holds.lift("main", None)
        assert not await queue.holds.lift("main", None)
        assert not await queue.holds.lift("main", Model.PRODUCT), "another pause covers it"
    async with file.open() as queue:
        assert await queue.holds.all() == [Hold(None, Model.PRODUCT, NOW, "uid 1000")]
        await queue.holds.put("main", Model.ORDER, "uid 0")
        assert await queue.holds.lift(None, None)
        assert await queue.holds.all() == []


async def test_breakers_outlive_the_process(file: File) -> None:
    async with file.open() as queue:
        await queue.facts.save_breaker("main:catalog", '{"open": false}')
        await queue.facts.save_breaker("main:catalog", '{"open": true}')
    async with file.open() as queue:
        assert await queue.facts.breakers() == {"main:catalog": BreakerState('{"open": true}', NOW)}


async def test_a_file_knows_whose_it_is(file: File) -> None:
    async with file.open() as queue:
        assert await queue.facts.installation() is None
        await queue.facts.adopt(Installation("shop-1", 4))
    async with file.open() as queue:
        assert await queue.facts.installation() == Installation("shop-1", 4)


@pytest.mark.parametrize("name", ["fact", "with space"])
async def test_facts_are_kept(file: File, name: str) -> None:
    async with file.open() as queue:
        assert await queue.facts.meta(name) is None
        await queue.facts.set_meta(name, "1")
        await queue.facts.set_meta(name, "2")
        assert await queue.facts.meta(name) == "2"
