import pytest

from synqd.models.change import Installation
from synqd.queue import BreakerState, Flag
from tests.queue.conftest import START, File

NOW = round(START * 1000)


async def test_flags_outlive_the_process(file: File) -> None:
    async with file.open() as queue:
        await queue.facts.set_flag("pause.product", "on", "uid 1000")
        await queue.facts.set_flag("pause.order", "on", "uid 0")
        assert await queue.facts.clear_flag("pause.order")
        assert not await queue.facts.clear_flag("pause.order")
    async with file.open() as queue:
        assert await queue.facts.flags() == {"pause.product": Flag("pause.product", "on", NOW, "uid 1000")}


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
