"""Asks osv.dev whether any package that synqd stands on, as installed here, is known to be vulnerable.

    python -m tools.audit [--required] [--locked] [--service URL]

Audited is what `pyproject.toml` asks for, development included, and what that asks for in turn, in the
versions of this environment; what the environment itself came with (pip, setuptools) is not. With
``--locked`` it is what a release is made of and with, in the versions of the lock files, too. Ends with 1
if there is an advisory that `[tool.audit.accepted]` of `pyproject.toml` does not give a reason for. Where
the service cannot be reached it says loudly that nothing was audited, which is a failure only with
``--required``.
"""

import argparse
import json
import re
import sys
import tomllib
import urllib.request
from collections.abc import Mapping, Sequence
from http.client import HTTPException
from importlib import metadata
from pathlib import Path

from tools.lock import LOCK, RELEASE, TOP, pins

SERVICE = "https://api.osv.dev/v1/querybatch"
PATIENCE = 20.0
"""Seconds in which the service has to answer."""


class NotAudited(Exception):
    """The service gave no verdict."""


def installed(root: str = "synqd") -> dict[str, str]:
    """Name -> version of everything that a package needs here, directly or not, without itself.

    A requirement that is not installed belongs to another platform, or is for development.
    """
    found: dict[str, str] = {}
    names = [root]
    while names:
        name = _canonical(names.pop())
        if name in found:
            continue
        try:
            package = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue
        found[name] = package.version
        # Extras of others were not asked for.
        wanted = [line for line in package.requires or () if name == root or "extra ==" not in line]
        names += [re.split(r"[^\w.-]", line, maxsplit=1)[0] for line in wanted]
    del found[root]
    return dict(sorted(found.items()))


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def locked() -> dict[str, str]:
    """What the lock files hold, as far as it is not installed here in the same version."""
    here = installed()
    held = {**pins(RELEASE), **pins(LOCK)}
    return {name: version for name, version in held.items() if here.get(_canonical(name)) != version}


def advisories(packages: Mapping[str, str], service: str) -> dict[str, list[str]]:
    """Name -> ids of the advisories that concern its version; packages without any are left out.

    Raises:
        NotAudited: the service does not answer, or not as its documentation says.
    """
    queries = [
        {"package": {"ecosystem": "PyPI", "name": name}, "version": version}
        for name, version in packages.items()
    ]
    request = urllib.request.Request(  # noqa: S310 - the address is a constant or the developer's own
        service, json.dumps({"queries": queries}).encode(), {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310 - as above
            results = json.load(answer)["results"]
        verdicts = zip(packages, results, strict=True)
        found = {name: [one["id"] for one in verdict.get("vulns", ())] for name, verdict in verdicts}
    except (OSError, HTTPException, ValueError, LookupError, TypeError, AttributeError) as error:
        raise NotAudited(f"{service}: {error}") from error
    return {name: ids for name, ids in found.items() if ids}


def accepted(pyproject: Path = TOP / "pyproject.toml") -> Mapping[str, str]:
    """Advisories that are known and do no harm here: id -> reason."""
    tools = tomllib.loads(pyproject.read_text())["tool"]
    return dict(tools.get("audit", {}).get("accepted", {}))


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the verdict and returns the exit status."""
    parser = argparse.ArgumentParser(prog="tools.audit")
    parser.add_argument("--required", action="store_true", help="no verdict is a failure, too")
    parser.add_argument("--locked", action="store_true", help="also what the lock files hold")
    parser.add_argument("--service", default=SERVICE, help=f"default: {SERVICE}")
    chosen = parser.parse_args(arguments)
    groups = [installed(), *([locked()] if chosen.locked else [])]
    count, known = sum(map(len, groups)), accepted()
    try:
        found = [advisories(group, chosen.service) for group in groups if group]
    except NotAudited as error:
        print(f"audit: NOT AUDITED, no verdict on {count} packages: {error}", file=sys.stderr)
        return 1 if chosen.required else 0
    bad = [
        (f"{name} {group[name]}", one)
        for group, concerned in zip(filter(None, groups), found, strict=True)
        for name, ids in concerned.items()
        for one in ids
        if one not in known
    ]
    for package, one in bad:
        print(f"audit: {package} has {one}: https://osv.dev/{one}", file=sys.stderr)
    print(f"audit: {count} packages, {len(bad)} open advisories")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
