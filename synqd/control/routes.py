"""The verbs of the socket as one table: what the server registers and the OpenAPI document is made of."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import StreamReader
from pydantic import BaseModel, TypeAdapter

from synqd.control import schema
from synqd.control.body import paged, read_batch
from synqd.control.operations import Caller, Operations


@dataclass(frozen=True, slots=True)
class Call:
    """One request, checked: what a handler works with.

    ``query`` and ``body`` are of the types that the route declares, ``number`` is the id in the path.
    """

    operations: Operations
    caller: Caller
    number: int
    query: Any
    body: Any


@dataclass(frozen=True, slots=True)
class Route:
    """One verb.

    Attributes:
        body: what the JSON body is; None for verbs without one.
        lines: it also takes a stream of lines; ``Call.body`` is then the stream.
    """

    method: str
    path: str
    name: str
    summary: str
    handle: Callable[[Call], Awaitable[BaseModel]]
    answer: type[BaseModel]
    query: type[schema.Request] | None = None
    body: TypeAdapter[Any] | None = None
    lines: bool = False

    @property
    def numbered(self) -> bool:
        """Whether the path carries an id."""
        return "{id}" in self.path


async def _submit(call: Call) -> schema.JobView:
    if isinstance(call.body, StreamReader):
        header, pages = await read_batch(call.body)
        return await call.operations.submit_batch(header, pages, call.caller)
    if isinstance(call.body, schema.BatchRequest):
        return await call.operations.submit_batch(call.body.header, paged(call.body.keys), call.caller)
    return await call.operations.submit_full(call.body, call.caller)


async def _dry_run(call: Call) -> schema.DryRun:
    if isinstance(call.body, StreamReader):
        header, pages = await read_batch(call.body)
        return await call.operations.dry_batch(header, pages, call.caller)
    if isinstance(call.body, schema.BatchRequest):
        return await call.operations.dry_batch(call.body.header, paged(call.body.keys), call.caller)
    return await call.operations.dry_full(call.body, call.caller)


ROUTES: tuple[Route, ...] = (
    Route(
        "GET",
        "/v1/status",
        "status",
        "The daemon at this moment.",
        lambda call: call.operations.status(),
        schema.Status,
    ),
    Route(
        "POST",
        "/v1/jobs",
        "submitJob",
        "Starts a full or batch synchronization; accepted whole or not at all.",
        _submit,
        schema.JobView,
        body=TypeAdapter(schema.JobRequest),
        lines=True,
    ),
    Route(
        "POST",
        "/v1/dry-runs",
        "dryRun",
        "Tells what a full or batch synchronization would do; nothing is sent or enqueued.",
        _dry_run,
        schema.DryRun,
        body=TypeAdapter(schema.JobRequest),
        lines=True,
    ),
    Route(
        "GET",
        "/v1/jobs",
        "listJobs",
        "Jobs, newest first.",
        lambda call: call.operations.jobs(call.query),
        schema.JobList,
        query=schema.JobQuery,
    ),
    Route(
        "GET",
        "/v1/jobs/{id}",
        "showJob",
        "One job.",
        lambda call: call.operations.job(call.number),
        schema.JobView,
    ),
    Route(
        "POST",
        "/v1/jobs/{id}/cancel",
        "cancelJob",
        "Ends a job and drops what only it wants.",
        lambda call: call.operations.cancel_job(call.number, call.caller),
        schema.JobView,
    ),
    Route(
        "POST",
        "/v1/jobs/{id}/pause",
        "pauseJob",
        "Stops a job; what is in flight is delivered.",
        lambda call: call.operations.pause_job(call.number, call.caller),
        schema.JobView,
    ),
    Route(
        "POST",
        "/v1/jobs/{id}/resume",
        "resumeJob",
        "Goes on selecting.",
        lambda call: call.operations.resume_job(call.number, call.caller),
        schema.JobView,
    ),
    Route(
        "GET",
        "/v1/dead-letters",
        "listDeadLetters",
        "Items that could not be delivered, oldest first.",
        lambda call: call.operations.dead_letters(call.query),
        schema.DeadList,
        query=schema.DeadQuery,
    ),
    Route(
        "GET",
        "/v1/dead-letters/{id}",
        "showDeadLetter",
        "One dead letter.",
        lambda call: call.operations.dead_letter(call.number),
        schema.DeadDetail,
    ),
    Route(
        "POST",
        "/v1/dead-letters/retry",
        "retryDeadLetters",
        "Enqueues dead letters again.",
        lambda call: call.operations.retry_dead(call.body, call.caller),
        schema.Affected,
        body=TypeAdapter(schema.DeadSelection),
    ),
    Route(
        "POST",
        "/v1/dead-letters/discard",
        "discardDeadLetters",
        "Removes dead letters for good.",
        lambda call: call.operations.discard_dead(call.body, call.caller),
        schema.Affected,
        body=TypeAdapter(schema.DeadSelection),
    ),
    Route(
        "POST",
        "/v1/pause",
        "pause",
        "Holds delivery; intake goes on.",
        lambda call: call.operations.pause(call.body, call.caller),
        schema.Holds,
        body=TypeAdapter(schema.HoldRequest),
    ),
    Route(
        "POST",
        "/v1/resume",
        "resume",
        "Releases held delivery.",
        lambda call: call.operations.resume(call.body, call.caller),
        schema.Holds,
        body=TypeAdapter(schema.HoldRequest),
    ),
    Route(
        "POST",
        "/v1/persons/forget",
        "forgetPerson",
        "Erases a person from everything that synqd keeps.",
        lambda call: call.operations.forget_person(call.body, call.caller),
        schema.Forgotten,
        body=TypeAdapter(schema.PersonRequest),
    ),
    Route(
        "POST",
        "/v1/persons/readmit",
        "readmitPerson",
        "Lets somebody who was forgotten be synchronized again.",
        lambda call: call.operations.readmit_person(call.body, call.caller),
        schema.Affected,
        body=TypeAdapter(schema.PersonRequest),
    ),
    Route(
        "GET",
        "/v1/log",
        "log",
        "The synchronization log, and what is known of one entity.",
        lambda call: call.operations.log(call.query),
        schema.LogView,
        query=schema.LogQuery,
    ),
    Route(
        "POST",
        "/v1/verifications",
        "submitVerification",
        "Starts to compare Magento with what was sent.",
        lambda call: call.operations.submit_verification(call.body, call.caller),
        schema.VerificationView,
        body=TypeAdapter(schema.VerifyRequest),
    ),
    Route(
        "GET",
        "/v1/verifications",
        "lastVerification",
        "The newest comparison.",
        lambda call: call.operations.last_verification(),
        schema.VerificationView,
    ),
    Route(
        "GET",
        "/v1/verifications/{id}",
        "showVerification",
        "One comparison.",
        lambda call: call.operations.verification(call.number),
        schema.VerificationView,
    ),
    Route(
        "POST",
        "/v1/verifications/{id}/cancel",
        "cancelVerification",
        "Ends a comparison early.",
        lambda call: call.operations.cancel_verification(call.number, call.caller),
        schema.VerificationView,
    ),
    Route(
        "POST",
        "/v1/reload",
        "reload",
        "Reads the configuration again.",
        lambda call: call.operations.reload(call.caller),
        schema.Reloaded,
    ),
)
