import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from synqd.cli.synqd.install_service import install_service
from synqd.models.errors import Fatal
from synqd.packaging import FILES, Choices, hidden, install, overrides, plan

UNIT = "lib/systemd/system/synqd.service"
PROGRAM = Path("/usr/bin/synqd")


@pytest.fixture
def prefix(tmp_path: Path) -> Path:
    return tmp_path / "usr"


def states(choices: Choices) -> set[str]:
    return {step.state for step in plan(choices)}


def call(*arguments: str) -> Result:
    return CliRunner().invoke(install_service, arguments)


def test_everything_is_put_in_place_once(prefix: Path) -> None:
    choices = Choices(prefix, PROGRAM)
    assert states(choices) == {"new"}
    install(plan(choices))
    assert states(choices) == {"in place"}
    written = {path: path.stat().st_mtime_ns for path in prefix.rglob("*") if path.is_file()}
    assert len(written) == len(FILES)
    install(plan(choices))
    assert {path: path.stat().st_mtime_ns for path in written} == written


def test_units_start_the_program_that_was_chosen(prefix: Path) -> None:
    install(plan(Choices(prefix, Path("/opt/100 % shop/synqd"))))
    unit = (prefix / UNIT).read_text()
    assert 'ExecStart="/opt/100 %% shop/synqd" run --config' in unit
    assert 'ExecReload="/opt/100 %% shop/synqctl" reload' in unit
    with pytest.raises(Fatal, match="plainer path"):
        plan(Choices(prefix, Path('/opt/"/synqd')))


def test_alerts_link_to_the_installed_runbook_or_the_one_named(prefix: Path) -> None:
    install(plan(Choices(prefix, PROGRAM)))
    rules = prefix / "share" / "synqd" / "alerts.yml"
    assert f"runbook_url: file://{prefix}/share/synqd/runbook.md#synqddown" in rules.read_text()
    assert (prefix / "share" / "synqd" / "runbook.md").is_file()
    install(plan(Choices(prefix, PROGRAM, "https://wiki.example/synqd")))
    assert "runbook_url: https://wiki.example/synqd#synqddown" in rules.read_text()


@pytest.mark.parametrize(
    "runbook",
    [
        "https://wiki.example/synqd\n    expr: vector(1)",
        'https://wiki.example/"synqd',
        "https://wiki.example/'synqd",
        "https://wiki.example/ #x",
        "https://wiki.example/{{ $value }}",
        "https://wiki.example/a\\b",
        "https://wiki.example/synqd#section",
        "javascript:alert(1)",
        "wiki.example/synqd",
        "https://anna:secret@wiki.example/",
        "\u202ehttps://wiki.example",
    ],
)
def test_a_runbook_that_would_break_the_rules_is_refused_in_one_line(prefix: Path, runbook: str) -> None:
    result = call("--prefix", str(prefix), "--program", str(PROGRAM), "--runbook", runbook)
    assert isinstance(result.exception, Fatal)
    assert str(result.exception).startswith("--runbook: the address ")
    assert str(result.exception).isprintable()
    assert not prefix.exists()


def test_a_runbook_under_an_odd_prefix_is_one_address(tmp_path: Path) -> None:
    install(plan(Choices(tmp_path / "o'brien: #1", PROGRAM)))
    rules = (tmp_path / "o'brien: #1/share/synqd/alerts.yml").read_text()
    assert f"runbook_url: file://{tmp_path}/o%27brien%3A%20%231/share/synqd/runbook.md#synqddown\n" in rules


def test_an_upgrade_changes_what_is_ours_and_nothing_else(prefix: Path) -> None:
    choices = Choices(prefix, PROGRAM)
    install(plan(choices))
    (prefix / UNIT).write_text("[Service]\nExecStart=/old\n")
    theirs = {
        prefix / "lib/systemd/system/synqd.service.d/own.conf": "[Service]\nNice=5\n",
        prefix / "etc/synqd/synqd.toml": "[sync]\nenabled = true\n",
        prefix / "var/lib/synqd/queue.db": "rows",
    }
    for path, text in theirs.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    outdated = [step.target for step in plan(choices) if step.state == "outdated"]
    assert outdated == [prefix / UNIT]
    install(plan(choices))
    assert "ExecStart=/usr/bin/synqd run" in (prefix / UNIT).read_text()
    assert {path: path.read_text() for path in theirs} == theirs


def test_files_are_readable_for_everybody_whatever_the_umask(prefix: Path) -> None:
    before = os.umask(0o077)
    try:
        install(plan(Choices(prefix, PROGRAM)))
    finally:
        os.umask(before)
    modes = {path.stat().st_mode & 0o777 for path in prefix.rglob("*") if path.is_file()}
    folders = {path.stat().st_mode & 0o777 for path in (prefix / "lib").rglob("*") if path.is_dir()}
    assert (modes, folders) == ({0o644}, {0o755})


def test_what_cannot_be_written_is_named(prefix: Path) -> None:
    prefix.parent.mkdir(exist_ok=True)
    prefix.write_text("a file, no directory")
    with pytest.raises(Fatal, match="cannot be"):
        install(plan(Choices(prefix, PROGRAM)))


def test_no_half_file_is_left_behind(prefix: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Fatal, match="No space left on device; run it as root"):
        install(plan(Choices(prefix, PROGRAM)))
    assert not [path for path in prefix.rglob("*") if path.is_file()]


@pytest.mark.parametrize("place", ["/root/.local/bin", "/home/ada/venv/bin", "/tmp/venv/bin"])
def test_a_program_that_services_cannot_see_is_refused(place: str, prefix: Path) -> None:
    assert hidden(Path("/usr/local/bin/synqd")) == ""
    assert place.split("/")[1] in hidden(Path(place) / "synqd")
    refused = call("--prefix", str(prefix), "--program", f"{place}/synqd")
    assert isinstance(refused.exception, Fatal)
    assert not prefix.exists()


def test_a_dry_run_says_all_and_does_nothing(prefix: Path) -> None:
    said = call("--dry-run", "--prefix", str(prefix), "--program", "/root/bin/synqd")
    assert said.exit_code == 0
    assert f"new       {prefix / UNIT}" in said.output
    assert "note: /root/bin/synqd lies under /root" in said.output
    assert "systemctl enable --now synqd.service" in said.output
    assert not prefix.exists()


def test_after_an_upgrade_the_service_is_to_be_restarted(prefix: Path) -> None:
    arguments = ("--prefix", str(prefix), "--program", str(PROGRAM))
    assert "enable --now" in call(*arguments).output
    (prefix / UNIT).write_text("")
    said = call(*arguments).output
    assert f"changed   {prefix / UNIT}" in said
    assert "systemctl restart synqd.service" in said


def test_an_instance_gets_places_of_its_own(prefix: Path) -> None:
    said = call("--dry-run", "--instance", "de", "--prefix", str(prefix), "--program", str(PROGRAM)).output
    assert 'in /etc/synqd/de.toml: [queue] directory = "/var/lib/synqd/de"' in said
    assert "systemctl enable --now synqd@de.service" in said


@pytest.mark.parametrize("name", ["synqd", "../x", "", "a b"])
def test_an_instance_that_cannot_be_one_is_refused(name: str) -> None:
    assert call("--dry-run", "--instance", name).exit_code == 2


def test_secrets_of_the_configuration_become_credentials(
    prefix: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("synqd.cli.synqd.install_service.CONFIGURATION", tmp_path)
    (tmp_path / "synqd.toml").write_text(
        '[magento]\npassword_file = "/etc/synqd/magento.password"\n'
        '[workspaces.main]\napi_key_file = "main.key"\nwebsites = ["base"]\n'
    )
    said = call("--dry-run", "--prefix", str(prefix), "--program", str(PROGRAM)).output
    assert f"LoadCredential=main.key:{tmp_path}/main.key\n" in said
    assert "LoadCredential=magento.password:/etc/synqd/magento.password\n" in said
    assert 'write "magento.password" for "/etc/synqd/magento.password"' in said
    assert 'write "main.key"' not in said


def test_a_unit_of_the_administrator_that_hides_ours_is_named(prefix: Path, tmp_path: Path) -> None:
    own = tmp_path / "etc"
    own.mkdir()
    assert not list(overrides(prefix, own))
    (own / "synqd.socket").touch()
    assert list(overrides(prefix, own)) == [own / "synqd.socket"]
