"""``Sweeper`` finds what changes without a row in a log; each kind of it is a sweep in a module of its own.

All leave what they find to the fan-out or enqueue it.

``days``      special prices that begin and end
``rules``     prices by catalog rules
``pictures``  galleries whose pictures were deleted by SQL; read-only capture: all changes of galleries
``shop``      settings of the shop, attributes; for read-only capture also categories and options
``keys``      entities that are gone: after a loss and once a day, for read-only capture often
``soundness`` whether everything is captured now
``held_up``   whether writes of the shop wait for a lock on the change log
``replica``   whether the replica that is read keeps up
``interrupted``  whether it was at every moment since the last look
``links``     links between products that changed while nobody looked
``source_items``  SKUs of source items, for the day when one is gone
``uncovered`` tables of which neither triggers nor logs tell, and texts spelled in another way
``switched``  models and store views that are on again after a while
``versions``  content that begins, ends or rolls back (content staging)
``stamps``    rows that say themselves when they changed, and reservations (read-only capture)
"""

from synqd.entities import DECLARED
from synqd.models.names import Model
from synqd.movers.sweeper.days import PriceDays
from synqd.movers.sweeper.deps import SweepDeps
from synqd.movers.sweeper.held_up import HeldUp
from synqd.movers.sweeper.interrupted import Interrupted
from synqd.movers.sweeper.keys import Keys
from synqd.movers.sweeper.links import Links
from synqd.movers.sweeper.moved import Moved
from synqd.movers.sweeper.mover import Sweep, Sweeper
from synqd.movers.sweeper.pictures import Pictures
from synqd.movers.sweeper.replica import ReplicaLag
from synqd.movers.sweeper.rules import RulePrices
from synqd.movers.sweeper.shop import ShopSettings
from synqd.movers.sweeper.soundness import Soundness
from synqd.movers.sweeper.source_items import SourceItems
from synqd.movers.sweeper.stamps import Reservations, Stamps
from synqd.movers.sweeper.switched import Switched
from synqd.movers.sweeper.uncovered import Spelling, Uncovered
from synqd.movers.sweeper.versions import ContentVersions

__all__ = ["SweepDeps", "Sweeper", "all_sweeps"]


def all_sweeps(deps: SweepDeps) -> list[Sweep]:
    """The sweeps that the configuration asks for."""
    settings = deps.routes.settings
    sweeps: list[Sweep] = [
        Switched(deps),
        Moved(deps),
        Soundness(deps),
        Interrupted(deps),
        ShopSettings(deps),
        Keys(deps),
    ]
    if Model.PRODUCT in settings.sync.models:
        sweeps += [ContentVersions(deps), PriceDays(deps), RulePrices(deps), Pictures(deps), Links(deps)]
        sweeps.append(SourceItems(deps))
    if settings.magento.capture == "readonly":
        for model in settings.sync.models:
            sweeps += [Stamps(deps, model, table) for table in DECLARED[model].stamped]
        if Model.PRODUCT in settings.sync.models:
            sweeps.append(Reservations(deps))
    else:
        sweeps += [Uncovered(deps), Spelling(deps), HeldUp(deps)]
        if settings.magento.write_host is not None:
            sweeps.append(ReplicaLag(deps))
    return sweeps
