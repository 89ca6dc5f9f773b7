"""The operator's verbs, as the control socket asks for them: intents for the queue, and counts from it.

``base``       what all of them need of the daemon
``jobs``       full and batch jobs
``holding``    holding delivery, reloading
``dry``        what a synchronization would do
``dead``       dead letters
``forgetting`` people who want to be forgotten; ``identifying`` finds what is theirs
``looking``    the status
``telling``    the log, and what is known of one entity
``verifying``  comparisons of Magento with the ledger
"""

from synqd.app.operations.base import Running
from synqd.app.operations.dead import DeadOperations
from synqd.app.operations.dry import DryOperations
from synqd.app.operations.forgetting import ForgetOperations
from synqd.app.operations.holding import HoldOperations
from synqd.app.operations.jobs import JobOperations
from synqd.app.operations.looking import LookOperations
from synqd.app.operations.telling import TellOperations
from synqd.app.operations.verifying import VerifyOperations

__all__ = ["DaemonOperations", "Running"]


class DaemonOperations(
    JobOperations,
    HoldOperations,
    DeadOperations,
    DryOperations,
    LookOperations,
    TellOperations,
    VerifyOperations,
    ForgetOperations,
):
    """Implements ``synqd.control.Operations``."""
