"""The operator's face: HTTP and JSON over a unix socket, versioned under ``/v1``.

``operations``  what the daemon offers: a protocol that ``app`` implements, and who is calling
``schema``      requests and answers
``routes``      the table of verbs; server and OpenAPI document are made from it
``openapi``     the document at ``/v1/openapi.json``
``body``        JSON bodies, bounded; lists of ids that stream in as lines
``faults``      every error as ``{"error": {"code", "message", "field"}}``
``listener``    the socket itself: systemd's, or made here with mode and group
``server``      puts them together

Handlers write intents to the queue and read counts; none waits for a mover. A request that is wrong changes
nothing and is answered with 4xx; an answer of 5xx means that queue or Magento cannot be used now, or a bug.
Each changing request is logged with the caller's uid, as the kernel says it.
"""

from synqd.control.operations import Caller, Conflict, NotFound, Operations
from synqd.control.server import ControlServer

__all__ = ["Caller", "Conflict", "ControlServer", "NotFound", "Operations"]
