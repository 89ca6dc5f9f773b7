"""The document says what the server does: same routes, and answers that fit it."""

import re
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest
from pydantic import TypeAdapter

from synqd.config import ControlSettings
from synqd.control import Caller, ControlServer, schema
from synqd.control.openapi import document
from synqd.control.routes import ROUTES, Route
from tests.support.operations import Desk

BODIES: dict[str, dict[str, object]] = {
    "submitJob": {"kind": "full"},
    "dryRun": {"kind": "full"},
    "retryDeadLetters": {"ids": [1]},
    "discardDeadLetters": {"all": True},
    "forgetPerson": {"email": "ann@x.example"},
    "readmitPerson": {"customer_id": 1},
}


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == "$ref":
                yield inner
            else:
                yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def test_fields_are_described_wherever_they_stand() -> None:
    described = document()
    schemas = described["components"]["schemas"]
    assert schemas["JobView"]["properties"]["origin"]["description"] == "Who asked for it."
    asked = described["paths"]["/v1/jobs"]["get"]["parameters"]
    unfinished = next(one for one in asked if one["name"] == "unfinished")
    assert unfinished["schema"]["description"] == "Only jobs that have not ended."


async def test_the_document_is_served(client: aiohttp.ClientSession) -> None:
    assert await (await client.get("/v1/openapi.json")).json() == document()


def test_every_route_is_in_the_document_and_the_other_way_round(desk: Desk) -> None:
    router = ControlServer(desk, ControlSettings())._application().router
    served = {
        (route.method, route.resource.canonical)
        for route in router.routes()
        if route.resource and route.method != "HEAD"
    }
    paths = document()["paths"]
    described = {(method.upper(), path) for path, verbs in paths.items() for method in verbs}
    assert served - described == {("GET", "/v1/openapi.json")}
    assert described <= served


def test_every_operation_of_the_protocol_has_a_route() -> None:
    offered = {
        re.sub(r"(?<!^)(?=[A-Z])", "_", route.name).lower().replace("list_", "").replace("show_", "")
        for route in ROUTES
    }
    renamed = {
        "submit_job": "submit_full",
        "dry_run": "dry_full",
        "retry_dead_letters": "retry_dead",
        "discard_dead_letters": "discard_dead",
        "last_verification": "last_verification",
    }
    verbs = {name for name in vars(Desk) if not name.startswith("_") and name not in {"add_job", "set_job"}}
    assert {renamed.get(name, name) for name in offered} | {"submit_batch", "dry_batch"} == verbs


def test_references_lead_somewhere_and_names_are_unique() -> None:
    described = document()
    for reference in references(described):
        found = described
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]
    names = [verb["operationId"] for verbs in described["paths"].values() for verb in verbs.values()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
async def test_answers_are_what_the_document_says(
    client: aiohttp.ClientSession, desk: Desk, route: Route
) -> None:
    desk.add_job("full")
    await desk.submit_verification(schema.VerifyRequest(), Caller(0, 0, 0))
    answer = await client.request(
        route.method,
        route.path.replace("{id}", "1"),
        json=BODIES.get(route.name) or ({} if route.body else None),
    )
    text = await answer.text()
    assert answer.status == 200, text
    assert TypeAdapter(route.answer).validate_json(text).model_dump_json() == text
    reference = document()["paths"][route.path][route.method.lower()]["responses"]["200"]
    assert reference["content"]["application/json"]["schema"]["$ref"].endswith(f"/{route.answer.__name__}")
