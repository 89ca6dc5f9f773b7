"""The docs are under test: references are those of the code, links lead somewhere, verbs exist."""

import re
import runpy
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent.parent
DOCS = REPOSITORY / "docs"
PAGES = runpy.run_path(str(REPOSITORY / "tools" / "reference.py"))["PAGES"]
TEXTS = [*sorted(REPOSITORY.glob("*.md")), *sorted(DOCS.rglob("*.md"))]


@pytest.mark.parametrize("page", PAGES)
def test_references_are_those_of_the_code(page: str) -> None:
    assert (DOCS / page).read_text() == PAGES[page](), "run `make docs`"


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)", path.read_text()):
        if not target.startswith("https://"):
            assert (path.parent / target).exists(), f"{path.name} links to {target}"


def test_every_verb_in_the_readme_exists() -> None:
    known = (DOCS / "commands.md").read_text()
    for program, verb in re.findall(r"`(synqd|synqctl) ([a-z-]+)", (REPOSITORY / "README.md").read_text()):
        assert f"## `{program} {verb}`" in known, f"{program} {verb}"


def test_every_dependency_has_its_reason() -> None:
    reasons = (DOCS / "dependencies.md").read_text()
    declared = (REPOSITORY / "pyproject.toml").read_text().split("dependencies = [")[1].split("]")[0]
    for name in re.findall(r'"([a-z-]+)', declared):
        assert f"| {name} |" in reasons, name
