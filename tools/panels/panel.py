"""What a panel of the dashboard is, and how its expressions are written."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

D = 'job=~"$job",instance=~"$instance"'
"""Series of the daemons chosen."""
W = f'{D},workspace=~"$workspace"'
S = f'{W},store=~"$store",model=~"$model"'
RATE = "$__rate_interval"


@dataclass(frozen=True)
class Panel:
    """One panel: queries are (expression, legend)."""

    title: str
    description: str
    queries: Sequence[tuple[str, str]]
    unit: str = "short"
    kind: str = "timeseries"
    width: int = 8
    height: int = 7
    stacked: bool = False
    bad_above: float | None = None
    """From this value on it shows red."""
    mappings: Sequence[tuple[str, str, str]] = ()
    """(value, text, color)."""


YES = (("1", "yes", "green"), ("0", "no", "red"))


def quantile(share: float, metric: str, by: str, selector: str) -> str:
    """A quantile of a histogram."""
    return f"histogram_quantile({share}, sum by (le, {by}) (rate({metric}_bucket{{{selector}}}[{RATE}])))"


def rate(metric: str, by: str, selector: str) -> str:
    """A counter's rate."""
    return f"sum by ({by}) (rate({metric}{{{selector}}}[{RATE}]))"


def ratio(part: str, whole: str, by: str, selector: str) -> str:
    """A gauge's share of another."""
    return f"sum by ({by}) ({part}{{{selector}}}) / (sum by ({by}) ({whole}{{{selector}}}) > 0)"


def stat(title: str, description: str, expression: str, **more: Any) -> Panel:
    """One number."""
    return Panel(title, description, [(expression, "")], kind="stat", width=3, height=4, **more)
