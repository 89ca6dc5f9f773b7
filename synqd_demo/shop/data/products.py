"""The whole range. The odd ones say beside them what they are for."""

from __future__ import annotations

from synqd_demo.shop.data.product import Product
from synqd_demo.shop.data.teas import SENCHA_TINS, TEAS
from synqd_demo.shop.data.wares import APRONS, COMPOSITES, CONFIGURABLES, MUG_COLORS, OTHERS, TABLEWARE

PRODUCTS: tuple[Product, ...] = (
    *SENCHA_TINS,
    *MUG_COLORS,
    *APRONS,
    *CONFIGURABLES,
    *TEAS,
    *TABLEWARE,
    *COMPOSITES,
    *OTHERS,
)
