"""Magento's product types that matter here; every other one is treated like ``simple``."""

CONFIGURABLE = "configurable"
GROUPED = "grouped"
BUNDLE = "bundle"
COMPOSITES = frozenset({CONFIGURABLE, GROUPED, BUNDLE})
