"""Comparisons of Magento with the ledger and Synerise."""

from synqd.app.operations.base import Verb
from synqd.app.views import verification_view
from synqd.control import Caller, Conflict, NotFound, schema
from synqd.models.errors import Invalid
from synqd.queue import Verification
from synqd.runtime.logs import get_logger

log = get_logger("control")


class VerifyOperations(Verb):
    """Verbs for verifications."""

    async def submit_verification(
        self, request: schema.VerifyRequest, caller: Caller
    ) -> schema.VerificationView:
        """Starts a comparison; one that is not over is cancelled."""
        streams = self._streams(request.models, request.stores)
        verification = await self._queue.verifications.submit(
            streams, str(caller), repair=request.repair, remote=request.remote
        )
        log.info("verify.submitted", verification=verification.number, origin=verification.origin)
        self._wake("verifier")
        return self._view_of(verification)

    async def verification(self, number: int) -> schema.VerificationView:
        """One comparison."""
        return self._view_of(await self._existing(number))

    async def last_verification(self) -> schema.VerificationView:
        """The newest comparison."""
        return self._view_of(await self._existing(None))

    async def cancel_verification(self, number: int, caller: Caller) -> schema.VerificationView:
        """Ends a comparison early."""
        await self._existing(number)
        log.info("verify.cancel", verification=number, by=str(caller))
        try:
            return self._view_of(await self._queue.verifications.cancel(number, str(caller)))
        except Invalid as error:
            raise Conflict(str(error)) from error

    async def _existing(self, number: int | None) -> Verification:
        try:
            return await self._queue.verifications.get(number)
        except Invalid as error:
            raise NotFound(str(error), field="id") from error

    def _view_of(self, verification: Verification) -> schema.VerificationView:
        waits = self._obstacle(("verifier",)) if verification.finished_at is None else None
        return verification_view(verification, self._daemon.routes, waits)
