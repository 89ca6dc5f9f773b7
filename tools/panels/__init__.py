"""The panels of the dashboard, by row; ``dashboard`` makes the document."""

from collections.abc import Mapping, Sequence

from tools.panels import inside, outcome
from tools.panels.panel import D, Panel, W

__all__ = ["ROWS", "D", "Panel", "W"]

ROWS: Mapping[str, Sequence[Panel]] = {**outcome.ROWS, **inside.ROWS}
