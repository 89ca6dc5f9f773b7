"""A small Magento shop made of its database alone.

``schema/`` holds Magento's tables as far as a direct reader touches them, :mod:`.changelog` Magento's own
change logs, :mod:`.data` fills in a multi-store shop, :mod:`.traffic` then does to it what customers and
the back office do. No PHP is involved; everything that Magento would compute later (its index tables) is
left out on purpose, except the catalog rule prices, which exist nowhere else.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache
from importlib.resources import files

from synqd_demo.mariadb import MariaDB
from synqd_demo.shop import changelog
from synqd_demo.shop.data import shop_rows


def create_schema(server: MariaDB, database: str, prefix: str = "") -> None:
    """Make the shop's tables in an existing, empty database; they hold no rows but ``mview_state``."""
    server.run(_tables_script(prefix) + changelog.script(prefix), database=database)


def create_shop(server: MariaDB, database: str, prefix: str = "", day: date | None = None) -> None:
    """Make and fill the shop in an existing, empty database.

    Args:
        server: A running server.
        database: Name of the database.
        prefix: Table prefix, as in Magento's ``env.php``.
        day: The day from which special prices, rule prices and order dates are counted; today (UTC) if None.
    """
    script = _shop_script(prefix, day or datetime.now(UTC).date())
    server.run(script, database=database)


@cache
def _shop_script(prefix: str, day: date) -> str:
    # Rows go in before the triggers exist: the change logs of a shop at rest are empty. The clock of the
    # session stands still meanwhile, so that columns which default to "now" are the same every time.
    parts = (
        _tables_script(prefix),
        f"SET timestamp = UNIX_TIMESTAMP('{day}');",
        shop_rows(day).script(prefix),
        "SET timestamp = DEFAULT;",
        changelog.script(prefix),
    )
    return "\n".join(parts)


@cache
def _tables_script(prefix: str) -> str:
    parts = [part for part in (files(__package__) / "schema").iterdir() if part.name.endswith(".sql")]
    parts.sort(key=lambda part: part.name)
    return "\n".join(part.read_text(encoding="utf-8") for part in parts).replace("{p}", prefix)
