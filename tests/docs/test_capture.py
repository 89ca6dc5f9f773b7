"""The table of what is captured names tests that exist."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "capture.md").read_text()


def test_every_test_that_the_table_names_is_there() -> None:
    named = set(re.findall(r"`(test_\w+)`", TEXT))
    files = {path.stem for path in (ROOT / "tests").rglob("test_*.py")}
    assert len(named) > 5
    assert named <= files, sorted(named - files)


def test_every_row_of_shop_actions_names_its_proof() -> None:
    rows = [line for line in TEXT.splitlines() if line.startswith("| ") and line.count(" | ") == 4]
    actions = [row for row in rows if not row.startswith("| what happens")]
    assert len(actions) > 25
    assert [row for row in actions if not re.search(r"\| `test_[^|]*\|$", row)] == []
