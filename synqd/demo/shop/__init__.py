"""A small Magento shop made of its database alone.

``schema/`` holds Magento's tables as far as a direct reader touches them, :mod:`.changelog` Magento's own
change logs, :mod:`.data` fills in a multi-store shop, :mod:`.traffic` then does to it what customers and
the back office do. No PHP is involved; everything that Magento would compute later (its index tables) is
left out on purpose, except the catalog rule prices, which exist nowhere else.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from synqd.demo.mariadb import MariaDB
from synqd.demo.shop import changelog


@cache
def schema_script(prefix: str = "") -> str:
    """SQL for the ``mariadb`` client that makes all tables and triggers in an empty database."""
    directory = files(__package__) / "schema"
    parts = sorted((part for part in directory.iterdir() if part.name.endswith(".sql")), key=lambda p: p.name)
    tables = "\n".join(part.read_text(encoding="utf-8") for part in parts)
    return tables.replace("{p}", prefix) + "\n" + changelog.script(prefix)


def create_schema(server: MariaDB, database: str, prefix: str = "") -> None:
    """Make the shop's tables in an existing, empty database; they hold no rows but ``mview_state``."""
    server.run(schema_script(prefix), database=database)
