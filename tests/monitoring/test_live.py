"""A real Prometheus watches a real daemon on the demo's stage; every query is asked, its values printed."""

import math
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from synqd_demo.command import free_port
from synqd_demo.play import WEBSITES
from synqd_demo.process import DaemonProcess
from synqd_demo.shop import traffic
from synqd_demo.stage import Stage, stage
from tests.monitoring.expressions import FOREIGN, RULES, Expression, dashboard, rules
from tests.monitoring.prometheus import Prometheus, prometheus, promtool
from tests.support.house import run

QUIET = {"synqd_changes_dropped_total"}
"""What has no series in this run: nothing is switched off."""


@asynccontextmanager
async def watched() -> AsyncIterator[tuple[Stage, Prometheus, int]]:
    """The stage, the daemon and Prometheus; everything has happened once."""
    target = free_port()
    with tempfile.TemporaryDirectory(prefix="synqd-") as name:
        directory = Path(name)
        async with stage(directory, WEBSITES, fake_port=0, metrics_port=target) as set_up:
            await run("synqd", "changelog", "install", "--config", str(set_up.config))
            async with (
                DaemonProcess(set_up.config, directory / "synqd.log"),
                prometheus(directory, target, RULES) as asked,
            ):
                await asked.wait("synqd_build_info")
                await _happen(set_up, asked)
                yield set_up, asked, target


async def _happen(set_up: Stage, asked: Prometheus) -> None:
    """A full synchronization, changes, an outage, a refused item, a pause, and a job that cannot end."""
    set_up.fake.add_fault("status", path=r"^/v4/transactions", count=1)
    set_up.fake.add_fault("partial", path=r"/items/batch$", count=1)
    await _ctl(set_up, "full", "--all-stores")
    await asked.wait('sum(synqd_job_parts{state="running"}) == 0 and sum(synqd_ledger_items) > 100')
    await traffic.save_product(set_up.session, "MUG-SAGE", "home_de", name="Becher")
    await traffic.register_customer(set_up.session, "home_en", "ada@shopper.example", "Ada", "Shopper")
    await asked.wait('sum(increase(synqd_items_total{outcome="sent"}[20s])) > 0')
    await asked.wait('synqd_delivery_latency_seconds_count{lane="live",model="customer"} > 0')
    await asked.wait("synqd_retries_total and on () synqd_items_buried_total")
    await asked.wait("synqd_changelog_lag_rows and on () synqd_changelog_faults")
    await _ctl(set_up, "pause", "--model", "order")
    await _ctl(set_up, "full", "--model", "order", "--store", "home_en")
    await asked.wait("synqd_paused and on () synqd_job_selected_items > 0")


async def _ctl(set_up: Stage, *arguments: str) -> None:
    await run("synqctl", "--socket", str(set_up.control_socket), *arguments)


async def test_every_expression_has_a_value() -> None:
    async with watched() as (_, asked, target):
        exposition = await _scrape(target)
        known = {line.split()[2] for line in exposition.decode().splitlines() if line.startswith("# TYPE")}
        empty, table = [], []
        for expression in [*rules(), *dashboard()]:
            assert expression.metrics() - FOREIGN <= known, f"{expression.place}: unknown metric"
            samples = await asked.query(expression.filled())
            table.append(_row(expression, samples))
            if not samples:
                empty.append(expression)
        _print(table)
        shown = set(dashboard())
        silent = [one.place for one in empty if one in shown and not one.metrics() <= QUIET]
        assert not silent, "panels without data"
        checked = promtool("check", "metrics", stdin=exposition)
        assert (checked.returncode, checked.stdout + checked.stderr) == (0, b"")
        await _rules_are_healthy(asked)


async def _rules_are_healthy(asked: Prometheus) -> None:
    """Prometheus evaluated every rule without an error, and nothing is wrong in a daemon that works."""
    groups = (await asked.get("rules"))["groups"]
    evaluated = [rule for group in groups for rule in group["rules"]]
    assert len(evaluated) == len(list(rules()))
    assert {(rule["name"], rule["health"], rule.get("lastError", "")) for rule in evaluated} == {
        (one.place, "ok", "") for one in rules()
    }
    firing = {alert["labels"]["alertname"] for alert in (await asked.get("alerts"))["alerts"]}
    # One item was refused on purpose; a pause is an alert only after hours.
    assert firing <= {"SynqdDeadLetters", "SynqdPausedLong", "SynqdDiskLow"}


async def _scrape(target: int) -> bytes:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{target}/metrics") as answer,
    ):
        assert answer.status == 200
        return await answer.read()


def _row(expression: Expression, samples: list[dict[str, Any]]) -> tuple[str, int, str]:
    numbers = [float(sample["value"][1]) for sample in samples]
    finite = [number for number in numbers if math.isfinite(number)]
    shown = f"{min(finite):.6g} .. {max(finite):.6g}" if finite else "-"
    return expression.place, len(samples), shown


def _print(table: list[tuple[str, int, str]]) -> None:
    width = max(len(place) for place, _, _ in table)
    lines = [f"{place:<{width}}  {series:>6}  {shown}" for place, series, shown in table]
    print(f"\n{'query':<{width}}  series  values", *lines, sep="\n", file=sys.stdout)  # noqa: T201 - the table
