"""What an answer of Synerise says stays between the daemon and its operators (S34)."""

import asyncio
import json
import sqlite3
from contextlib import closing

import aiohttp

from synqd.config import load_settings
from synqd_demo.command import free_port
from synqd_demo.fake_synerise import FakeSynerise
from tests.daemon.conftest import MakeHouse
from tests.daemon.test_continuous import change_each_model
from tests.support.control import Control
from tests.support.database import Database
from tests.support.house import House
from tests.synerise.helpers import raw_server, read_request

SOMEBODY = "ann@leak.example"
PATHS = {
    b"/v4/clients": (403, "Forbidden"),
    b"/v4/transactions": (400, "Bad Request"),
    b"/catalogs": (302, "Found"),
    b"/uauth/api-key": (403, "Forbidden"),
    b"/": (302, "Found"),
}


async def telling(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """An API that names a person in whatever it says but tokens; a redirect leads to that person."""
    while request := await read_request(reader):
        path = request.split(b" ")[1]
        status, reason = next(
            (told for start, told in PATHS.items() if path.startswith(start)), (302, "Found")
        )
        said = {"message": f"profile {SOMEBODY} (Ann)", "errors": [{"field": SOMEBODY, "message": SOMEBODY}]}
        body, where = json.dumps(said).encode(), f"Location: http://p/{SOMEBODY}\r\n"
        if b"/login/" in path:
            status, reason, body, where = 200, "OK", b'{"token":"abc"}', ""
        head = f"HTTP/1.1 {status} {reason}\r\n{where}Content-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()


async def unready(listen: str) -> list[str]:
    """All pages of the exporter, as soon as one of them says that the workspace cannot be used."""
    async with aiohttp.ClientSession(f"http://{listen}") as session, asyncio.timeout(30):
        while "synerise first" not in (ready := await (await session.get("/readyz")).text()):
            await asyncio.sleep(0.1)
        return [ready, *[await (await session.get(page)).text() for page in ("/healthz", "/metrics", "/")]]


def saved_breakers(house: House) -> list[str]:
    with closing(sqlite3.connect(house.home / "state" / "queue.db")) as db:
        return [state for (state,) in db.execute("SELECT state FROM breakers")]


async def test_nobody_but_operators_reads_what_an_answer_says(
    make_house: MakeHouse, magento_copy: Database, fake: FakeSynerise
) -> None:
    async with raw_server(telling) as url, make_house(magento_copy, websites=("base", "b2b")) as house:
        key = f'api_key_file = "{house.home}/first.key"'
        hostile = (f'base_url = "{fake.url}"\n{key}', f'base_url = "{url}"\n{key}')
        port = ('listen = "off"', f'listen = "127.0.0.1:{free_port()}"')
        house.configure(hostile, port)
        control = Control(house.home / "control.sock")
        async with house.daemon:
            await change_each_model(magento_copy)
            await control.until("/v1/status", lambda one: len(one["breakers"]) >= 2)
            found = await control.until("/v1/dead-letters", lambda one: one["dead_letters"])
            letter = str(found["dead_letters"][0]["id"])
            seen = await unready(load_settings(house.config).metrics.listen)
            house.configure(hostile, port, (key, f"{key}\ntimeout = 7"))
            refused = await house.failing("reload")
            operators = [
                json.dumps(await control.get(path))
                for path in ("/v1/status", "/v1/log", "/v1/dead-letters", f"/v1/dead-letters/{letter}")
            ]
        seen += [house.daemon.log.read_text(), *saved_breakers(house)]
    assert [text for text in seen if SOMEBODY in text] == []
    assert "HTTP 302; redirects are not followed: check base_url" in seen[0]
    assert [text for text in [*operators, refused.err] if SOMEBODY not in text] == []
