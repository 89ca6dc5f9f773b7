"""The lock files: what a release is made of, to the last file."""

import re
import tomllib
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.lock import BUILD, LOCK, RELEASE, TOP, pins, wanted

PROJECT: dict[str, Any] = tomllib.loads((TOP / "pyproject.toml").read_text())["project"]
LOCKED = {canonicalize_name(name): version for name, version in pins(LOCK).items()}
ENTRY = re.compile(r"[a-z0-9-]+==[^ \\]+(?: ; [^\\]+)?(?: \\\n    --hash=sha256:[0-9a-f]{64})+\n")


@pytest.mark.parametrize("path", [LOCK, BUILD, RELEASE], ids=lambda path: path.name)
def test_every_package_has_a_version_and_hashes_and_nothing_else_is_said(path: Path) -> None:
    head, _, rest = path.read_text().partition("\n")
    assert head.startswith("# Made by `make lock`.")
    assert ENTRY.sub("", rest) == ""
    assert len(pins(path)) == len(ENTRY.findall(rest))


@pytest.mark.parametrize("line", PROJECT["dependencies"])
def test_every_dependency_is_locked_within_its_bounds(line: str) -> None:
    wanted = Requirement(line)
    assert wanted.specifier.contains(LOCKED[canonicalize_name(wanted.name)]), "run `make lock`"


def test_everything_that_they_need_in_turn_is_locked() -> None:
    names, seen = [Requirement(line).name for line in PROJECT["dependencies"]], set()
    while names:
        name = canonicalize_name(names.pop())
        assert name in LOCKED, "run `make lock`"
        if name in seen:
            continue
        seen.add(name)
        lines = map(Requirement, metadata.requires(name) or ())
        names += [one.name for one in lines if not one.marker or one.marker.evaluate({"extra": ""})]


@pytest.mark.parametrize("path", [BUILD, RELEASE], ids=lambda path: path.name)
def test_what_builds_and_checks_a_release_is_locked_within_its_bounds(path: Path) -> None:
    locked = pins(path)
    for requirement in map(Requirement, wanted()[path]):
        assert requirement.specifier.contains(locked[requirement.name]), "run `make lock`"


def test_an_image_and_a_release_are_built_by_the_same() -> None:
    assert pins(BUILD).items() <= pins(RELEASE).items()
