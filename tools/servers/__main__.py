"""Runs what depends on the database server on several of them, and prints a table.

    python -m tools.servers [--server NAME ...] [--suite NAME ...] [--mirror URL] [options of pytest]

Servers are those of Debian's releases, fetched once and unpacked below ``.state/servers``; nothing is
installed. The mappings are compared with recordings of a real Magento where SYNQD_CONFORMANCE_DIR names a
folder with them. Ends with 1 if a test failed, or a server could not be had.
"""

import argparse
import os
import sys
from pathlib import Path

from tools.servers.catalog import SERVERS, SUITES, Server
from tools.servers.packages import NotThere, programs
from tools.servers.trials import TOP, Counts, try_out

MIRROR = "http://deb.debian.org/debian"
"""Packages are signed, so they need no TLS; SYNQD_DEBIAN_MIRROR names another one."""
Results = dict[str, Counts | str]


def main() -> None:
    """Entry point."""
    chosen, options = _arguments()
    results: Results = {}
    for server in SERVERS:
        if not chosen.server or server.name in chosen.server:
            name, result = _tried(server, chosen, options)
            results[name] = result
            print(f"\n{table(results, chosen.suite)}\n", flush=True)
    sys.exit(
        any(
            isinstance(one, str) or any(counts["failed"] for counts in one.values())
            for one in results.values()
        )
    )


def _tried(server: Server, chosen: argparse.Namespace, options: list[str]) -> tuple[str, Counts | str]:
    print(f"== {server.name}", flush=True)
    try:
        folder = programs(server, chosen.home, chosen.mirror)
        # A cluster runs once, for all: tests beside each other would take the same names of databases.
        jobs = ["-n", str(chosen.jobs), "--dist", "worksteal"] if server.nodes == 1 else []
        version, counts = try_out(server, folder, chosen.suite, [*jobs, *options])
    except (NotThere, OSError) as error:
        return server.name, str(error)
    return f"{server.name} ({version})", counts


def table(results: Results, suites: list[str]) -> str:
    """Server x suite: passed/failed/skipped, as a table of Markdown."""
    lines = [f"| server | {' | '.join(suites)} |", f"|---{'|---' * len(suites)}|"]
    for name, result in results.items():
        if isinstance(result, str):
            lines.append(f"| {name} | {result} |{' |' * (len(suites) - 1)}")
            continue
        cells = [
            "/".join(str(result[suite][word]) for word in ("passed", "failed", "skipped")) for suite in suites
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _arguments() -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(
        description="Runs what depends on the database server on several of them."
    )
    names = [server.name for server in SERVERS]
    parser.add_argument("--server", action="append", choices=names, help="only this one; may be repeated")
    parser.add_argument(
        "--suite", action="append", choices=list(SUITES), help="only this one; may be repeated"
    )
    parser.add_argument("--mirror", default=os.environ.get("SYNQD_DEBIAN_MIRROR", MIRROR), help="of Debian")
    parser.add_argument(
        "--home", type=Path, default=TOP / ".state/servers", help="where servers are unpacked"
    )
    parser.add_argument("--jobs", type=int, default=2, help="tests at a time")
    chosen, options = parser.parse_known_args()
    chosen.suite = chosen.suite or list(SUITES)
    chosen.home = chosen.home.absolute()
    return chosen, options


if __name__ == "__main__":
    main()
