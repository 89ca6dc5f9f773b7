"""The queue: what waits, what was sent and how far everything was read, in one SQLite file.

Verbs stand by what they are about (``verbs``): ``queue.outbox``, ``capture``, ``ledger``, ``jobs``, ``dead``,
``verifications``, ``people``, ``holds``, ``log``, ``facts`` and ``file``.

Flow
----
``intake`` turns wishes into rows of the **outbox** and moves the **cursor** they came from. ``ready`` says
which streams have rows and when the first is due; ``lease`` hands rows out under a token, a deadline and a
revision; ``settle`` records what became of them: the row leaves or waits again, the **ledger** learns what
was sent, what cannot be delivered becomes a **dead letter**, and the **job parts** that waited for the item
account for it. ``jobs.advance_part`` is the intake of full and batch jobs: a page of ids, its membership and
the position.

The **log** keeps lines about live deliveries, jobs, chunks and what went wrong, as a ring; what concerns
items is written by the transaction that settles them. What items were sent as before is kept as long.
``jobs.pause`` takes rows that only paused jobs want off the outbox; they
stay members of their parts and come back with ``restore``.

A row exists once per item. A wish for an item that waits, or that is being delivered, raises the row's
revision instead of adding a second row, so a restart finds every item once, whoever held it.

Each verb is one await around one transaction (``BEGIN IMMEDIATE ... COMMIT``) on the thread of one writing
connection; faces read on a second one. Transaction bodies are plain functions of a ``Database``
(``intake``, ``delivery``, ``notes``, ``settling``, ``doubt``, ``membership``, ``jobs``, ``batches``,
``dead_letters``, ``ledger``, ``journal``, ``verifications``, ``cursors``, ``flags``, ``switched_off``,
``forgetting`` with ``erasing``, ``wording`` and ``marks``,
``maintenance``); statements are in ``sql/``, the schema in ``migrations/``. WAL with ``synchronous=FULL``:
what a verb has returned from survives a power failure. **Leases** are no part of the file (``leases``): they
live in the memory of the writing connection, so a lease writes nothing, and whoever ends gives back what it
held.

``depart`` **notes** a request before it leaves, in one row; the transaction that settles it removes the
note. Where nobody can say whether it arrived (no answer, half an answer, an error of the server, a request
that was cut, a process that ended and left its notes), the ledger's rows are in **doubt** (``doubt``): they
keep all that may be true, equal nothing, and count neither as sent nor as alive, until something is delivered
(S24).

Invariants
----------
Q1 Cursor, gaps and enqueued items commit together.
Q2 At most one row per (model, store view, entity): a change on a waiting row raises its revision and its
   lane.
Q3 A leased row is invisible until its deadline.
Q4 An ack needs token *and* revision: a change that came in flight is sent again.
Q5 No row leaves except by a settlement that ends it (ack, unchanged, skipped, bury) or by an operator's
   verb.
Q6 Attempts grow only on the item's own fault; an outage never buries anything (S14).
Q7 Clock jumps may delay; they never lose anything and never bury twice.
Q8 A full disk stops intake, loudly; acks still fit in the reserve (S16).
Q9 What was acked is in the ledger by the same transaction.
Q10 sent + unchanged + skipped + dead + dropped + open = selected, for every job part at every moment;
   ``open`` is 0 once it is finished, and ``dropped`` is 0 unless it was cancelled or replaced.
Q11 What may have arrived is never compared with what arrived before: it is noted before it leaves, and in
   doubt until something is delivered (S24).

Failure
-------
SQLite's errors become ours in ``connection`` and nowhere else: a full or failing disk is
``StorageUnavailable``, which passes by itself; a broken file is ``Corrupt``, which the daemon sets aside;
one that is taken away while it is open is put back (``Removed``). When ``settle`` or the opening meets a full
disk it frees the reserve and tries once more, and intake stays closed until ``renew_reserve`` gets the space
back. A process that is killed leaves rows that it had leased (they wait again: the items are sent once more),
notes (what they name is in doubt), drafts of batches (dropped) and members of cancelled parts (``sweep``).
Depths and totals are counters kept by the same transactions, so they are exact after a crash and cost the
same at five million rows.

Only one process opens the file: its caller holds a lock on the state directory.
"""

from synqd.queue.batches import BatchPage, Keys
from synqd.queue.counters import Counts
from synqd.queue.dead_letters import DeadFilter, DeadLetter
from synqd.queue.delivery import Reaped
from synqd.queue.errors import Corrupt, Removed
from synqd.queue.facts import ItemFacts, SkipRecord, Waiting
from synqd.queue.flags import FORGOTTEN_LOST, OLD, REBUILT, UNSURE, BreakerState
from synqd.queue.holds import Hold, covered
from synqd.queue.intake import Enqueued
from synqd.queue.jobs import Job, JobKind, JobState, Part, PartState
from synqd.queue.journal import Line, LogFilter, LogLine
from synqd.queue.maintenance import Pruned, Sizes, inode_of, set_aside
from synqd.queue.queue import Queue
from synqd.queue.readonly import (
    read_holding,
    read_installation,
    read_memory,
    read_newest_guests,
    read_withdrawn,
)
from synqd.queue.settings import QueueSettings
from synqd.queue.settling import Fate, Settled
from synqd.queue.verifications import Sample, Verification, VerificationPart

__all__ = [
    "FORGOTTEN_LOST",
    "OLD",
    "REBUILT",
    "UNSURE",
    "BatchPage",
    "BreakerState",
    "Corrupt",
    "Counts",
    "DeadFilter",
    "DeadLetter",
    "Enqueued",
    "Fate",
    "Hold",
    "ItemFacts",
    "Job",
    "JobKind",
    "JobState",
    "Keys",
    "Line",
    "LogFilter",
    "LogLine",
    "Part",
    "PartState",
    "Pruned",
    "Queue",
    "QueueSettings",
    "Reaped",
    "Removed",
    "Sample",
    "Settled",
    "Sizes",
    "SkipRecord",
    "Verification",
    "VerificationPart",
    "Waiting",
    "covered",
    "inode_of",
    "read_holding",
    "read_installation",
    "read_memory",
    "read_newest_guests",
    "read_withdrawn",
    "set_aside",
]
