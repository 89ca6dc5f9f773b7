"""Rules, dashboard and documentation speak of metrics that exist, and the documentation of all of them."""

import json
import re

import pytest

from tests.monitoring.expressions import (
    DASHBOARD,
    FOREIGN,
    RULES,
    TOP,
    Expression,
    dashboard,
    panels,
    rules,
)
from tools.dashboard import text
from tools.metrics import families

KNOWN = {name for name, _, _ in families()}
EXPRESSIONS = [*rules(), *dashboard()]


def test_all_expressions_are_found() -> None:
    assert len(list(rules())) == len(re.findall(r"^ +expr:", RULES.read_text(), re.MULTILINE))
    assert len(list(dashboard())) == DASHBOARD.read_text().count('"expr"')


@pytest.mark.parametrize("expression", EXPRESSIONS, ids=lambda one: one.place)
def test_every_metric_exists(expression: Expression) -> None:
    assert expression.metrics() - FOREIGN <= KNOWN, "no such metric"


def test_every_label_exists() -> None:
    labels = {name: {*labels, "job", "instance", "le"} for name, _, labels in families()}
    for expression in EXPRESSIONS:
        for name, matchers in re.findall(r"\b(synqd_[a-z0-9_]+)\{([^}]*)\}", expression.text):
            asked = set(re.findall(r"(\w+)(?:=~|!=|!~|=)\"", matchers))
            family = next(
                known for known in (name, re.sub(r"_(bucket|sum|count)$", "", name)) if known in labels
            )
            assert asked <= labels[family], f"{expression.place}: {name}"


def test_every_metric_is_documented_with_its_labels() -> None:
    page = (TOP / "docs" / "metrics.md").read_text()
    rows = re.findall(r"^\| `(synqd_\w+)` \| (\w+) \| ([^|]*) \|", page, re.MULTILINE)
    assert rows == sorted((name, family.type, ", ".join(labels)) for name, family, labels in families())


def test_the_dashboard_is_the_one_of_the_table() -> None:
    assert DASHBOARD.read_text() == text(), "run `make docs`"


def test_the_dashboard_can_be_imported_anywhere() -> None:
    document = json.loads(DASHBOARD.read_text())
    assert document["uid"] == document["title"] == "synqd"
    assert "id" not in document
    variables = {variable["name"]: variable for variable in document["templating"]["list"]}
    assert variables["datasource"]["type"] == "datasource"
    used = set(re.findall(r"\$\{?(\w+)", json.dumps(document["panels"]))) - {"__rate_interval"}
    assert used <= variables.keys()
    rows = [panel["title"] for panel in document["panels"] if panel["type"] == "row"]
    assert rows == ["Overview", "Store views", "Delivery", "Capture", "Queue", "Jobs", "Daemon"]


def test_every_panel_says_what_it_shows() -> None:
    numbers = set()
    for panel in panels():
        assert panel["description"].endswith("."), panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
        assert panel["datasource"]["uid"] == "${datasource}"
        assert all(target["datasource"]["uid"] == "${datasource}" for target in panel["targets"])
        numbers.add(panel["id"])
    assert len(numbers) == len(panels())


def test_panels_do_not_overlap() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        place = panel["gridPos"]
        cells = {
            (place["x"] + right, place["y"] + down)
            for right in range(place["w"])
            for down in range(place["h"])
        }
        assert not cells & taken, panel["title"]
        assert max(right for right, _ in cells) < 24
        taken |= cells
