"""The samples of payloads in the documents are what ``synqd preview`` prints for the demo's shop."""

import json
import re
from datetime import date
from pathlib import Path

from tests.daemon.conftest import MakeHouse
from tests.support.database import MakeShop

REPOSITORY = Path(__file__).parents[2]
DAY = date(2026, 11, 23)
"""The day that the shop of the samples was made on: orders are dated from it."""
SAMPLES = (
    ("product", (101, 104, 125, 126, 128, 130)),
    ("customer", (304,)),
    ("order", (1004,)),
    ("subscriber", (603,)),
)


async def test_samples_are_what_preview_prints(make_house: MakeHouse, make_shop: MakeShop) -> None:
    page, readme = (
        (REPOSITORY / name).read_text(encoding="utf-8") for name in ("docs/payloads.md", "README.md")
    )
    (settings,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    (lines,) = re.findall(r"```jsonc\n(.*?)```", readme, re.DOTALL)
    async with make_house(make_shop(day=DAY), extra=settings) as house:
        lists = [await house.preview(model, "home_de", *ids) for model, ids in SAMPLES]
    printed = [line["item"] for each in lists for line in each]
    assert [json.loads(text) for text in re.findall(r"```json\n(.*?)```", page, re.DOTALL)] == printed
    assert [json.loads(line) for line in lines.splitlines() if not line.startswith("//")] == printed
