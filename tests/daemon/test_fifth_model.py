"""A fifth model is one package and one line: a made-up one works in every way, beside the four."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from synqd_demo.fake_synerise import FakeSynerise
from tests.daemon.conftest import MakeHouse
from tests.support.control import Control
from tests.support.database import Database
from tests.support.house import House

ROOT = Path(__file__).resolve().parents[2]
LINE = '    SUBSCRIBER = "subscriber"\n'
NOTES = (
    "CREATE TABLE customer_note (note_id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY, store_id SMALLINT UNSIGNED,"
    " customer_id INT UNSIGNED,"
    " email VARCHAR(255), note VARCHAR(255), written_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP)",
    "INSERT INTO customer_note (store_id, email, note) VALUES (1, 'ann@post.example', 'first')",
    "INSERT INTO customer_note (store_id, email, note) VALUES (1, 'ben@post.example', 'second')",
)


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The code with the package and the line; every program that is started runs it."""
    for package in ("synqd", "synqd_demo"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "tests" / "support" / "fifth", tmp_path / "synqd" / "entities" / "note")
    names = tmp_path / "synqd" / "models" / "names.py"
    assert LINE in names.read_text()
    names.write_text(names.read_text().replace(LINE, f'{LINE}    NOTE = "note"\n'))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def notes(fake: FakeSynerise) -> list[str]:
    return [one["params"]["note"] for one in fake.events() if one["action"] == "note.left"]


async def test_a_made_up_model_is_captured_synchronized_counted_and_compared(
    tree: Path, make_house: MakeHouse, shop: Database, fake: FakeSynerise
) -> None:
    for statement in NOTES:
        await shop.sql(statement)
    async with make_house(shop) as house:
        await in_every_way(house, shop, fake)


async def in_every_way(house: House, shop: Database, fake: FakeSynerise) -> None:
    (shown,) = await house.preview("note", "home_en", 1)
    assert shown["item"]["params"]["note"] == "first"
    async with house.daemon:
        control = Control(house.home / "control.sock")
        await control.ended((await control.full(models=["note"]))["id"])
        assert sorted(notes(fake)) == ["first", "second"]
        await shop.sql(NOTES[1].replace("first", "third"))
        await control.until("/v1/status", lambda _: "third" in notes(fake))
        await control.ended((await control.batch("note", ids=[2]))["id"])
        assert notes(fake).count("second") == 2
        status: Any = await house.ctl("status")
        assert {one["model"] for one in status["streams"]} > {"note", "customer"}
        await house.ctl("verify", "--model", "note")
