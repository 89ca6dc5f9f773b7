"""Sweeps, one kind of silent change each; all leave what they find to the fan-out or enqueue it.

``days``      special prices that begin and end
``rules``     prices by catalog rules
``pictures``  galleries whose pictures were deleted by SQL; read-only capture: all changes of galleries
``shop``      settings of the shop, attributes; for read-only capture also categories and options
``keys``      entities that are gone: after a loss and once a day, for read-only capture often
``soundness`` whether everything is captured now
``held_up``   whether writes of the shop wait for a lock on the change log
``interrupted``  whether it was at every moment since the last look
``links``     links between products that changed while nobody looked
``source_items``  SKUs of source items, for the day when one is gone
``uncovered`` tables of which neither triggers nor logs tell, and texts spelled in another way
``switched``  models and store views that are on again after a while
``stamps``    rows that say themselves when they changed, and reservations (read-only capture)
"""

from synqd.models.names import Model
from synqd.poller.sweeper import Sweep
from synqd.poller.sweeps.days import PriceDays
from synqd.poller.sweeps.held_up import HeldUp
from synqd.poller.sweeps.interrupted import Interrupted
from synqd.poller.sweeps.keys import Keys
from synqd.poller.sweeps.links import Links
from synqd.poller.sweeps.moved import Moved
from synqd.poller.sweeps.pictures import Pictures
from synqd.poller.sweeps.rules import RulePrices
from synqd.poller.sweeps.shop import ShopSettings
from synqd.poller.sweeps.soundness import Soundness
from synqd.poller.sweeps.source_items import SourceItems
from synqd.poller.sweeps.stamps import TABLES, Reservations, Stamps
from synqd.poller.sweeps.switched import Switched
from synqd.poller.sweeps.tools import Tools
from synqd.poller.sweeps.uncovered import Spelling, Uncovered

__all__ = ["Tools", "all_sweeps"]


def all_sweeps(tools: Tools) -> list[Sweep]:
    """The sweeps that the configuration asks for."""
    settings = tools.routes.settings
    sweeps: list[Sweep] = [
        Switched(tools),
        Moved(tools),
        Soundness(tools),
        Interrupted(tools),
        ShopSettings(tools),
        Keys(tools),
    ]
    if Model.PRODUCT in settings.sync.models:
        sweeps += [PriceDays(tools), RulePrices(tools), Pictures(tools), Links(tools), SourceItems(tools)]
    if settings.magento.capture == "readonly":
        sweeps += [Stamps(tools, table) for table in TABLES if table.model in settings.sync.models]
        if Model.PRODUCT in settings.sync.models:
            sweeps.append(Reservations(tools))
    else:
        sweeps += [Uncovered(tools), Spelling(tools), HeldUp(tools)]
    return sweeps
