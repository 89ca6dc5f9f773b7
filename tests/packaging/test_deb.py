"""The Debian package, in a Debian of its own: installed, used, removed, purged."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from synqd import __version__
from synqd.packaging import FILES
from tests.support.debian import Root, archive_of_root, good, need, unpacked, wheelhouse
from tools.deb.__main__ import debian_version

CONFIGURATION = """\
[magento]
password_file = "/etc/synqd/p"

[workspaces.a]
api_key_file = "/etc/synqd/k"
websites = ["base"]
"""
FAST = {"DPKG_DEB_COMPRESSOR_TYPE": "gzip", "DPKG_DEB_COMPRESSOR_LEVEL": "1"}


@pytest.mark.parametrize(
    ("version", "debian"),
    [("1.2.3", "1.2.3"), ("1.0rc1", "1.0~rc1"), ("1.0.dev3", "1.0~dev3"), ("2.0b2", "2.0~b2")],
)
def test_what_comes_before_a_release_is_older_than_it(version: str, debian: str) -> None:
    assert debian_version(version) == debian


@pytest.fixture(scope="module")
def root() -> Iterator[Root]:
    """A Debian root with the package in its /tmp."""
    need("dpkg-buildpackage", "dh")
    with tempfile.TemporaryDirectory(prefix="synqd-root-") as name:
        folder = Path(name)
        root = unpacked(archive_of_root(), folder / "root")
        offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheelhouse())}
        good(sys.executable, "-m", "tools.deb", folder, environment={**FAST, **offline})
        (package,) = folder.glob("synqd_*.deb")
        shutil.copy(package, root.path / "tmp" / "synqd.deb")
        yield root


@pytest.mark.long
def test_it_is_installed_used_and_removed(root: Root) -> None:
    assert "Setting up synqd" in root.good("dpkg", "--install", "/tmp/synqd.deb")
    assert root.good("synqd", "--version") == f"synqd, version {__version__}\n"
    assert root.good("synqctl", "--version") == f"synqctl, version {__version__}\n"
    _is_whole(root.path)
    _is_configured(root)
    _knows_no_place_of_its_build(root)
    root.good("dpkg", "--install", "/tmp/synqd.deb")  # an upgrade
    assert "synqd changelog uninstall" in root.good("dpkg", "--remove", "synqd")
    assert not root.run("which", "synqd").stdout
    assert not list((root.path / "usr").rglob("*synqd*")), "nothing is left behind"
    state = root.path / "var/lib/synqd"
    state.mkdir()
    root.good("dpkg", "--purge", "synqd")
    assert not state.exists()
    assert (root.path / "etc/synqd/k").exists(), "what people wrote stays"


def _is_whole(root: Path) -> None:
    moved = {"zsh/site-functions": "zsh/vendor-completions"}
    for shipped in FILES:
        target = shipped.target
        for old, new in moved.items():
            target = target.replace(old, new)
        zipped = f"{target}.gz"
        assert (root / "usr" / target).is_file() or (root / "usr" / zipped).is_file(), target
    assert "ExecStart=/usr/bin/synqd run" in (root / "usr/lib/systemd/system/synqd.service").read_text()
    assert "file:///usr/share/synqd/runbook.md#" in (root / "usr/share/synqd/alerts.yml").read_text()


def _is_configured(root: Root) -> None:
    assert "/var/lib/synqd" in root.good("getent", "passwd", "synqd")
    root.good("synqd", "init", "--output", "/etc/synqd/synqd.toml")
    assert root.good("stat", "--format=%a %U %G", "/etc/synqd/synqd.toml") == "640 root synqd\n"
    own = root.path / "etc/synqd/own.toml"
    own.write_text(CONFIGURATION)
    for name in ("k", "p"):
        (root.path / "etc/synqd" / name).write_text("secret")
        (root.path / "etc/synqd" / name).chmod(0o600)
    assert "is valid" in root.good("synqd", "check-config", "--config", "/etc/synqd/own.toml")
    own.write_text(CONFIGURATION + "nonsense = 1\n")
    assert root.run("synqd", "check-config", "--config", "/etc/synqd/own.toml").returncode


def _knows_no_place_of_its_build(root: Root) -> None:
    found = root.run("grep", "-rlI", "synqd-deb-", "/usr/lib/synqd", "/usr/share/synqd", "/usr/lib/systemd")
    assert found.stdout == ""
    compiled = "import synqd.queue as m; print(m.__spec__.cached, m.__file__)"
    cached, source = root.good("/usr/lib/synqd/bin/python3", "-c", compiled).split()
    assert source.startswith("/usr/lib/synqd/lib/")
    assert (root.path / cached.lstrip("/")).is_file(), "it is compiled already"
