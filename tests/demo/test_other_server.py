"""Another server than this machine's, for tests that depend on which one it is."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from synqd_demo.mariadb import MariaDB, MariaDBError
from synqd_demo.programs import OTHER
from tools.servers import trials
from tools.servers.__main__ import table

GREETING = {"mysql": "9.7.4-2 for Linux on x86_64", "mariadb": "11.8.9-MariaDB for debian-linux-gnu"}
REPORT = """<testsuites><testsuite>
<testcase classname="tests.magento.test_rights" name="one"/>
<testcase classname="tests.magento.test_rights" name="two"><failure/></testcase>
<testcase classname="tests.entities.order.test_order" name="three"><skipped/></testcase>
</testsuite></testsuites>"""


@pytest.fixture(params=sorted(GREETING))
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A folder with a server that says what it is, below one whose name says something else."""
    made = tmp_path / "of-mariadb"
    made.mkdir()
    for name in ("mariadbd", "mariadb-install-db"):
        (made / name).write_text(f"#!/bin/sh\necho $0 ' Ver {GREETING[request.param]}'\n")
        (made / name).chmod(0o755)
    return made


def test_a_server_that_was_asked_for_by_name_may_be_mysql(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(OTHER, str(folder))
    server = MariaDB(tmp_path)
    assert server.programs.server == str(folder / "mariadbd")
    assert server.is_mysql is (server.programs.version() == GREETING["mysql"])


def test_one_that_was_found_may_not(folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(OTHER, raising=False)
    monkeypatch.setenv("PATH", os.pathsep.join((str(folder), os.environ["PATH"])))
    if "MariaDB" in (folder / "mariadbd").read_text():
        assert not MariaDB(tmp_path).is_mysql
    else:
        with pytest.raises(MariaDBError, match="is not MariaDB"):
            MariaDB(tmp_path)


def test_results_are_counted_by_suite(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text(REPORT)
    counts = trials.counted(report, ["rights", "mappings"])
    assert counts == {"rights": Counter(passed=1, failed=1), "mappings": Counter(skipped=1)}
    lines = table({"mysql-9.7": counts, "galera": "apt-get failed"}, ["rights", "mappings"]).splitlines()
    assert lines[2:] == ["| mysql-9.7 | 1/1/0 | 0/0/1 |", "| galera | apt-get failed | |"]


def test_tests_that_did_not_come_to_run_have_failed(tmp_path: Path) -> None:
    assert trials.counted(tmp_path / "none.xml", ["rights"]) == {"rights": Counter(failed=1)}
