"""One reader a change log: who reads it holds a row of the meta table, and renews it.

Two daemons would both send everything, and each purge what the other has not read. The row names the holder
(made of host and state directory, so a restart after a crash has it at once) and counts renewals: a copy of
the host has the same name, and gives itself away by a count that is not the expected one. The queue file
keeps the count, too: where the two differ, one of them is an old one (S3).
"""

from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from synqd.magento.changelog.look import Reads
from synqd.magento.session import Session
from synqd.models.change import Claim
from synqd.models.errors import Fatal

TERM = 60
"""Seconds, by the database's clock, after which a holder that did not renew is taken for gone."""
SURE = TERM - 2.0
"""Seconds for which a holder may count on its claim: the database keeps no parts of seconds."""
FORGIVEN = 15
"""Claims, of 20 seconds each, that a database may have lost and still count as one that went on: a replica
takes over without the primary's last moments."""
_ROW = 2
_META = "{synqd_meta}"


class Held(NamedTuple):
    """What the row says: who claimed the log last, at which number, and how many seconds ago."""

    holder: str
    number: int
    age: int


class Past(Enum):
    """What the counts of database and queue file say of the time since the file's last claim."""

    OURS = "nobody else has read"
    OTHERS = "a daemon with another queue file has read on"
    OLD_FILE = "this daemon itself has read on, with a newer queue file than this one"
    BEHIND = "the database has lost its last moments"
    OLD_DATABASE = "the database is older than the queue file"


def past(claim: Claim | None, held: Held | None) -> Past:
    """Compares the queue file's last claim with the row in the database; None where there is none."""
    if claim is None:
        return Past.OURS
    count = held.number if held else 0
    if held and count > claim.high:
        return Past.OLD_FILE if held.holder == claim.holder else Past.OTHERS
    if count < claim.low:
        return Past.BEHIND if claim.low - count <= FORGIVEN else Past.OLD_DATABASE
    if held and count > claim.low and held.holder != claim.holder:
        return Past.OTHERS  # its count is the one that was noted here, and then not written
    return Past.OURS


@dataclass
class ReaderClaim:
    """A daemon's hold on the change log.

    Attributes:
        holder: who reads, 36 characters.
        count: what the row says, as far as this daemon knows; None until it was claimed.
        written: what the row may say besides, where the answer to a commit was lost.
        renewed: when the last renewal was asked for, on the monotonic clock and by the time of day.
    """

    holder: str
    count: int | None = field(default=None)
    written: int | None = field(default=None)
    renewed: tuple[float, float] = (0.0, 0.0)

    def is_sure(self, monotonic: float, now: float) -> bool:
        """Whether nobody else can have the log, by either clock: the one stands still while a host sleeps."""
        if self.count is None:
            return True
        return max(monotonic - self.renewed[0], now - self.renewed[1]) < SURE

    async def renew(self, session: Session) -> None:
        """Takes or keeps the log.

        Raises:
            Fatal: another daemon reads it.
            MagentoUnavailable, Denied: nobody can tell.
        """
        async with session.transaction():
            held = await _row(session)
            count = self._judge(held) if held else 1
            self.written = count
            await session.execute(
                f"INSERT INTO {_META} (id, installation_id, epoch, format, installed_at)"
                f" VALUES ({_ROW}, %s, %s, 0, CURRENT_TIMESTAMP) ON DUPLICATE KEY UPDATE"
                " installation_id = VALUES(installation_id), epoch = VALUES(epoch),"
                " installed_at = VALUES(installed_at)",
                (self.holder, count),
            )
        self.count = count

    async def release(self, session: Session) -> None:
        """Gives the log free at once, for whoever comes next; counts once more, for what was done since."""
        if self.count is None:
            return
        await session.execute(
            f"UPDATE {_META} SET installed_at = CURRENT_TIMESTAMP - INTERVAL 1 DAY, epoch = %s"
            f" WHERE id = {_ROW} AND installation_id = %s AND epoch = %s",
            (_next(self.count), self.holder, self.count),
        )
        self.count = None

    @staticmethod
    async def known(reads: Reads) -> bool:
        """Whether any daemon has ever read this change log."""
        return bool(await reads.fetch(f"SELECT 1 FROM {_META} WHERE id = {_ROW}"))

    @staticmethod
    async def shown(reads: Reads) -> int:
        """The count that a server shows, which may be a replica; 0 if it shows none."""
        rows = await reads.fetch(f"SELECT epoch FROM {_META} WHERE id = {_ROW}")
        return int(rows[0][0]) if rows else 0

    async def look(self, session: Session) -> Held | None:
        """What the row says, by the server that is written to; None if nobody has ever read.

        Raises:
            Fatal: another daemon reads the log now.
        """
        async with session.transaction():
            held = await _row(session)
        if held is not None and self._is_strangers(held):
            raise _taken("another synqd", held)
        return held

    def _judge(self, held: Held) -> int:
        """The next count, if this daemon may have the log."""
        if self._is_strangers(held):
            raise _taken("another synqd", held)
        if self.count is not None:
            known = (self.count, self.written or 0)
            if held.holder == self.holder and held.number > max(known):
                raise _taken("a copy of this one", held)
            self.count = held.number  # whichever of the two it was: from here on there is one again
        return _next(held.number)

    def _is_strangers(self, held: Held) -> bool:
        return held.holder != self.holder and held.age < TERM


async def _row(session: Session) -> Held | None:
    rows = await session.fetch(
        "SELECT installation_id, epoch, TIMESTAMPDIFF(SECOND, installed_at, CURRENT_TIMESTAMP)"
        f" FROM {_META} WHERE id = {_ROW} FOR UPDATE"
    )
    return Held(*rows[0]) if rows else None


def _next(count: int) -> int:
    return int(count) % 4_000_000_000 + 1


def _taken(who: str, held: Held) -> Fatal:
    return Fatal(
        f"{who} reads this change log (renewed {held.age} s ago): stop one of them; if it is gone for"
        f" good, try again in {TERM} s"
    )
