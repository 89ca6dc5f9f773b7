"""Magento's database: the one place that speaks to it.

``Magento`` is the face of the room. It reads entities for the entities' own SQL (``source``), the shop's
layout (``shop``), and the change log (``reader``); it installs and checks the change log (``changelog``).

Flow of a change::

    shop writes a row -> AFTER trigger -> {prefix}synqd_<model>_cl -> reader.read(cursors) -> Change
    (or: Magento's own trigger -> Magento's own log -> AFTER trigger on that log -> the same, S28)

* Every call has a deadline, connect included. A connection whose call was cut or failed in transit is thrown
  away, never reused. Reading sessions are read-only on the server's side; the few statements that write
  (purge, installation, change log) use a writing session that lives for one operation.
* Triggers only ``INSERT ... VALUES`` and swallow every error of their own (S2). What that could lose,
  ``changelog.verify()`` finds. What no body can swallow is a definer without rights: it is chosen so that it
  stays, and watched.
* The reader remembers ids that were skipped (handed out, not committed) as gaps and looks them up again (S1);
  the decisions are a pure function in ``cursor``.
* With ``capture = "readonly"`` the same reader reads Magento's own ``*_cl`` tables and nothing is written.

Errors: ``MagentoUnavailable`` for what passes by itself (outage, restart, locks, read-only, tables that are
gone while somebody works on the database, ``LogMissing`` if they are those of the change log), ``Denied`` for
missing rights and wrong credentials, ``ConfigError`` for what only a change of the configuration mends. No
exception of the driver leaves this room.
"""

from synqd.magento.changelog import ChangeLog
from synqd.magento.changelog.claim import Held, Past, past
from synqd.magento.changelog.installation import mismatch, was_made_again
from synqd.magento.changelog.life import Alive
from synqd.magento.changelog.marks import Marks, TableMark, interruptions
from synqd.magento.changelog.split import Listener, Split, TableSplit, Way
from synqd.magento.magento import Magento
from synqd.magento.reader import ChangeReader, DefinerGone, LogMissing
from synqd.magento.records import Fault, Finding, InstallReport, Lag, Level, ReadPage
from synqd.magento.translate import ServerError

__all__ = [
    "Alive",
    "ChangeLog",
    "ChangeReader",
    "DefinerGone",
    "Fault",
    "Finding",
    "Held",
    "InstallReport",
    "Lag",
    "Level",
    "Listener",
    "LogMissing",
    "Magento",
    "Marks",
    "Past",
    "ReadPage",
    "ServerError",
    "Split",
    "TableMark",
    "TableSplit",
    "Way",
    "interruptions",
    "mismatch",
    "past",
    "was_made_again",
]
