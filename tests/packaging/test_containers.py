"""What is written about containers at four places is one thing, and the configuration knows its keys."""

import re
import tomllib
from pathlib import Path

import pytest

from synqd.config import load_settings
from tools.lock import BUILD, LOCK, TOP

FILES = {name: (TOP / name).read_text() for name in ("Containerfile", "compose.yaml", "docs/containers.md")}
EVERYWHERE = ("64023", "9464", "/var/lib/synqd", "/etc/synqd", "/run/synqd")


@pytest.mark.parametrize("name", FILES)
def test_user_port_and_places_are_the_same_everywhere(name: str) -> None:
    assert [one for one in EVERYWHERE if one not in FILES[name]] == []
    ids = set(re.findall(r"\b6\d{4}\b", FILES[name]))
    assert ids == {"64023"}


@pytest.mark.parametrize("name", FILES)
def test_variables_are_keys_of_the_configuration(name: str, tmp_path: Path) -> None:
    (tmp_path / "synqd.toml").write_text("")
    values = {"SYNQD_METRICS__LISTEN": "0.0.0.0:9464", "SYNQD_LOG__FORMAT": "json"}
    named = set(re.findall(r"SYNQD_[A-Z]+__[A-Z_]+", FILES[name]))
    settings = load_settings(tmp_path / "synqd.toml", {one: values[one] for one in named})
    assert settings.metrics.listen.endswith(":9464")


def test_a_build_sees_all_that_a_wheel_is_made_of_and_no_more() -> None:
    ignored, *kept = [
        line for line in (TOP / ".dockerignore").read_text().splitlines() if not line.startswith("#")
    ]
    assert ignored == "*"
    seen = [line[1:] for line in kept if line.startswith("!")]
    project = tomllib.loads((TOP / "pyproject.toml").read_text())
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = [*wheel["packages"], *wheel["force-include"], project["project"]["readme"], "pyproject.toml"]
    needed += [*project["project"]["license-files"], *(str(path.relative_to(TOP)) for path in (LOCK, BUILD))]
    assert [one for one in needed if not any(_within(one, part) for part in seen)] == []
    assert [one for one in seen if not any(_within(part, one) for part in needed)] == []


def _within(path: str, folder: str) -> bool:
    return Path(path).is_relative_to(folder)
