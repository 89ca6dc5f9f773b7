"""The shop's configuration, of which only what synqd reads may leave the database.

``core_config_data`` holds secrets of other modules beside it, and no right is for some rows of a table. So
``install`` makes a view of the rows that are read, which runs with the rights of the account that triggers
run as. Whoever may read the table reads the table; for everybody else there is the view.
"""

from collections.abc import Sequence

from synqd.entities.base import Row, Source
from synqd.magento.changelog.look import Reads
from synqd.magento.records import Finding, Level
from synqd.magento.translate import ServerError
from synqd.models.errors import Denied
from synqd.models.shop import PATHS

CONFIG = "core_config_data"
VIEW = "synqd_config"

_INSTALL = "run `synqd changelog install`"
# Also within these groups nothing that looks like a secret, neither by the name of its path nor as an
# encrypted value (Magento writes <key number>:<cipher number>:<text>).
_GROUPS = " OR ".join(f"path LIKE '{path}%%'" for path in PATHS)
_WANTED = (
    f"({_GROUPS})"
    " AND path NOT REGEXP 'pass(word|wd|phrase)|secret|token|credential|private|licen[cs]e|username|[/_]key$'"
    " AND COALESCE(value, '') NOT REGEXP '^[0-9]+:[0-9]+:'"
)
_TABLE_ROWS = f"SELECT path, scope, scope_id, value FROM {{{CONFIG}}} WHERE {_WANTED}"
_VIEW_ROWS = f"SELECT path, scope, scope_id, value, covers FROM {{{VIEW}}}"


def definition(definer: str | None = None) -> str:
    """The statement that makes the view, or renews it; ``definer`` is an account as SQL has it."""
    whose = f"DEFINER = {definer} " if definer else ""
    return (
        f"CREATE OR REPLACE {whose}SQL SECURITY DEFINER VIEW {{{VIEW}}} AS"
        f" SELECT path, scope, scope_id, value, '{','.join(PATHS)}' AS covers"
        f" FROM {{{CONFIG}}} WHERE {_WANTED}"
    )


async def read_config(source: Source) -> Sequence[Row]:
    """Path, scope, scope id and value of what is configured.

    Raises:
        MagentoUnavailable: the database does not answer.
        Denied: neither may be read, or the view cannot be used.
    """
    if await source.has_table(CONFIG):
        return await source.fetch(_TABLE_ROWS)
    if not await source.has_table(VIEW):
        return await _refused(source)
    try:
        rows = await source.fetch(_VIEW_ROWS)
    except (ServerError, Denied) as error:
        raise Denied(f"view {VIEW} {_broken(error)}; {_INSTALL}") from error
    if rows and (missing := _missing(rows[0][4])):
        raise Denied(f"view {VIEW} {_outdated(missing)}; {_INSTALL}")
    return [row[:4] for row in rows]


async def _refused(source: Source) -> Sequence[Row]:
    """Asks for what cannot be seen: only the server knows whether it is denied, or not there just now."""
    try:
        return await source.fetch(_TABLE_ROWS)
    except Denied as error:
        what = f"neither {CONFIG} nor the view {VIEW} may be read"
        raise Denied(f"{what}; `synqd changelog print` has the right") from error


async def is_there(reads: Reads, prefix: str) -> bool:
    """Whether the view exists and may be seen."""
    sql = "SELECT 1 FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = %s"
    return bool(await reads.fetch(sql, (prefix + VIEW,)))


async def examine(reads: Reads, prefix: str) -> list[Finding]:
    """What is wrong with the view, where there is one."""
    if not await is_there(reads, prefix):
        return []
    try:
        rows = await reads.fetch(f"{_VIEW_ROWS} LIMIT 1")
    except (ServerError, Denied) as error:
        return [Finding(Level.ERROR, f"view {prefix + VIEW}", _broken(error), _INSTALL)]
    if rows and (missing := _missing(rows[0][4])):
        return [Finding(Level.ERROR, f"view {prefix + VIEW}", _outdated(missing), _INSTALL)]
    return []


def _missing(covers: object) -> list[str]:
    return [path for path in PATHS if path not in str(covers).split(",")]


def _outdated(missing: Sequence[str]) -> str:
    return f"is of another version: it does not show {', '.join(missing)}"


def _broken(error: ServerError | Denied) -> str:
    reason = str(error).partition("; ")[0]
    return f"cannot be read: the account that it runs as may be gone, or have lost its rights ({reason})"
