"""One reader a change log: who reads it holds a row of the meta table, and renews it.

Two daemons would both send everything, and each purge what the other has not read. The row names the holder
(made of host and state directory, so a restart after a crash has it at once) and counts renewals: a copy of
the host has the same name, and gives itself away by a count that is not the expected one.
"""

from dataclasses import dataclass, field

from synqd.magento.changelog.look import Reads
from synqd.magento.session import Session
from synqd.models.errors import Fatal

TERM = 60
"""Seconds, by the database's clock, after which a holder that did not renew is taken for gone."""
SURE = TERM - 2.0
"""Seconds for which a holder may count on its claim: the database keeps no parts of seconds."""
_ROW = 2
_META = "{synqd_meta}"


@dataclass
class Tenancy:
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
            rows = await session.fetch(
                "SELECT installation_id, epoch, TIMESTAMPDIFF(SECOND, installed_at, CURRENT_TIMESTAMP)"
                f" FROM {_META} WHERE id = {_ROW} FOR UPDATE"
            )
            count = self._judge(*rows[0]) if rows else 1
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
        """Gives the log free at once, for whoever comes next."""
        if self.count is None:
            return
        await session.execute(
            f"UPDATE {_META} SET installed_at = CURRENT_TIMESTAMP - INTERVAL 1 DAY"
            f" WHERE id = {_ROW} AND installation_id = %s AND epoch = %s",
            (self.holder, self.count),
        )
        self.count = None

    @staticmethod
    async def known(reads: Reads) -> bool:
        """Whether any daemon has ever read this change log."""
        return bool(await reads.fetch(f"SELECT 1 FROM {_META} WHERE id = {_ROW}"))

    def _judge(self, holder: str, count: int, age: int) -> int:
        """The next count, if this daemon may have the log."""
        stranger = holder != self.holder and age < TERM
        twin = holder == self.holder and self.count is not None and count not in (self.count, self.written)
        if stranger or twin:
            who = "another synqd" if stranger else "a copy of this one"
            raise Fatal(
                f"{who} reads this change log (renewed {age} s ago): stop one of them; if it is gone for"
                f" good, try again in {TERM} s"
            )
        if self.count is not None:
            self.count = count  # whichever of the two it was: from here on there is one again
        return int(count) % 4_000_000_000 + 1
