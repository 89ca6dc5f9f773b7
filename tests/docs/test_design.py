"""The design stands in the project: decisions that are cited are written down, files that are named exist."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from synqd.movers.verifier.compare import Verdict

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
DECISION = re.compile(r"\bS(\d{1,2})\b")
INVARIANT = re.compile(r"\bQ(\d{1,2})\b")
FILE = re.compile(r"`((?:synqd|synqd_demo|tests|tools|benchmarks|docs)/[\w./-]+)`")


def cited(pattern: re.Pattern[str]) -> set[int]:
    """Numbers that code, tests and docs cite."""
    return {int(number) for text in texts() for number in pattern.findall(text)}


def texts() -> Iterator[str]:
    for folder, kinds in (("synqd", ("*.py", "*.sql")), ("tests", ("*.py",)), ("docs", ("*.md",))):
        for kind in kinds:
            yield from (path.read_text(encoding="utf-8") for path in (ROOT / folder).rglob(kind))


def test_each_decision_that_is_cited_is_written_down() -> None:
    defined = {
        int(one) for one in re.findall(r"^\*\*S(\d+) ", (DOCS / "semantics.md").read_text(), re.MULTILINE)
    }
    assert cited(DECISION) <= defined
    assert defined == set(range(1, len(defined) + 1))


def test_each_invariant_of_the_queue_that_is_cited_is_written_down() -> None:
    text = (ROOT / "synqd" / "queue" / "__init__.py").read_text()
    assert cited(INVARIANT) <= {int(one) for one in re.findall(r"^Q(\d+) ", text, re.MULTILINE)}


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda page: page.name)
def test_each_file_that_is_named_exists(page: Path) -> None:
    named = set(FILE.findall(page.read_text(encoding="utf-8")))
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_each_record_is_in_the_index() -> None:
    index = (DOCS / "adr" / "README.md").read_text()
    records = sorted(path.name for path in (DOCS / "adr").glob("0*.md"))
    assert [name for name in records if f"]({name})" not in index] == []


def _listed(package: Path) -> set[str]:
    """Modules that the docstring of a package lists, a line each: ``name``, ``name``  what it is."""
    text = (package / "__init__.py").read_text()
    lines = re.findall(r"^(?:``[a-z_]+``,? *)+(?=  )", text, re.MULTILINE)
    return {name for line in lines for name in re.findall(r"``([a-z_]+)``", line)}


@pytest.mark.parametrize(
    "package",
    sorted(path.parent for path in (ROOT / "synqd").rglob("__init__.py")),
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_each_module_that_a_package_lists_exists(package: Path) -> None:
    verdicts = {verdict.value for verdict in Verdict} if package.name == "verifier" else set()
    assert _listed(package) - verdicts <= {path.stem for path in package.iterdir()}
