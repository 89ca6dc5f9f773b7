"""Which streams were synchronized in full, for what operators are told until that was done."""

from typing import NamedTuple

from synqd.models.names import Stream
from synqd.queue import JobKind, PartState, Queue

JOBS = 1_000
"""Jobs that are looked at, the newest."""


class Fulls(NamedTuple):
    """Numbers of jobs.

    Attributes:
        newest: of all jobs; 0 if there is none.
        finished: of the newest full synchronization of each stream that came to its end.
    """

    newest: int
    finished: dict[Stream, int]

    def since(self, stream: Stream, job: int) -> bool:
        """Whether a stream was synchronized in full by a job that came after that one."""
        return self.finished.get(stream, 0) > job


NONE = Fulls(0, {})


async def fulls(queue: Queue) -> Fulls:
    """Looks at the newest jobs.

    Raises:
        StorageUnavailable: the disk is full or fails.
    """
    jobs = await queue.jobs.page(limit=JOBS)
    finished: dict[Stream, int] = {}
    for job in jobs:
        for part in job.parts if job.kind is JobKind.FULL else ():
            if part.state is PartState.FINISHED:
                finished[part.stream] = max(job.job_id, finished.get(part.stream, 0))
    return Fulls(jobs[0].job_id if jobs else 0, finished)


def name_of(stream: Stream) -> str:
    """A stream as a key of a fact."""
    return f"{stream.model} {stream.store_id}"
