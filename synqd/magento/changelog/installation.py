"""Whose database this is (semantics S3): an installation id and an epoch in the meta table."""

import uuid

from synqd.magento.changelog import memory
from synqd.magento.changelog.look import Reads
from synqd.magento.changelog.tables import ALIVE, FORMAT
from synqd.magento.pool import Pool
from synqd.magento.session import Session
from synqd.magento.translate import ServerError
from synqd.models.change import Installation
from synqd.models.errors import ConfigError, MagentoUnavailable
from synqd.runtime.clock import Clock

_META = "{synqd_meta}"
NOT_INSTALLED = "no change log is installed in Magento's database: run `synqd changelog install`"
ARRIVES_WITHIN = 60.0
ASK_EVERY = 0.1
"""Seconds in which a replica has to show what was written, and between two looks at it."""
_ADOPT = "if this is meant, run `synqd adopt`"


def mismatch(found: Installation | None, remembered: Installation | None) -> str | None:
    """What is wrong between database and queue file, in one sentence with its remedy; None if nothing is.

    A new queue file remembers nothing and fits every database. A later epoch of the same installation is a
    change log that was removed and installed again (S28): nothing is wrong, but everything is compared.

    Args:
        found: what the database says, None where no change log is installed.
        remembered: what the queue file says, None for a new file.
    """
    if remembered is None:
        return None if found else NOT_INSTALLED
    if found is None:
        return f"the queue file knows change log {remembered.installation_id}, but {NOT_INSTALLED}; {_ADOPT}"
    if found.installation_id != remembered.installation_id:
        return (
            f"the queue file belongs to change log {remembered.installation_id}, this database has"
            f" {found.installation_id} (another shop's, or a copy): check magento.database; {_ADOPT}"
        )
    if found.epoch < remembered.epoch:
        return (
            f"the database is older than the queue file (epoch {found.epoch} there, {remembered.epoch} here),"
            f" as after restoring a backup; {_ADOPT}"
        )
    return None


async def read(reads: Reads) -> Installation:
    """The installation that the database names.

    Raises:
        ConfigError: the meta table is missing or empty.
    """
    rows = await reads.fetch(f"SELECT installation_id, epoch FROM {_META} WHERE id = 1")
    if not rows:
        raise ConfigError(NOT_INSTALLED)
    return Installation(*rows[0])


async def check_format(reads: Reads) -> None:
    """Raises ConfigError where the tables were made by a newer synqd."""
    rows = await reads.fetch(f"SELECT format FROM {_META} WHERE id = 1")
    if rows and rows[0][0] > FORMAT:
        raise ConfigError(
            f"the change log in Magento's database has format {rows[0][0]}, this synqd knows {FORMAT}:"
            " run the newer synqd that made it"
        )


def founding(owner: Installation) -> str:
    """The statement that names the installation once; later ones change nothing."""
    return (
        f"INSERT IGNORE INTO {_META} (id, installation_id, epoch, format)"
        f" VALUES (1, '{owner.installation_id}', {owner.epoch}, {FORMAT})"
    )


async def arrival(pool: Pool, primary: Session, clock: Clock) -> None:
    """Waits until the server that is read, which may be a replica, shows what the primary does.

    Raises:
        MagentoUnavailable: it does not within a minute.
    """
    if not pool.reads_replica:
        return
    deadline = clock.monotonic() + ARRIVES_WITHIN
    written = await _end(primary)
    while await _end(pool) != written:
        if clock.monotonic() >= deadline:
            raise MagentoUnavailable(
                "it is done, but the replica that is read does not show it: is it one of [magento]"
                " write_host, and does its replication run?"
            )
        await clock.sleep(ASK_EVERY)


async def _end(reads: Reads) -> tuple[Installation | None, object]:
    """What an installation or adoption writes; an installation notes its decisions after all triggers."""
    found = await shown(reads)
    return found, sorted(await reads.fetch(memory.READ)) if found else None


async def shown(reads: Reads) -> Installation | None:
    """What a server shows, which may be a replica; None if it shows none (yet)."""
    try:
        return await read(reads)
    except (ConfigError, ServerError):
        return None


UPGRADED = f"UPDATE {_META} SET format = {FORMAT} WHERE id = 1"
"""The statement that ends the upgrade of an older change log."""


def founder(remembered: Installation | None) -> Installation:
    """Who a new change log belongs to (S28): the queue file's installation, one epoch on, or a new one."""
    if remembered is None:
        return Installation(str(uuid.uuid4()), 1)
    return Installation(remembered.installation_id, remembered.epoch + 1)


def waking(days: float) -> str:
    """The statement that lets triggers of a new log write for so long, until a daemon takes over."""
    return (
        f"INSERT IGNORE INTO {_META} (id, installation_id, epoch, format, installed_at)"
        f" VALUES ({ALIVE}, '', 0, 0, CURRENT_TIMESTAMP + INTERVAL {max(1, round(days))} DAY)"
    )


def was_made_again(found: Installation | None, remembered: Installation | None) -> bool:
    """Whether the change log was removed and installed again for this very queue file (S28)."""
    return (
        found is not None
        and remembered is not None
        and found.installation_id == remembered.installation_id
        and found.epoch > remembered.epoch
    )


async def adopt(session: Session) -> Installation:
    """Gives the database a new id and the next epoch, so that no other queue file fits it any more.

    Raises:
        ConfigError: no change log is installed.
    """
    async with session.transaction():
        rows = await session.fetch(f"SELECT epoch FROM {_META} WHERE id = 1 FOR UPDATE")
        if not rows:
            raise ConfigError(NOT_INSTALLED)
        adopted = Installation(str(uuid.uuid4()), rows[0][0] + 1)
        await session.execute(
            f"UPDATE {_META} SET installation_id = %s, epoch = %s WHERE id = 1",
            (adopted.installation_id, adopted.epoch),
        )
    return adopted
