"""Writes monitoring/dashboard.json, the Grafana dashboard, from the table of panels; run by `make docs`."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools.panels import ROWS, D, Panel, W

TARGET = Path(__file__).resolve().parent.parent / "monitoring" / "dashboard.json"
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
WIDTH = 24

VARIABLES = (
    ("job", "label_values(synqd_build_info, job)"),
    ("instance", 'label_values(synqd_build_info{job=~"$job"}, instance)'),
    ("workspace", f"label_values(synqd_outbox_items{{{D}}}, workspace)"),
    ("store", f"label_values(synqd_outbox_items{{{W}}}, store)"),
    ("model", f"label_values(synqd_outbox_items{{{W}}}, model)"),
)


def dashboard() -> dict[str, Any]:
    """The whole document, in the form of Grafana's HTTP API and file provisioning."""
    return {
        "uid": "synqd",
        "title": "synqd",
        "description": "Magento to Synerise: what waits, what arrives, and what stands in the way.",
        "tags": ["synqd", "magento", "synerise"],
        "schemaVersion": 39,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "timezone": "browser",
        "annotations": {"list": []},
        "links": [],
        "templating": {"list": [_datasource(), *(_variable(*one) for one in VARIABLES)]},
        "panels": list(_panels()),
    }


def _datasource() -> dict[str, Any]:
    return {"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus"}


def _variable(name: str, query: str) -> dict[str, Any]:
    return {
        "name": name,
        "type": "query",
        "datasource": DATASOURCE,
        "query": {"query": query, "refId": name},
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"text": "All", "value": "$__all"},
    }


def _panels() -> Iterator[dict[str, Any]]:
    number = top = 0
    for row, panels in ROWS.items():
        number += 1
        position = {"h": 1, "w": WIDTH, "x": 0, "y": top}
        yield {
            "id": number,
            "type": "row",
            "title": row,
            "collapsed": False,
            "gridPos": position,
            "panels": [],
        }
        top, left, height = top + 1, 0, 0
        for panel in panels:
            number += 1
            if left + panel.width > WIDTH:
                top, left, height = top + height, 0, 0
            position = {"h": panel.height, "w": panel.width, "x": left, "y": top}
            yield {"id": number, "gridPos": position, **_panel(panel)}
            left, height = left + panel.width, max(height, panel.height)
        top += height


def _panel(panel: Panel) -> dict[str, Any]:
    table = panel.kind == "table"
    targets = [
        {
            "refId": chr(ord("A") + place),
            "datasource": DATASOURCE,
            "expr": expression,
            "legendFormat": legend,
            **({"format": "table", "instant": True} if table else {}),
        }
        for place, (expression, legend) in enumerate(panel.queries)
    ]
    more: dict[str, Any] = {"transformations": _columns(panel)} if table else {}
    if panel.kind == "stat":
        more["options"] = {"reduceOptions": {"calcs": ["lastNotNull"]}, "colorMode": "value"}
    if panel.title == "Version":
        more["options"]["textMode"] = "name"
        targets[0]["legendFormat"] = "{{version}}"
    return {
        "type": panel.kind,
        "title": panel.title,
        "description": panel.description,
        "datasource": DATASOURCE,
        "fieldConfig": {"defaults": _defaults(panel), "overrides": []},
        "targets": targets,
        **more,
    }


def _defaults(panel: Panel) -> dict[str, Any]:
    steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
    if panel.bad_above is not None:
        steps.append({"color": "red", "value": panel.bad_above})
    options = {
        value: {"text": text, "color": color, "index": place}
        for place, (value, text, color) in enumerate(panel.mappings)
    }
    custom: dict[str, Any] = {}
    if panel.kind == "timeseries":
        custom = {"fillOpacity": 20 if panel.stacked else 5, "showPoints": "never"}
        custom["stacking"] = {"mode": "normal" if panel.stacked else "none"}
    return {
        "unit": panel.unit,
        "min": 0,
        "custom": custom,
        "thresholds": {"mode": "absolute", "steps": steps},
        "mappings": [{"type": "value", "options": options}] if options else [],
    }


def _columns(panel: Panel) -> list[dict[str, Any]]:
    """One column for each query, joined by their labels."""
    names = {
        f"Value #{chr(ord('A') + place)}": legend.replace("{{instance}} ", "")
        for place, (_, legend) in enumerate(panel.queries)
    }
    return [
        {"id": "merge", "options": {}},
        {"id": "organize", "options": {"excludeByName": {"Time": True}, "renameByName": names}},
    ]


def text() -> str:
    """The file's content."""
    return json.dumps(dashboard(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    TARGET.write_text(text(), encoding="utf-8")
    sys.stdout.write("wrote monitoring/dashboard.json\n")
