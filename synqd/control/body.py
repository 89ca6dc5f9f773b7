"""Bodies of requests: small JSON documents, and lists that stream in as lines."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import TypeVar

from aiohttp import StreamReader, web
from pydantic import BaseModel, TypeAdapter, ValidationError

from synqd.control.faults import invalid
from synqd.control.schema import BatchHeader, By, EntityId, Text
from synqd.models.errors import Invalid

MAX_BODY = 1024 * 1024
"""Bytes of a JSON body."""
MAX_LINE = 4096
"""Bytes of one line; the longest key (an e-mail, a SKU) is far shorter."""
PAGE = 1000
"""Keys that are handed on at a time."""
STALL = 30.0
"""Seconds that a stream may pause."""
NDJSON = "application/x-ndjson"

_ID: TypeAdapter[int] = TypeAdapter(EntityId)
_KEY: TypeAdapter[str] = TypeAdapter(Text)
R = TypeVar("R", bound=BaseModel)


async def read_document(request: web.Request, model: TypeAdapter[R]) -> R:
    """The whole body as one JSON document.

    Raises:
        Invalid: it is not JSON, or not what the model says.
    """
    try:
        async with asyncio.timeout(STALL):
            body = await request.read()
    except TimeoutError as error:
        raise Invalid(f"the body did not come within {STALL:g} seconds") from error
    try:
        return model.validate_json(body or b"{}")
    except ValidationError as error:
        raise invalid(error) from error


async def read_batch(
    content: StreamReader,
) -> tuple[BatchHeader, AsyncIterator[Sequence[int] | Sequence[str]]]:
    """A streamed batch: its first line, and an iterator of pages over the others.

    The iterator raises Invalid for a wrong line and a connection's error when the caller goes away.
    """
    lines = _lines(content)
    try:
        _, first = await anext(lines)
        header = BatchHeader.model_validate_json(first)
    except StopAsyncIteration as error:
        raise Invalid("the first line has to say what is to be sent") from error
    except ValidationError as error:
        raise invalid(error) from error
    return header, _pages(lines, header.by)


async def paged(keys: Sequence[int] | Sequence[str]) -> AsyncIterator[Sequence[int] | Sequence[str]]:
    """A list that is there already, in pages like a streamed one."""
    for start in range(0, len(keys), PAGE):
        yield keys[start : start + PAGE]


async def _pages(
    lines: AsyncIterator[tuple[int, bytes]], by: By
) -> AsyncIterator[Sequence[int] | Sequence[str]]:
    parse = _ID.validate_json if by == "ids" else _KEY.validate_json
    page: list[int | str] = []
    async for number, line in lines:
        try:
            page.append(parse(line))
        except ValidationError as error:
            fault = invalid(error)
            raise Invalid(f"line {number}: {fault}", field=f"line {number}") from error
        if len(page) == PAGE:
            yield page  # type: ignore[misc]  # all of one kind, as ``parse`` is
            page = []
    if page:
        yield page  # type: ignore[misc]  # likewise


async def _lines(content: StreamReader) -> AsyncIterator[tuple[int, bytes]]:
    """Lines that are not blank, with their numbers; holds one network read at a time."""
    rest, number = b"", 0
    while data := await _read(content):
        *whole, rest = (rest + data).split(b"\n")
        for line in whole:
            number += 1
            if line.strip():
                yield number, line
        if len(rest) > MAX_LINE:
            raise Invalid(f"line {number + 1}: is longer than {MAX_LINE} bytes", field=f"line {number + 1}")
    if rest.strip():
        yield number + 1, rest


async def _read(content: StreamReader) -> bytes:
    try:
        async with asyncio.timeout(STALL):
            return await content.readany()
    except TimeoutError as error:
        raise Invalid(f"nothing came for {STALL:g} seconds; nothing was changed") from error
