"""From the names that people know (numbers of orders, e-mails) to ids."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from synqd.entities.base import Source


async def read_named(
    source: Source, table: str, key: str, name: str, names: Sequence[str]
) -> Mapping[str, Sequence[int]]:
    """Ids by name; matched as the database's collation does, so letter case may differ.

    Args:
        source: where to read.
        table: the table, without prefix.
        key: its column of ids.
        name: its column of names, which has an index.
        names: the names to look for.
    """
    if not names:
        return {}
    rows = await source.fetch(f"SELECT {name}, {key} FROM {{{table}}} WHERE {name} IN %s", (list(names),))
    spelled: dict[str, list[str]] = defaultdict(list)
    for one in dict.fromkeys(names):
        spelled[one.strip().casefold()].append(one)
    found: dict[str, list[int]] = defaultdict(list)
    for text, entity_id in rows:
        for one in spelled.get(str(text).strip().casefold(), ()):
            found[one].append(entity_id)
    return dict(found)
