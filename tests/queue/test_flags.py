import pytest

from synqd.models.change import Installation
from synqd.queue import BreakerState, Flag
from tests.queue.conftest import START, File

NOW = round(START * 1000)


async def test_flags_outlive_the_process(file: File) -> None:
    async with file.open() as queue:
        await queue.set_flag("pause.product", "on", "uid 1000")
        await queue.set_flag("pause.order", "on", "uid 0")
        assert await queue.clear_flag("pause.order")
        assert not await queue.clear_flag("pause.order")
    async with file.open() as queue:
        assert await queue.flags() == {"pause.product": Flag("pause.product", "on", NOW, "uid 1000")}


async def test_breakers_outlive_the_process(file: File) -> None:
    async with file.open() as queue:
        await queue.save_breaker("main:catalog", '{"open": false}')
        await queue.save_breaker("main:catalog", '{"open": true}')
    async with file.open() as queue:
        assert await queue.breakers() == {"main:catalog": BreakerState('{"open": true}', NOW)}


async def test_a_file_knows_whose_it_is(file: File) -> None:
    async with file.open() as queue:
        assert await queue.installation() is None
        await queue.adopt(Installation("shop-1", 4))
    async with file.open() as queue:
        assert await queue.installation() == Installation("shop-1", 4)


@pytest.mark.parametrize("name", ["fact", "with space"])
async def test_facts_are_kept(file: File, name: str) -> None:
    async with file.open() as queue:
        assert await queue.meta(name) is None
        await queue.set_meta(name, "1")
        await queue.set_meta(name, "2")
        assert await queue.meta(name) == "2"
