"""Every promise of docs/security.md names the tests that hold it, and they are there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text()
PROOF = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def rows() -> list[str]:
    """The rows of the tables of promises."""
    tables = re.findall(r"^\| promise \| held by \|\n\|---\|---\|\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
    return [row for table in tables for row in table.splitlines()]


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[2:40])
def test_every_promise_names_tests_that_are_there(row: str) -> None:
    promise, proofs = re.fullmatch(r"\| (.+?) \| (.+) \|", row).groups()  # type: ignore[union-attr]
    named = PROOF.findall(proofs)
    assert named, f"who holds {promise!r}?"
    assert re.sub(PROOF, "", proofs).strip(", ") == ""
    for file, name in named:
        assert re.search(rf"^(async )?def {name}\(", (ROOT / file).read_text(), re.MULTILINE), (
            f"{file}::{name}"
        )


def test_no_promise_is_made_twice_and_every_part_says_its_limits() -> None:
    promises = [row.split(" | ")[0] for row in rows()]
    assert len(promises) > 40
    assert len(set(promises)) == len(promises)
    for part in PAGE.split("\n### ")[1:]:
        assert "\nLimits: " in part, part.splitlines()[0]
