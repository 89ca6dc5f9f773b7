"""Every error becomes ``{"error": {"code", "message", "field"}}`` with a fitting status, here only."""

from collections.abc import Mapping

from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import ValidationError

from synqd.control.operations import Conflict, NotFound
from synqd.control.schema import ErrorBody, Fault
from synqd.models.errors import ConfigError, Denied, Invalid, SynqdError, Transient
from synqd.models.plainly import plainly
from synqd.models.shortage import outages
from synqd.runtime.logs import get_logger

log = get_logger("control")

REMEDIES: Mapping[type[SynqdError], tuple[int, str]] = {
    NotFound: (404, "not-found"),
    Conflict: (409, "conflict"),
    Invalid: (400, "invalid"),
    ConfigError: (422, "configuration"),
    Transient: (503, "unavailable"),
    Denied: (503, "denied"),
    SynqdError: (500, "fatal"),
}
"""Status and code by error, the first class that fits."""

TAGS = frozenset({"full", "batch"})
"""Values of ``kind``, which pydantic puts into locations as if they were fields."""

HTTP_CODES: Mapping[int, str] = {404: "no-such-path", 405: "method-not-allowed", 413: "too-large"}


@web.middleware
async def answer_faults(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Middleware that turns exceptions into answers; only a bug of ours is a 500."""
    try:
        with outages():
            return await handler(request)
    except SynqdError as error:
        return _ours(error)
    except web.HTTPException as error:
        return _http(request, error)
    except (web.RequestPayloadError, ConnectionError):
        return fault(400, "incomplete", "the request's body ended too early; nothing was changed")
    except Exception:  # the edge: a bug is logged with its trace and answered
        log.exception("control.failed", method=request.method, path=request.path)
        return fault(500, "internal", "an error inside the daemon; its log says more")


def fault(status: int, code: str, message: str, field: str | None = None) -> web.Response:
    """An answer that is not 2xx."""
    body = ErrorBody(error=Fault(code=code, message=message, field=field))
    return web.json_response(text=body.model_dump_json(), status=status)


def invalid(error: ValidationError) -> Invalid:
    """The first thing that pydantic found wrong, as one line; never shows the value itself."""
    first = error.errors(include_url=False, include_input=False)[0]
    location = [str(part) for part in first["loc"] if part not in TAGS]
    if first["type"].startswith("union_tag"):
        location.append("kind")
    field = ".".join(location) or None
    message = plainly(first)
    return Invalid(f"{field}: {message}" if field else message, field=field)


def _ours(error: SynqdError) -> web.Response:
    status, code = next(remedy for kind, remedy in REMEDIES.items() if isinstance(error, kind))
    answer = fault(status, code, error.in_full, error.field if isinstance(error, Invalid) else None)
    if isinstance(error, Transient):
        answer.headers["Retry-After"] = str(max(1, round(error.retry_after or 1)))
    if status == 500:
        log.error("control.failed", error=error)
    return answer


def _http(request: web.Request, error: web.HTTPException) -> web.Response:
    messages = {
        404: f"there is no {request.path}; /v1/openapi.json lists what there is",
        405: f"{request.path} does not take {request.method}",
        413: "the body is too large; send long lists as lines (application/x-ndjson)",
    }
    code = HTTP_CODES.get(error.status, "http")
    answer = fault(error.status, code, messages.get(error.status, error.reason))
    if isinstance(error, web.HTTPMethodNotAllowed):
        answer.headers["Allow"] = ", ".join(sorted(error.allowed_methods))
    return answer
