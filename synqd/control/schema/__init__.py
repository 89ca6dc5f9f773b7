"""Requests and answers of the control socket, as JSON; the OpenAPI document is made from these.

Times are RFC 3339 in UTC, durations are seconds. Answers leave nothing out: what is not known is null.
"""

from synqd.control.schema.base import Answer, Code, ErrorBody, Fault, Limit, Request, RowId, Text, instant
from synqd.control.schema.dead import Affected, DeadDetail, DeadList, DeadQuery, DeadSelection, DeadView
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

__all__ = [
    "IDENTIFIED",
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
    "EntityId",
    "ErrorBody",
    "Fault",
    "FullRequest",
    "Hold",
    "HoldRequest",
    "Holds",
    "JobList",
    "JobQuery",
    "JobRequest",
    "JobView",
    "Limit",
    "PartView",
    "Reloaded",
    "Request",
    "RowId",
    "Status",
    "StreamView",
    "Text",
    "WaitingView",
    "instant",
]
