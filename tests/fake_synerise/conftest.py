from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import aiohttp
import pytest

from synqd_demo.fake_synerise import FakeSynerise, Settings
from tests.fake_synerise.api import Api

Connect = Callable[[Settings], Awaitable[Api]]


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """Start a fake with the settings and log in with its first key."""
    async with AsyncExitStack() as stack:

        async def start(settings: Settings) -> Api:
            fake = await stack.enter_async_context(FakeSynerise(settings))
            api = Api(fake, await stack.enter_async_context(aiohttp.ClientSession()))
            await api.login()
            return api

        yield start


@pytest.fixture
async def api(connect: Connect) -> Api:
    return await connect(Settings())


@pytest.fixture
def fake(api: Api) -> FakeSynerise:
    return api.fake
