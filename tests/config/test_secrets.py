from pathlib import Path

import pytest

from synqd.config import Secret, read_secret
from synqd.models.errors import ConfigError


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
        ("directory", r"^\[magento\] password_file: .*directory cannot be read as text"),
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
