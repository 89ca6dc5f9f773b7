"""Messages to somebody outside: signed, bounded, retried, in nobody's way."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from aiohttp import web

from synqd.runtime.clock import SystemClock
from synqd.runtime.webhook import MOST, TRIES, Message, Target, Webhook, encode
from tests.support.clocks import HandClock

MESSAGE = Message("dead-letters", "3 order items <b@x.example> & more", {"items": 3})


@dataclass
class Hook:
    """Somebody who takes messages; ``answers`` are given one after the other, then 200."""

    answers: list[int] = field(default_factory=list)
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)
    url: str = ""
    followed: bool = False

    async def take(self, request: web.Request) -> web.Response:
        self.got.append((dict(request.headers), await request.read()))
        self.came.set()
        status = self.answers.pop(0) if self.answers else 200
        return web.Response(status=status, headers={"Location": "/elsewhere"} if status == 302 else {})

    async def went_on(self, request: web.Request) -> web.Response:
        self.followed = True
        return web.Response()

    async def times(self, number: int) -> None:
        async with asyncio.timeout(20):
            while len(self.got) < number:
                self.came.clear()
                await self.came.wait()


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    made = Hook()
    application = web.Application()
    application.router.add_post("/hook", made.take)
    application.router.add_route("*", "/elsewhere", made.went_on)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    (address,) = runner.addresses
    made.url = f"http://127.0.0.1:{address[1]}/hook"
    yield made
    await runner.cleanup()


class Quick(HandClock):
    """Pauses take no time, and are noted."""

    def __init__(self) -> None:
        super().__init__()
        self.pauses: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        await asyncio.sleep(0)


async def sending(webhook: Webhook, hook: Hook, number: int, dropped: int = 0) -> None:
    task = asyncio.create_task(webhook.run())
    await hook.times(number)
    async with asyncio.timeout(20):
        while webhook.dropped < dropped:
            await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])


async def test_a_message_is_signed_with_its_time(hook: Hook) -> None:
    webhook = Webhook(Target(hook.url, secret="hush", name="my shop"), SystemClock())
    webhook.offer(MESSAGE)
    await sending(webhook, hook, 1)
    ((headers, body),) = hook.got
    said = json.loads(body)
    assert (said["event"], said["shop"], said["facts"]) == ("dead-letters", "my shop", {"items": 3})
    signature = hmac.new(b"hush", f"{headers['X-Synqd-Timestamp']}.".encode() + body, hashlib.sha256)
    assert headers["X-Synqd-Signature"] == f"sha256={signature.hexdigest()}"


async def test_it_is_tried_again_and_given_up_in_the_end(hook: Hook) -> None:
    hook.answers = [503, 429, 200, *[500] * TRIES, 404, 200]
    clock = Quick()
    webhook = Webhook(Target(hook.url), clock)
    for _ in range(3):
        webhook.offer(MESSAGE)
    webhook.offer(MESSAGE)
    await sending(webhook, hook, 3 + TRIES + 1, dropped=2)
    assert webhook.dropped == 2
    assert len(clock.pauses) == 2 + TRIES - 1, "what will not get better is not tried again"
    assert clock.pauses == sorted(clock.pauses[:2]) + sorted(clock.pauses[2:])


async def test_no_redirect_is_followed_and_nothing_is_signed_without_a_secret(hook: Hook) -> None:
    hook.answers = [302] * TRIES
    webhook = Webhook(Target(hook.url), Quick())
    webhook.offer(MESSAGE)
    await sending(webhook, hook, TRIES, dropped=1)
    assert not hook.followed
    assert all("X-Synqd-Signature" not in headers for headers, _ in hook.got)


async def test_nobody_waits_and_the_oldest_go_when_too_many_do() -> None:
    webhook = Webhook(Target("http://127.0.0.1:9/"), SystemClock())
    for number in range(MOST + 5):
        webhook.offer(Message("job-ended", str(number), {}))
    assert webhook.dropped == 5
    assert [message.text for message in webhook._waiting][:1] == ["5"]


def test_slack_and_teams_take_what_they_get() -> None:
    slack = json.loads(encode(Target("", "slack", name="shop"), MESSAGE, ""))
    assert slack == {"text": "shop: 3 order items &lt;b@x.example&gt; &amp; more"}
    teams = json.loads(encode(Target("", "teams", name="shop"), MESSAGE, ""))
    (attachment,) = teams["attachments"]
    assert (teams["type"], attachment["contentType"]) == (
        "message",
        "application/vnd.microsoft.card.adaptive",
    )
    assert attachment["content"]["body"][0]["text"] == f"shop: {MESSAGE.text}"


def test_an_address_is_no_text_for_a_log() -> None:
    assert "hooks.slack.com" not in repr(Target("https://hooks.slack.com/services/T0/B0/secret", "slack"))
