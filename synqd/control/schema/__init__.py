"""Requests and answers of the control socket, as JSON; the OpenAPI document is made from these.

Times are RFC 3339 in UTC, durations are seconds. Answers leave nothing out: what is not known is null.
"""

from synqd.control.schema.base import Answer, Code, ErrorBody, Fault, Limit, Request, RowId, Text, instant
from synqd.control.schema.dead import Affected, DeadDetail, DeadList, DeadQuery, DeadSelection, DeadView
from synqd.control.schema.dry_run import DryPart, DryRun
from synqd.control.schema.forget import Forgotten, PersonRequest
from synqd.control.schema.holds import Hold, HoldRequest, Holds, Reloaded
from synqd.control.schema.jobs import (
    IDENTIFIED,
    BatchHeader,
    BatchRequest,
    By,
    EntityId,
    FullRequest,
    JobList,
    JobQuery,
    JobRequest,
    JobView,
    PartView,
    UnknownKey,
)
from synqd.control.schema.log import (
    Accepted,
    FormerKeyView,
    ItemSkipped,
    ItemView,
    ItemWaiting,
    LogLineView,
    LogQuery,
    LogView,
)
from synqd.control.schema.status import (
    BreakerView,
    ChangelogView,
    CheckView,
    ConditionView,
    Status,
    StreamView,
    WaitingView,
)
from synqd.control.schema.verify import (
    VERIFY_FIGURES,
    Finding,
    VerificationView,
    VerifiedPart,
    VerifyRequest,
)

__all__ = [
    "IDENTIFIED",
    "VERIFY_FIGURES",
    "Accepted",
    "Affected",
    "Answer",
    "BatchHeader",
    "BatchRequest",
    "BreakerView",
    "By",
    "ChangelogView",
    "CheckView",
    "Code",
    "ConditionView",
    "DeadDetail",
    "DeadList",
    "DeadQuery",
    "DeadSelection",
    "DeadView",
    "DryPart",
    "DryRun",
    "EntityId",
    "ErrorBody",
    "Fault",
    "Finding",
    "Forgotten",
    "FormerKeyView",
    "FullRequest",
    "Hold",
    "HoldRequest",
    "Holds",
    "ItemSkipped",
    "ItemView",
    "ItemWaiting",
    "JobList",
    "JobQuery",
    "JobRequest",
    "JobView",
    "Limit",
    "LogLineView",
    "LogQuery",
    "LogView",
    "PartView",
    "PersonRequest",
    "Reloaded",
    "Request",
    "RowId",
    "Status",
    "StreamView",
    "Text",
    "UnknownKey",
    "VerificationView",
    "VerifiedPart",
    "VerifyRequest",
    "WaitingView",
    "instant",
]
