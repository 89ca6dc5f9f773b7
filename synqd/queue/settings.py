"""What of the queue may be tuned."""

from dataclasses import dataclass

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class QueueSettings:
    """What may be tuned; times in seconds, sizes in bytes.

    Attributes:
        settle: quiet that a live change waits for before it may leave (S13); 0 switches it off.
        settle_ceiling: a live change is due at most this long after its first row, however restless (S13).
        max_backoff: no retry waits longer; a due time further ahead is a clock jump and is pulled back (Q7).
        max_lease: no lease lasts longer; a deadline further ahead is pulled back likewise.
        reserve_bytes: size of the file that is freed so that acks fit on a full disk (S16); 0 for none.
        quick_check_bytes: files up to this size are checked when opened, larger ones by ``Queue.check``.
        cache_bytes: page cache of the writing connection.
        page: rows that one transaction of a long sweep (cancel, void, retry of dead letters) touches.
        log_lines: lines that the synchronization log keeps; the oldest go.
        payload_bytes: of all payloads of dead letters; the oldest go.
        payload_life: seconds for which dead letters keep their payloads.
    """

    settle: float = 0.25
    settle_ceiling: float = 0.75
    max_backoff: float = 3600.0
    max_lease: float = 900.0
    reserve_bytes: int = 64 * MEBIBYTE
    quick_check_bytes: int = 16 * MEBIBYTE
    cache_bytes: int = 32 * MEBIBYTE
    page: int = 2000
    log_lines: int = 200_000
    payload_bytes: int = 256 * MEBIBYTE
    payload_life: float = 30 * 86_400.0
