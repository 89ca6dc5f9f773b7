"""What reliability and security rest on are tests that exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(("page", "least"), [("reliability.md", 40), ("security.md", 60)])
def test_every_test_that_a_page_names_is_there(page: str, least: int) -> None:
    named = set(re.findall(r"`(?:tests/[\w/]+\.py::)?(test_\w+)`", (ROOT / "docs" / page).read_text()))
    text = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    defined = set(re.findall(r"def (test_\w+)\(", text))
    assert len(named) > least
    assert named <= defined, sorted(named - defined)


def test_every_row_of_the_table_names_its_proof() -> None:
    rows = [
        line for line in (ROOT / "docs" / "reliability.md").read_text().splitlines() if line.startswith("| ")
    ]
    faults = [row for row in rows if not row.startswith("| fault")]
    assert [row for row in faults if not re.search(r"\| `(test_|make torture)[^|]*\|$", row)] == []
