"""Reading back what Synerise has stored."""

from collections.abc import Sequence

from synqd.models.wire import Endpoint, Parcel
from synqd.movers.verifier.compare import Verdict, differing
from synqd.synerise import Absent, Found, Reading, Unreadable, Workspace


def sampled(before: int, count: int, total: int, wanted: int) -> list[int]:
    """Which of the next ``count`` items are read back, so that ``wanted`` of ``total`` are spread evenly.

    ``before`` is how many items were looked at already.
    """
    if not wanted:
        return []
    stride = max(1, total // wanted)
    return [index for index in range(count) if (before + index) % stride == 0]


async def read_back(workspace: Workspace, parcel: Parcel) -> tuple[Verdict, str]:
    """Compares one item with what Synerise has.

    Returns:
        CORRECT, ABSENT, DIFFERENT or UNREADABLE, and the details for people.

    Raises:
        Denied, SyneriseUnavailable: no usable answer.
    """
    item = next((one for one in reversed(parcel.items) if not one.tombstone), None)
    if item is None:
        return Verdict.UNREADABLE, "only its removal would be sent"
    reading: Reading = Unreadable("transactions cannot be read back")
    if item.endpoint is Endpoint.CATALOG and item.catalog is not None:
        reading = await workspace.read_item(item.catalog, item.key)
    elif item.endpoint is Endpoint.CLIENTS:
        reading = await workspace.read_profile(item.key)
    match reading:
        case Absent():
            return Verdict.ABSENT, ""
        case Unreadable(detail=detail):
            return Verdict.UNREADABLE, detail
        case Found(body=stored):
            names = differing(item, stored)
            return (Verdict.DIFFERENT, _shown(names)) if names else (Verdict.CORRECT, "")


def _shown(names: Sequence[str]) -> str:
    return ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")
