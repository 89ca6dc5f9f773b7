"""The operator's face: HTTP + JSON over a unix socket."""

from synqd.control.operations import Caller, Conflict, NotFound, Operations
from synqd.control.server import ControlServer

__all__ = ["Caller", "Conflict", "ControlServer", "NotFound", "Operations"]
