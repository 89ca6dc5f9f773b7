"""Streams that are switched off: nobody delivers their rows, so these leave as skipped, accounted (S4)."""

from collections import Counter

from synqd.models.names import Lane, Stream
from synqd.queue import counters, journal, log_lines, membership, settling
from synqd.queue.database import Database
from synqd.queue.membership import SKIPPED, Ending
from synqd.queue.rows import plain
from synqd.queue.statements import load
from synqd.queue.stream_outcomes import StreamOutcome

SQL = load("switched_off")

REASON = "switched off"


def leave_out_page(db: Database, stream: Stream, now: int, limit: int) -> int:
    """Take up to ``limit`` rows of a stream off the outbox; returns how many."""
    rows = db.execute(SQL["take_off"], (*plain(stream), limit)).fetchall()
    if not rows:
        return 0
    for lane, number in Counter(lane for _, lane in rows).items():
        counters.add(db, "depth", stream, -number, Lane(lane))
    outcome = StreamOutcome()
    outcome.endings[Ending(SKIPPED, REASON)] = [entity_id for entity_id, _ in rows]
    settling.note_skips(db, stream, outcome.endings, now)
    shares = membership.end(db, stream, outcome.endings, now)
    journal.append(db, log_lines.chunk(stream, outcome, shares), now)
    for job_id in dict.fromkeys(share.job_id for share in shares if share.ended):
        membership.finish_job(db, job_id, now)
    return len(rows)
