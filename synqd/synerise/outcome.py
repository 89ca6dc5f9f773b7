"""What an answer means for the items of a request: the one decision table. Pure.

| answer | verdict |
|---|---|
| 2xx | ``Delivered``; a catalog that answers ``false`` counts as 400, a page for people as unavailable
| 207 | ``PartlyRefused``; a single item is ``Refused`` |
| 400, 422 | ``Bisect``; a single item is ``Refused``: nobody says whether valid neighbours were taken |
| 413 | ``Bisect``; a single item is ``Refused`` as too large |
| 401 | ``LoginAgain`` once, then ``Postponed`` as denied |
| 403 | ``LoginAgain`` once (a token may be older than a grant), then ``Postponed`` as forbidden |
| 403 with ``Some(Id``, 404 on a catalog | ``LookUpAgain`` once, then ``Postponed`` |
| 404 on a deletion | ``Delivered``: it is gone; a page for people counts as unavailable |
| 408, 425, 5xx, no answer, half an answer | ``Postponed`` as unavailable |
| 429 | ``Postponed`` as throttled |
| anything else, redirects included | ``Postponed`` as misused |

Sources: https://hub.synerise.com/api-reference and the official clients; where they are silent, the choice
that can lose nothing, because every write may be repeated.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from synqd.models.wire import Endpoint, WireItem
from synqd.synerise.answer import Answer, Failure
from synqd.synerise.complaints import complaints, excerpt, message, one_line
from synqd.synerise.matching import match
from synqd.synerise.report import Delivered, ObstacleKind, Postponed, Refused
from synqd.synerise.retry_after import retry_after

PERMISSIONS: Mapping[Endpoint, tuple[str, ...]] = {
    Endpoint.CLIENTS: ("API_BATCH_CLIENT_CREATE",),
    Endpoint.CLIENT_DELETE: (),
    Endpoint.TRANSACTIONS: ("API_BATCH_TRANSACTION_CREATE",),
    Endpoint.EVENTS: ("API_CUSTOM_EVENTS_CREATE",),
    Endpoint.CATALOG: (
        "CATALOGS_CATALOG_READ",
        "CATALOGS_CATALOG_CREATE",
        "CATALOGS_ITEM_BATCH_CATALOG_CREATE",
    ),
}
"""Permissions that a key needs; the name of the one for deletions is not published."""

FOREIGN_CATALOG = b"Some(Id"
"""Seen in the 403 of a catalog that belongs to another workspace."""

UNAVAILABLE = frozenset({408, 425})
SPOILED = frozenset({400, 422})
"""Nobody says of these whether valid neighbours were taken."""

PAGES = frozenset({"text/html", "application/xhtml+xml"})
"""Media types that the API never answers with."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What has been tried for this request.

    Attributes:
        now: seconds since the epoch.
        renewable: the credential is a token that a new login replaces.
        renewed: a new login was made for this request.
        fresh: the token is so young that a 403 cannot be due to its age.
        looked_up: the catalog's id was looked up again for this request.
    """

    now: float
    renewable: bool = True
    renewed: bool = False
    fresh: bool = False
    looked_up: bool = False

    def after_login(self) -> "Attempt":
        """The next attempt, made with a new token."""
        return replace(self, renewed=True)

    def after_look_up(self) -> "Attempt":
        """The next attempt, made at the catalog's new address."""
        return replace(self, looked_up=True)


@dataclass(frozen=True, slots=True)
class PartlyRefused:
    """Some items were refused, the others taken.

    Attributes:
        refused: by index.
        unmatched: some complaints could not be matched, so that the others are in doubt.
    """

    status: int
    refused: Mapping[int, Refused]
    unmatched: bool


@dataclass(frozen=True, slots=True)
class Bisect:
    """Send the items again in halves: one of them spoils the request, or they are too large together."""


@dataclass(frozen=True, slots=True)
class LoginAgain:
    """The token is not accepted: get a new one and send the same again."""


@dataclass(frozen=True, slots=True)
class LookUpAgain:
    """The catalog has gone or belongs to another workspace: find its id and send the same again."""


Verdict = Delivered | Refused | PartlyRefused | Bisect | LoginAgain | LookUpAgain | Postponed


def judge(
    endpoint: Endpoint, answer: Answer | Failure, items: Sequence[WireItem], attempt: Attempt
) -> Verdict:
    """What the answer means for the items of the request, which all went to ``endpoint``."""
    if isinstance(answer, Failure) or (answer.broken and answer.status < 300):
        return obstacle(answer, attempt, endpoint)
    if 200 <= answer.status < 300:
        return _taken(endpoint, answer, items)
    if answer.status in (400, 413, 422):
        return _spoiled(answer, items)
    if answer.status == 404 and endpoint is Endpoint.CLIENT_DELETE:
        return _page(answer) if _is_page(answer) else Delivered(answer.status)
    if endpoint is Endpoint.CATALOG and (answer.status == 404 or _is_foreign(answer)):
        return _lost_catalog(answer, attempt)
    return obstacle(answer, attempt, endpoint)


def may_have_arrived(answer: Answer | Failure) -> bool:
    """Whether items of a request may be stored, whatever becomes of them afterwards (semantics S24)."""
    if isinstance(answer, Failure):
        return answer.left
    taken = answer.status < 300 or answer.status >= 500
    return taken or answer.repeated or answer.status in UNAVAILABLE | SPOILED


def obstacle(
    answer: Answer | Failure, attempt: Attempt, endpoint: Endpoint | None = None
) -> LoginAgain | Postponed:
    """What stands in the way of any request, whatever it carries: credentials, rights, outages, bugs."""
    if isinstance(answer, Failure):
        return Postponed(ObstacleKind.UNAVAILABLE, answer.detail, said=answer.said)
    doubtful = answer.status == 401 or (answer.status == 403 and not attempt.fresh)
    if doubtful and attempt.renewable and not attempt.renewed:
        return LoginAgain()
    return _held(*_kind(answer, endpoint), answer, attempt)


def _kind(answer: Answer, endpoint: Endpoint | None) -> tuple[ObstacleKind, str]:
    """What kind of obstacle a status is, and the remedy if there is one."""
    status = answer.status
    if status == 401:
        return (
            ObstacleKind.DENIED,
            "the API key was refused: check api_key_file (a new key needs some minutes)",
        )
    if status == 403:
        return ObstacleKind.FORBIDDEN, _grant(endpoint)
    if status == 429:
        return ObstacleKind.THROTTLED, ""
    if status >= 500 or status in UNAVAILABLE or status < 300:
        return ObstacleKind.UNAVAILABLE, ""
    return ObstacleKind.MISUSED, "redirects are not followed: check base_url" if _location(answer) else ""


def describe(answer: Answer) -> str:
    """The status of an answer for people; nothing that it says (semantics S34)."""
    broken = " (the answer broke off)" if answer.broken else ""
    return f"HTTP {answer.status}{broken}"


def said(answer: Answer) -> str:
    """What an answer says, on one line."""
    where = _location(answer)
    return one_line(f"go to {where} {message(answer.said)}") if where else message(answer.said)


def _location(answer: Answer) -> str:
    return one_line(answer.headers.get("location", ""))


def _held(kind: ObstacleKind, remedy: str, answer: Answer, attempt: Attempt) -> Postponed:
    detail = f"{describe(answer)}; {remedy}" if remedy else describe(answer)
    wait = retry_after(answer.headers, attempt.now)
    return Postponed(kind, detail, wait, answer.status, excerpt(answer.said), said(answer))


def _grant(endpoint: Endpoint | None) -> str:
    names = PERMISSIONS.get(endpoint, ()) if endpoint else ()
    wanted = " and ".join(names) or "the permission for this call"
    return f"grant {wanted} to the API key in Synerise"


def _refused(answer: Answer, reason: str = "refused", detail: str = "") -> Refused:
    words = one_line(f"{describe(answer)}: {said(answer)}") if said(answer) else describe(answer)
    return Refused(reason, detail or words, answer.status, excerpt(answer.said))


def _taken(
    endpoint: Endpoint, answer: Answer, items: Sequence[WireItem]
) -> Delivered | PartlyRefused | Refused | Bisect | Postponed:
    """Success, unless the body says otherwise or shows that something else than the API answered."""
    if answer.status == 207:
        return _partly(answer, items)
    if endpoint is Endpoint.CATALOG and answer.body.strip() == b"false":
        return _spoiled(answer, items)
    return _page(answer) if _is_page(answer) else Delivered(answer.status)


def _is_page(answer: Answer) -> bool:
    """Whether a page for people came, from a proxy or another server; media types know no case."""
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind in PAGES


def _page(answer: Answer) -> Postponed:
    detail = f"HTTP {answer.status} with a page for people instead of the API: check base_url and proxies"
    return Postponed(ObstacleKind.UNAVAILABLE, detail, status=answer.status, answer=excerpt(answer.said))


def _spoiled(answer: Answer, items: Sequence[WireItem]) -> Bisect | Refused:
    if len(items) > 1:
        return Bisect()
    return _refused(answer, "too-large" if answer.status == 413 else "refused")


def _partly(answer: Answer, items: Sequence[WireItem]) -> PartlyRefused | Refused:
    if len(items) == 1:
        return _refused(answer)
    found, complete = match(complaints(answer.body), items)
    refused = {
        index: _refused(answer, detail=one_line("; ".join(map(str, about))))
        for index, about in sorted(found.items())
    }
    return PartlyRefused(answer.status, refused, unmatched=not complete)


def _is_foreign(answer: Answer) -> bool:
    return answer.status == 403 and FOREIGN_CATALOG in answer.body


def _lost_catalog(answer: Answer, attempt: Attempt) -> LookUpAgain | Postponed:
    if not attempt.looked_up:
        return LookUpAgain()
    kind = ObstacleKind.FORBIDDEN if answer.status == 403 else ObstacleKind.UNAVAILABLE
    return _held(kind, "the catalog had just been looked up", answer, attempt)
