"""What the control socket asks of the daemon; ``app`` implements it."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from synqd.control import schema
from synqd.models.errors import Invalid


class NotFound(Invalid):
    """There is no such thing; nothing was changed. Answered with 404."""


class Conflict(Invalid):
    """It is not in a state in which this can be done; nothing was changed. Answered with 409."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is at the other end of the socket, as the kernel says."""

    pid: int
    uid: int
    gid: int

    def __str__(self) -> str:
        return f"operator uid {self.uid}"


class Operations(Protocol):
    """The operator's verbs.

    Reading verbs read counts that are maintained anyway; changing verbs write an intent to the queue and
    return at once. None of them waits for a mover.

    Raises (any of them):
        NotFound, Conflict, Invalid: answered with 404, 409, 400; nothing was changed.
        ConfigError: answered with 422 (reload).
        Transient: queue or Magento cannot be used now; answered with 503.
    """

    async def status(self) -> schema.Status:
        """The daemon at this moment."""

    async def submit_full(self, request: schema.FullRequest, caller: Caller) -> schema.JobView:
        """Starts a full synchronization. Raises Invalid for what is not switched on."""

    async def submit_batch(
        self,
        header: schema.BatchHeader,
        pages: AsyncIterator[Sequence[int] | Sequence[str]],
        caller: Caller,
    ) -> schema.JobView:
        """Starts a batch job: accepted whole or not at all.

        Args:
            header: what the keys are, and of what.
            pages: the keys in pages of at most 1,000, as they come from the caller; it raises when the caller
                goes away or sends something wrong, after which nothing of the job may be left. Checking the
                header comes before the first page is asked for.
            caller: who asks.
        """

    async def dry_full(self, request: schema.FullRequest, caller: Caller) -> schema.DryRun:
        """What a full synchronization would do; nothing is sent or enqueued.

        Raises Invalid for what is not switched on, Conflict while another one is looking.
        """

    async def dry_batch(
        self,
        header: schema.BatchHeader,
        pages: AsyncIterator[Sequence[int] | Sequence[str]],
        caller: Caller,
    ) -> schema.DryRun:
        """What a batch would do; arguments and errors as for ``submit_batch`` and ``dry_full``."""

    async def jobs(self, query: schema.JobQuery) -> schema.JobList:
        """Jobs, newest first."""

    async def job(self, job_id: int) -> schema.JobView:
        """One job. Raises NotFound."""

    async def cancel_job(self, job_id: int, caller: Caller) -> schema.JobView:
        """Ends a job and drops what only it wants. Raises NotFound; Conflict if it is over."""

    async def pause_job(self, job_id: int, caller: Caller) -> schema.JobView:
        """Stops a job; what is in flight is delivered. Raises NotFound; Conflict if it is over."""

    async def resume_job(self, job_id: int, caller: Caller) -> schema.JobView:
        """Goes on selecting. Raises NotFound; Conflict if it is over."""

    async def dead_letters(self, query: schema.DeadQuery) -> schema.DeadList:
        """Dead letters, oldest first."""

    async def dead_letter(self, letter_id: int) -> schema.DeadDetail:
        """One dead letter. Raises NotFound."""

    async def retry_dead(self, which: schema.DeadSelection, caller: Caller) -> schema.Affected:
        """Enqueues these again."""

    async def discard_dead(self, which: schema.DeadSelection, caller: Caller) -> schema.Affected:
        """Removes these for good."""

    async def pause(self, what: schema.HoldRequest, caller: Caller) -> schema.Holds:
        """Holds delivery; intake goes on. Raises Invalid for an unknown workspace."""

    async def resume(self, what: schema.HoldRequest, caller: Caller) -> schema.Holds:
        """Releases what is held. Raises Invalid for an unknown workspace."""

    async def reload(self, caller: Caller) -> schema.Reloaded:
        """Reads the configuration again, like SIGHUP. Raises ConfigError and keeps the old one."""

    async def forget_person(self, whom: schema.PersonRequest, caller: Caller) -> schema.Forgotten:
        """Erases a person from everything that synqd keeps, and never takes the person in again (S20).

        Raises MagentoUnavailable while it cannot be asked what is the person's; nothing was erased then.
        """

    async def readmit_person(self, whom: schema.PersonRequest, caller: Caller) -> schema.Affected:
        """Lets somebody who was forgotten be synchronized again. Raises NotFound."""

    async def log(self, query: schema.LogQuery) -> schema.LogView:
        """Lines of the synchronization log, and all that is known of one entity.

        Raises Invalid for an entity that nothing is known of, NotFound for a job that there is not.
        """

    async def submit_verification(
        self, request: schema.VerifyRequest, caller: Caller
    ) -> schema.VerificationView:
        """Starts a comparison; one that is not over is cancelled. Raises Invalid for what is off."""

    async def last_verification(self) -> schema.VerificationView:
        """The newest comparison. Raises NotFound if there was none."""

    async def verification(self, number: int) -> schema.VerificationView:
        """One comparison. Raises NotFound."""

    async def cancel_verification(self, number: int, caller: Caller) -> schema.VerificationView:
        """Ends a comparison early. Raises NotFound; Conflict if it is over."""
