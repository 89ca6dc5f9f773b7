"""From the names that people know (numbers of orders, e-mails) to ids."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from synqd.entities.base import Source


async def read_named(
    source: Source,
    table: str,
    key: str,
    name: str,
    names: Sequence[str],
    *,
    alike: Callable[[str], str],
) -> Mapping[str, Sequence[int]]:
    """Ids by name. What the database's collation takes for equal are candidates only.

    Args:
        source: where to read.
        table: the table, without prefix.
        key: its column of ids.
        name: its column of names, which has an index.
        names: the names to look for.
        alike: names are one if this makes the same text of them: ``folded`` for addresses (S33), ``str``
            where every sign counts.
    """
    if not names:
        return {}
    rows = await source.fetch(f"SELECT {name}, {key} FROM {{{table}}} WHERE {name} IN %s", (list(names),))
    spelled: dict[str, list[str]] = defaultdict(list)
    for one in dict.fromkeys(names):
        spelled[alike(one)].append(one)
    found: dict[str, list[int]] = defaultdict(list)
    for text, entity_id in rows:
        for one in spelled.get(alike(str(text)), ()):
            found[one].append(entity_id)
    return dict(found)
