"""Divides items into requests, and requests into halves. Pure; items are named by their index."""

from collections.abc import Iterator, Sequence

MAX_ITEMS = 1000
"""Items that one request may carry. Source: the batch endpoints' description in Synerise's PHP SDK."""

MAX_BYTES = 900_000
"""Bytes of one request's body: the API says 1 MB, and not whether that is 10^6 or 2^20."""

BRACKETS = 2

Part = tuple[int, ...]


def join(bodies: Sequence[bytes]) -> bytes:
    """A JSON array of documents that are encoded already."""
    return b"[" + b",".join(bodies) + b"]"


def fits_alone(size: int) -> bool:
    """Whether an item of that many bytes can be sent at all."""
    return size + BRACKETS <= MAX_BYTES


def pack(part: Sequence[int], sizes: Sequence[int], max_items: int) -> Iterator[Part]:
    """As few requests as possible, in order; every item has to fit alone.

    Args:
        part: indices to divide.
        sizes: bytes of each item, by index.
        max_items: most items in one request.
    """
    empty = BRACKETS - 1  # each item brings a comma, except one
    packed: list[int] = []
    used = empty
    for index in part:
        if packed and (len(packed) >= max_items or used + sizes[index] + 1 > MAX_BYTES):
            yield tuple(packed)
            packed, used = [], empty
        packed.append(index)
        used += sizes[index] + 1
    if packed:
        yield tuple(packed)


def halves(part: Part) -> tuple[Part, ...]:
    """The two halves of a part, the first one first; a single item stays as it is."""
    middle = (len(part) + 1) // 2
    return (part[:middle], part[middle:]) if len(part) > 1 else (part,)
