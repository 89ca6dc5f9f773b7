"""Keys and tokens show nowhere: not in reprs, errors, outcomes or logs."""

from __future__ import annotations

import asyncio
import base64
import logging
import traceback
from typing import Any

import pytest

from synqd.config import Secret
from synqd.models.wire import Endpoint
from synqd.synerise import Delivery, Workspace
from synqd.synerise.auth import Credential
from synqd.synerise.transport import Request
from synqd_demo.fake_synerise import DEMO_GUID
from tests.synerise.helpers import Script, clients, opened, products, raw_server, read_request

KEY = "0b9f2a70-very-secret-key"
TOKEN = "to-ken.very-secret.tok_en"
PAIR = base64.b64encode(f"{DEMO_GUID}:{KEY}".encode()).decode()
SECRETS = (KEY, TOKEN, PAIR)


def echoing(status: int, *, login: bool) -> Script:
    """Answers with all that it was sent, headers included."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while request := await read_request(reader):
            if b"/login/" in request and login:
                body, code = b'{"token":"%b"}' % TOKEN.encode(), 200
            else:
                body, code = request, status
            writer.write(b"HTTP/1.1 %d Hm\r\nContent-Length: %d\r\n\r\n%b" % (code, len(body), body))

    return script


async def everything(workspace: Workspace) -> list[Any]:
    delivery = Delivery(workspace)
    shown: list[Any] = [workspace, delivery, workspace.__dict__, delivery.__dict__]
    shown += [await delivery.deliver(items) for items in (clients(1), clients(2), products(1))]
    for call in (workspace.check([Endpoint.CLIENTS]), workspace.read_profile("a@b.example")):
        try:
            shown.append(await call)
        except Exception as error:  # noqa: BLE001 -- whatever it is, it may not show a secret
            shown += [error, error.args, error.__dict__, "".join(traceback.format_exception(error))]
    return shown


@pytest.mark.parametrize("auth", ["jwt", "basic"])
@pytest.mark.parametrize("login", [True, False])
@pytest.mark.parametrize("status", [207, 302, 400, 401, 403, 404, 415, 429, 500])
async def test_what_the_server_echoes_is_blotted_out(
    caplog: pytest.LogCaptureFixture, status: int, auth: str, *, login: bool
) -> None:
    caplog.set_level(logging.DEBUG)
    script = echoing(status, login=login)
    async with raw_server(script) as url, opened(url, key=KEY, auth=auth) as workspace:
        shown = await everything(workspace)
    text = "\n".join([*map(repr, shown), *map(str, shown), caplog.text])
    assert not [secret for secret in SECRETS if secret in text]


async def test_the_echo_is_kept_apart_from_that() -> None:
    async with raw_server(echoing(400, login=True)) as url, opened(url, key=KEY) as workspace:
        report = await Delivery(workspace).deliver(clients(1))
    answer = getattr(report.outcomes[0], "answer", "")
    assert "Authorization: Bearer ***" in answer
    assert "anna0@example.com" in answer


async def test_a_broken_login_shows_nothing(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    async def script(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await read_request(reader)

    async with raw_server(script) as url, opened(url, key=KEY) as workspace:
        shown = await everything(workspace)
    text = "\n".join([*map(repr, shown), *map(str, shown), caplog.text])
    assert not [secret for secret in SECRETS if secret in text]


def test_requests_and_credentials_do_not_show_what_they_carry() -> None:
    credential = Credential(Secret(f"Bearer {TOKEN}"))
    request = Request("login", "POST", "/", KEY.encode(), credential.header)
    assert not [secret for secret in SECRETS if secret in f"{credential!r} {request!r} {request}"]
