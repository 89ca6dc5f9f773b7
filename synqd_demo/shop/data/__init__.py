"""The rows of the demo shop: small, invented, the same every time except for dates counted from one day.

Two websites, five store views (one closed), three languages, three currencies, two stocks over three
sources; some forty products, twenty customers, twenty-five orders, fifteen subscribers. Each row is there
because a synchronization can get it wrong; the modules say why beside the odd ones.
"""

from __future__ import annotations

from datetime import date

from synqd_demo.shop.data.attributes import add_attributes
from synqd_demo.shop.data.catalog import add_catalog
from synqd_demo.shop.data.orders import add_orders
from synqd_demo.shop.data.people import add_people
from synqd_demo.shop.data.rows import Rows
from synqd_demo.shop.data.scopes import add_scopes


def shop_rows(day: date) -> Rows:
    """All rows of the shop as of ``day``."""
    rows = Rows()
    add_scopes(rows)
    attributes = add_attributes(rows, day)
    add_catalog(rows, attributes, day)
    add_people(rows, attributes, day)
    add_orders(rows, day)
    return rows
