"""What ships is what the code says, and fit for the programs that read it."""

import subprocess
import sys
from pathlib import Path

import pytest

from synqd.packaging import FILES
from tools.shipped import ROOM, shipped

GENERATED = shipped()
TOP = ROOM.parent.parent


@pytest.mark.parametrize("path", GENERATED)
def test_generated_files_are_those_of_the_code(path: str) -> None:
    assert (ROOM / path).read_text() == GENERATED[path], "run `make docs`"


def test_generating_depends_on_nothing_but_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("LANG", "de_DE.UTF-8")
    assert shipped() == GENERATED


def test_everything_that_ships_has_a_place() -> None:
    sources = {shipped.source for shipped in FILES}
    assert set(GENERATED) <= sources
    assert {f"systemd/{path.name}" for path in (TOP / "systemd").iterdir()} <= sources
    assert {f"monitoring/{path.name}" for path in (TOP / "monitoring").glob("*.*")} <= sources
    assert all(shipped.path.is_file() for shipped in FILES)
    assert len({shipped.target for shipped in FILES}) == len(FILES)


@pytest.mark.parametrize("page", [path for path in GENERATED if path.startswith("man/")])
def test_manual_pages_are_sound(page: str) -> None:
    rendered = subprocess.run(
        ["groff", "-man", "-Tutf8", "-P-cbou", "-ww", str(ROOM / page)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert rendered.stderr == ""
    assert "NAME" in rendered.stdout
    assert "`" not in rendered.stdout


def test_manual_pages_have_every_verb() -> None:
    assert "synqd check\\-config" in GENERATED["man/synqd.8"]
    assert "synqctl job show" in GENERATED["man/synqctl.1"]
    assert ".B settle_ceiling" in GENERATED["man/synqd.toml.5"]


@pytest.mark.parametrize(
    ("program", "begun", "verbs"),
    [("synqd", "ch", ["check-config", "changelog"]), ("synqctl", "ba", ["batch"])],
)
def test_bash_completes_verbs(program: str, begun: str, verbs: list[str], tmp_path: Path) -> None:
    script = ROOM / "completion" / f"{program}.bash"
    ask = (
        f"source {script}; COMP_WORDS=({program} {begun}); COMP_CWORD=1;"
        f' _{program}_completion {program}; printf "%s\\n" "${{COMPREPLY[@]}}"'
    )
    answered = subprocess.run(
        ["bash", "-c", ask],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"},
        cwd=tmp_path,
    )
    assert answered.stdout.split() == verbs
