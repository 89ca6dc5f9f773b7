"""The suites on one server: pytest in a process of its own, counted."""

import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from synqd_demo.programs import OTHER, Programs
from tools.servers.catalog import SUITES, Server
from tools.servers.cluster import cluster

TOP = Path(__file__).resolve().parents[2]
MEMORY = Path("/dev/shm")  # noqa: S108 - data of servers that live for minutes
GALERA = "root/usr/lib/galera/libgalera_smm.so"

Counts = Mapping[str, Counter[str]]
"""Of each suite, how many tests passed, failed and were skipped."""


def try_out(
    server: Server, folder: Path | None, suites: Sequence[str], options: Sequence[str]
) -> tuple[str, Counts]:
    """Runs suites on a server; returns its version and what became of them.

    Args:
        server: which.
        folder: its programs; None for what this machine has.
        suites: names of ``SUITES``.
        options: more options for pytest.
    """
    if folder is not None:
        os.environ[OTHER] = str(folder)
    else:
        os.environ.pop(OTHER, None)
    with _standing(server, folder) as more, tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch) / "report.xml"
        tests = dict.fromkeys(path for suite in suites for path in SUITES[suite])
        command = [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}", *options, *tests]
        environment = os.environ | more | {"SYNQD_SERVERS": "yes"}
        subprocess.run(command, cwd=TOP, env=environment, check=False)  # noqa: S603 - our own program
        return Programs.find().version().split()[0], counted(report, suites)


@contextmanager
def _standing(server: Server, folder: Path | None) -> Iterator[dict[str, str]]:
    """A cluster runs beside the tests, which know its sockets; a single server they start themselves."""
    if server.nodes == 1 or folder is None:
        yield {}
        return
    with cluster(folder.parent / GALERA, server.nodes, MEMORY) as sockets:
        yield {
            "SYNQD_TEST_SERVER": str(sockets[0]),
            "SYNQD_TEST_NODES": os.pathsep.join(map(str, sockets)),
        }


def counted(report: Path, suites: Sequence[str]) -> Counts:
    """What a report of pytest's says, by suite; without one everything has failed."""
    counts = {suite: Counter[str]() for suite in suites}
    if not report.exists():  # pytest did not come to it
        return {suite: Counter(failed=1) for suite in suites}
    for case in ET.parse(report).iter("testcase"):  # noqa: S314 - written by pytest just now
        place = case.get("classname", "").replace(".", "/")
        for suite in suites:
            if any(place.startswith(path.removesuffix(".py")) for path in SUITES[suite]):
                counts[suite][_verdict(case)] += 1
    return counts


def _verdict(case: ET.Element) -> str:
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    return "passed" if case.find("skipped") is None else "skipped"
