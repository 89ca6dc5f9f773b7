"""Tells somebody outside what happened: one POST a message, bounded, retried, and in nobody's way.

Whoever has something to say puts it on a list and goes on. The list is short: where the other side is away
for long, the oldest messages go, counted, and never the work. Redirects are not followed, TLS is verified
(S19).

A message is signed: ``X-Synqd-Signature: sha256=<hex>`` is HMAC-SHA-256 of ``<X-Synqd-Timestamp>.<body>``
with the shared secret, so that the other side knows who says it, and that it is not an old one.
"""

import asyncio
import hashlib
import hmac
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import aiohttp
import orjson

from synqd import __version__
from synqd.pacing.backoff import Backoff
from synqd.runtime.clock import Clock, utc
from synqd.runtime.logs import get_logger

MOST = 100
"""Messages that wait; the oldest go first."""
TRIES = 6
TIMEOUT = 10.0
PAUSES = Backoff(base=2.0, cap=120.0)
LASTING = frozenset({400, 401, 403, 404, 405, 410, 413, 415, 422})
"""Answers that say that another try would fare the same."""

Form = Literal["json", "slack", "teams"]

log = get_logger("notify")


@dataclass(frozen=True, slots=True)
class Message:
    """Something that happened.

    Attributes:
        event: a stable word: "dead-letters", "key-refused", "capture-damaged", "job-ended".
        text: one sentence for people; of personal data at most keys.
        facts: the same for programs.
    """

    event: str
    text: str
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Target:
    """Where to; ``secret`` signs if it is not empty; ``name`` says which shop speaks."""

    url: str
    form: Form = "json"
    secret: str = ""
    name: str = "synqd"

    def __repr__(self) -> str:
        return f"Target({self.form})"  # an address of Slack's or Teams' is a secret itself


class Webhook:
    """Sends messages one after the other; ``offer`` never waits."""

    def __init__(self, target: Target, clock: Clock, chance: Callable[[], float] = lambda: 0.5) -> None:
        """Args: target: where to; clock: time; chance: spreads the pauses."""
        self._target = target
        self._clock = clock
        self._chance = chance
        self._waiting: deque[Message] = deque(maxlen=MOST)
        self._some = asyncio.Event()
        self.dropped = 0
        """Messages that were never told: too many waited, or the other side did not take them."""

    def offer(self, message: Message) -> None:
        """Puts a message on the list."""
        if len(self._waiting) == MOST:
            self._drop("too many wait")
        self._waiting.append(message)
        self._some.set()

    async def run(self) -> None:
        """Sends what is on the list, until it is cancelled."""
        timeout = aiohttp.ClientTimeout(total=TIMEOUT)
        async with aiohttp.ClientSession(timeout=timeout, trust_env=False) as session:
            while True:
                await self._some.wait()
                while self._waiting:
                    await self._send(session, self._waiting.popleft())
                self._some.clear()

    async def _send(self, session: aiohttp.ClientSession, message: Message) -> None:
        for failures in range(1, TRIES + 1):
            reason = await self._try(session, message)
            if reason is None:
                return
            if reason.lasting or failures == TRIES:
                self._drop(reason.text)
                return
            await self._clock.sleep(PAUSES.delay(failures, self._chance()))

    async def _try(self, session: aiohttp.ClientSession, message: Message) -> "_Refusal | None":
        """One request; None if it was taken."""
        at = utc(self._clock)
        body = encode(self._target, message, at.isoformat(timespec="seconds"))
        headers = signed(self._target.secret, str(round(at.timestamp())), body)
        try:
            async with session.post(
                self._target.url, data=body, headers=headers, allow_redirects=False
            ) as answer:
                if 200 <= answer.status < 300:
                    return None
                return _Refusal(f"HTTP {answer.status}", answer.status in LASTING)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return _Refusal(type(error).__name__, lasting=False)  # its text may hold the address

    def _drop(self, reason: str) -> None:
        self.dropped += 1
        log.warning("notify.dropped", reason=reason, dropped=self.dropped)


@dataclass(frozen=True, slots=True)
class _Refusal:
    text: str
    lasting: bool


def encode(target: Target, message: Message, at: str) -> bytes:
    """The body of a message in the form that the other side takes."""
    line = f"{target.name}: {message.text}"
    if target.form == "slack":
        return orjson.dumps({"text": _slack(line)})
    if target.form == "teams":
        card = {
            "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
            "type": "AdaptiveCard",
            "version": "1.4",
            "body": [{"type": "TextBlock", "text": line, "wrap": True}],
        }
        attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
        return orjson.dumps({"type": "message", "attachments": [attachment]})
    document = {"event": message.event, "at": at, "shop": target.name, "text": message.text}
    return orjson.dumps({**document, "facts": message.facts, "version": __version__})


def _slack(text: str) -> str:
    """A text in which nothing is a link, a mention or a channel ("Formatting text for app surfaces")."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def signed(secret: str, timestamp: str, body: bytes) -> dict[str, str]:
    """Headers of a message."""
    headers = {"Content-Type": "application/json", "User-Agent": f"synqd/{__version__}"}
    if secret:
        digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
        headers |= {"X-Synqd-Timestamp": timestamp, "X-Synqd-Signature": f"sha256={digest}"}
    return headers
