"""How many items per second the fake can take alone, so that a benchmark can show it is not the bottleneck.

The load comes from a child process, see `load`.
"""

import asyncio
import dataclasses
import sys
from typing import Any

import orjson

from synqd_demo.fake_synerise import load
from synqd_demo.fake_synerise.fake import FakeSynerise
from synqd_demo.fake_synerise.settings import Settings

_MODES = ("full", "cheap", "none")
_BATCH = 500


async def measure(settings: Settings, seconds: float) -> list[str]:
    """Give one line per validation and kind of data: items and requests per second, for `seconds` each."""
    lines: list[str] = []
    for mode in _MODES:
        quiet = dataclasses.replace(settings, validation=mode, keep_bodies=False)
        async with FakeSynerise(quiet) as fake:
            fake.create_catalog("measure")
            for path, kind in _PATHS.items():
                requests = await _load(fake, path, _body(kind), seconds)
                rate = requests / seconds
                lines.append(f"{mode:5} {kind:12} {rate * _BATCH:10.0f} items/s {rate:8.0f} requests/s")
    return lines


_PATHS = {
    "/v4/clients/batch": "clients",
    "/v4/transactions/batch": "transactions",
    "/catalogs/bags/1000/items/batch": "items",
}


async def _load(fake: FakeSynerise, path: str, body: bytes, seconds: float) -> int:
    """Let a child process load the fake; give the number of answers it got."""
    token = fake.world.keyring.issue(next(iter(fake.world.keyring.keys.values())))
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nApi-Version: 4.4\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        load.__file__,
        str(fake.port),
        str(seconds),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await child.communicate(head.encode() + body)
    return int(output)


def _body(kind: str) -> bytes:
    make = {"clients": _profile, "transactions": _transaction, "items": _item}[kind]
    return orjson.dumps([make(number) for number in range(_BATCH)])


def _profile(number: int) -> dict[str, Any]:
    return {
        "email": f"person.{number}@example.test",
        "customId": str(number),
        "firstName": "Anna",
        "lastName": f"Nowak-{number}",
        "city": "Kraków",
        "zipCode": "30-001",
        "countryCode": "PL",
        "phone": "+48 600 700 800",
        "birthDate": "1990-05-06",
        "sex": "FEMALE",
        "agreements": {"email": True, "sms": False},
        "attributes": {"group_id": 1, "store_id": 2, "created_in": "Main store", "visits": number},
    }


def _transaction(number: int) -> dict[str, Any]:
    money = {"amount": 49.2, "currency": "PLN"}
    return {
        "client": {"email": f"person.{number}@example.test", "customId": str(number)},
        "orderId": f"{number:09}",
        "eventSalt": f"m2-1-{number:09}",
        "recordedAt": "2024-05-01T10:11:12.000Z",
        "source": "WEB_DESKTOP",
        "paymentInfo": {"method": "checkmo"},
        "revenue": money,
        "value": money,
        "products": [
            {"sku": f"24-MB0{place}", "name": "Bag", "quantity": 1, "finalUnitPrice": money}
            for place in range(3)
        ],
        "metadata": {"orderStatus": "complete", "storeId": 1},
    }


def _item(number: int) -> dict[str, Any]:
    value = {
        "itemId": f"sku-{number}",
        "deleted": 0,
        "title": f"A bag of the kind {number}",
        "price": 49.2,
        "productUrl": f"https://shop.example/bag-{number}.html",
        "image": f"https://shop.example/media/bag-{number}.jpg",
        "category": "Gear > Bags",
        "additionalCategories": ["Sale", "New > Bags"],
        "is_salable": 1,
        "description": "A bag for every day. " * 10,
    }
    return {"itemKey": f"sku-{number}", "value": value}
