"""Every PromQL expression of rules and dashboard, and the metrics in it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

TOP = Path(__file__).resolve().parent.parent.parent
RULES = TOP / "monitoring" / "alerts.yml"
DASHBOARD = TOP / "monitoring" / "dashboard.json"
NAME = re.compile(r"\b(?:synqd|process|python)_[a-z0-9_]+")
FOREIGN = frozenset(
    {"process_start_time_seconds", "process_resident_memory_bytes", "process_cpu_seconds_total"}
)
SUFFIXES = re.compile(r"_(bucket|sum|count)$")


class Expression(NamedTuple):
    """One query: where it stands, and its text."""

    place: str
    text: str

    def metrics(self) -> set[str]:
        """Names of the families that it asks for."""
        return {SUFFIXES.sub("", name) for name in NAME.findall(self.text)}

    def filled(self, interval: str = "30s") -> str:
        """With all of Grafana's variables filled in as for "All"."""
        text = self.text.replace("$__rate_interval", interval)
        return re.sub(r"\$(job|instance|workspace|store|model)\b", ".*", text)


def rules() -> Iterator[Expression]:
    """Expressions of the rules. Read without a YAML library: blocks are told by their indentation."""
    pattern = r"- (?:alert|record): (\S+)\n +expr: (?:\|\n((?:          .*\n)+)|(.+)\n)"
    for name, block, line in re.findall(pattern, RULES.read_text()):
        yield Expression(name, " ".join((block or line).split()))


def panels() -> list[dict[str, Any]]:
    """Panels of the dashboard, rows left out."""
    found = json.loads(DASHBOARD.read_text())["panels"]
    return [panel for panel in found if panel["type"] != "row"]


def dashboard() -> Iterator[Expression]:
    """Expressions of the dashboard's panels."""
    for panel in panels():
        for target in panel["targets"]:
            yield Expression(f"{panel['title']} {target['legendFormat']}".strip(), target["expr"])
