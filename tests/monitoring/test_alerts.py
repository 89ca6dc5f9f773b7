"""Each alert fires when it should, and no other one does: with promtool, on the series of ``scenarios``."""

import json
import re
from pathlib import Path

import pytest

from tests.monitoring.prometheus import promtool
from tests.monitoring.scenarios import SCENARIOS, Scenario

TOP = Path(__file__).resolve().parent.parent.parent
RULES = TOP / "monitoring" / "alerts.yml"
RUNBOOK = TOP / "docs" / "runbook.md"
ALERTS = re.findall(r"- alert: (\w+)", RULES.read_text())


def test_the_rules_are_sound() -> None:
    checked = promtool("check", "rules", "--lint-fatal", str(RULES))
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_every_scenario_fires_what_it_should(tmp_path: Path) -> None:
    tests = [_promtool_test(scenario) for scenario in SCENARIOS]
    document = {"rule_files": [str(RULES)], "evaluation_interval": "1m", "tests": tests}
    path = tmp_path / "test.json"  # JSON is YAML
    path.write_text(json.dumps(document))
    tried = promtool("test", "rules", str(path))
    assert tried.returncode == 0, (tried.stdout + tried.stderr).decode()


def _promtool_test(scenario: Scenario) -> dict[str, object]:
    return {
        "name": scenario.name,
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in scenario.series().items()],
        "promql_expr_test": [
            {
                "expr": 'count by (alertname) (ALERTS{alertstate="firing"})',
                "eval_time": f"{scenario.minutes}m",
                "exp_samples": [
                    {"labels": f'{{alertname="{name}"}}', "value": 1} for name in sorted(scenario.alerts)
                ],
            }
        ],
    }


@pytest.mark.parametrize("alert", ALERTS)
def test_every_alert_is_tried(alert: str) -> None:
    assert any(alert in scenario.alerts for scenario in SCENARIOS)


@pytest.mark.parametrize("alert", ALERTS)
def test_every_alert_links_to_its_section(alert: str) -> None:
    rule = RULES.read_text().split(f"- alert: {alert}\n")[1].split("- alert:")[0]
    assert f"runbook_url: file:///usr/local/share/synqd/runbook.md#{alert.lower()}\n" in rule
    assert re.search(r"severity: (critical|warning|info)", rule)
    section = RUNBOOK.read_text().split(f"\n## {alert}\n")[1].split("\n## ")[0]
    for part in ("**Means**", "**The shop notices**", "**Look**", "**Remedy**"):
        assert part in section, part


def test_the_runbook_has_no_other_sections() -> None:
    assert re.findall(r"^## (\w+)$", RUNBOOK.read_text(), re.MULTILINE) == ALERTS


def test_the_runbook_names_commands_that_exist() -> None:
    known = set(
        re.findall(r"^## `(synq\w+ [^`]+)`", (TOP / "docs" / "commands.md").read_text(), re.MULTILINE)
    )
    code = "\n".join(_code(RUNBOOK))
    named = set(re.findall(r"^(?:synqd|synqctl) [a-z][a-z-]*", code, re.MULTILINE))
    assert len(named) > 10
    assert named <= known


def _code(page: Path) -> list[str]:
    """What stands in code of a page, inline and in blocks."""
    inline = re.findall(r"(?<!`)`([^`\n]+)`(?!`)", page.read_text())
    blocks = re.findall(r"```\w*\n(.*?)```", page.read_text(), re.DOTALL)
    return [*inline, *"\n".join(blocks).splitlines()]
