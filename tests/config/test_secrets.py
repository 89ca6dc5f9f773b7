import os
import tempfile
import traceback
from pathlib import Path

import pytest

from synqd.config import Secret, hold_secrets, load_settings, read_secret
from synqd.models.errors import ConfigError
from synqd.models.shortage import Shortage
from tests.config.conftest import Load
from tests.support.shortage import without_files


def test_a_secret_is_read_and_never_printed(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text(" hunter2\n")
    secret = read_secret(path, "[workspaces.main] api_key_file")
    assert secret.reveal() == "hunter2"
    for shown in (repr(secret), str(secret), f"{secret}", f"{[secret]}", "%s" % secret):  # noqa: UP031 - each way of printing
        assert "hunter2" not in shown


def test_an_empty_file_is_an_empty_secret(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.touch()
    assert read_secret(path, "x").reveal() == ""


def test_a_credential_of_systemd_is_found_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    (tmp_path / "main.key").write_text("from systemd")
    assert read_secret(Path("main.key"), "x").reveal() == "from systemd"


def test_an_absolute_path_is_taken_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", "/nonexistent")
    path = tmp_path / "key"
    path.write_text("mine")
    assert read_secret(path, "x").reveal() == "mine"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("missing", r"^\[magento\] password_file: there is no file .*missing; write the secret into it"),
        ("directory", r"^\[magento\] password_file: .*directory cannot be read: Is a directory"),
        ("binary", r"^\[magento\] password_file: .*binary cannot be read as text"),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "directory").mkdir()
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match=said):
        read_secret(tmp_path / name, "[magento] password_file")


def test_a_secret_is_no_setting() -> None:
    assert Secret("x") != Secret("y")


SECRET = "hunter2-Pass/phrase"


@pytest.mark.parametrize(
    "text",
    [
        f'[magento]\npassword = "{SECRET}"',
        f'[magento]\nport = "{SECRET}"',
        f'[magento]\ntable_prefix = "{SECRET}"',
        f'[magento]\ntls = "{SECRET}"',
        f'[magento]\npassword_file = ["{SECRET}"]',
        f'[magento]\npassword_file = {{value = "{SECRET}"}}',
        f'magento = "{SECRET}"',
        f'workspaces = ["{SECRET}"]',
        f'[workspaces.main]\napi_key_file = "{SECRET}"',
        f'[workspaces.main]\napi_key = "{SECRET}"\nwebsites = ["base"]',
        f"[magento]\npassword_file = {SECRET}",
        f'[magento]\npassword_file = "{SECRET}',
        f'[magento]\npassword_file = "\\{SECRET}"',
        f"[magento]\npassword_file = '{SECRET}\x01'",
        f"[magento]\npassword_file {SECRET}",
        f'a = {{"{SECRET}" = 1, "{SECRET}" = 2}}',
        "a = " + 10_000 * "[" + SECRET,
        "a = " + 5_000 * "9" + SECRET,
    ],
)
def test_no_refused_configuration_is_quoted(load: Load, text: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load(text)
    told = "".join(traceback.format_exception(refused.value))
    assert not [word for word in ("hunter2", "phrase") if word in told]
    assert len(str(refused.value)) < 500


@pytest.mark.parametrize("name", ["SYNQD_MAGENTO__PORT", "SYNQD_MAGENTO__PASSWORD", "SYNQD_MAGENTO__TLS__X"])
def test_no_refused_variable_is_quoted(load: Load, name: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load("[magento]\ntls = 'off'", **{name: SECRET})
    assert "hunter2" not in "".join(traceback.format_exception(refused.value))


def test_a_secret_in_place_of_its_files_name_is_not_quoted() -> None:
    with pytest.raises(
        ConfigError, match=r"there is no file of the name given there; write the secret"
    ) as told:
        read_secret(Path(SECRET), "[workspaces.main] api_key_file")
    assert "hunter2" not in str(told.value)


def test_what_may_not_be_read_any_more_was_held(tmp_path: Path) -> None:
    """As root does before it becomes the owner of the state directory."""
    if os.geteuid() != 0:
        pytest.skip("only root can give its rights up")
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "key"
        path.write_text("held")
        text = f'[workspaces.main]\napi_key_file = "{path}"\nwebsites = ["base"]\n'
        text += '[magento]\npassword_file = "gone"\n'
        (tmp_path / "synqd.toml").write_text(text)
        hold_secrets(load_settings(tmp_path / "synqd.toml", {}))
        os.seteuid(65534)
        try:
            assert read_secret(path, "x").reveal() == "held"
            with pytest.raises(ConfigError, match="cannot be read"):
                read_secret(path.with_name("other"), "x")
        finally:
            os.seteuid(0)


def test_a_secret_that_cannot_be_read_just_now_is_an_outage(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("x")
    with (
        without_files(),
        pytest.raises(Shortage, match=r"^\[magento\] password_file: .*key cannot be read now"),
    ):
        read_secret(path, "[magento] password_file")
