"""What a killed process had delivered and not recorded: only that may be sent again."""

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path

from synqd_demo.fake_synerise import FakeSynerise

_NUMBER = re.compile(r"\d+")


async def exposed(file: Path, fake: FakeSynerise, since: int) -> int:
    """Customers that arrived after request ``since`` and are still in the outbox of a killed process.

    Args:
        file: its queue file, which is only read: the write-ahead log stays for the next start to recover.
        fake: where it delivered; profiles are named by entity (``customId``, or a number in the address).
        since: number of the last request that came before the process started.
    """
    await fake.wait(until=lambda: not fake.stats()["open"])
    if not file.exists():
        return 0
    arrived = {
        int(_NUMBER.search(profile.get("customId") or profile["email"])[0])  # type: ignore[index]  # always there
        for request in fake.requests(since=since, path="/v4/clients/batch")
        for profile in json.loads(request.body or b"[]")
    }
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as db:
        waiting = db.execute("SELECT entity_id FROM outbox WHERE model = 'customer'").fetchall()
    return len(arrived & {entity_id for (entity_id,) in waiting})
