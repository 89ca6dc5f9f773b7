"""Builds a Debian package of the project's files as they are now, for the release of Debian that this is.

    python -m tools.deb [FOLDER]

The package lies in FOLDER, or `dist/`, then. Its version is the project's, its time that of the last commit.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from synqd import __version__
from tools.tree import TOP, copied

DIST = TOP / "dist"
TEMPLATES = Path(__file__).resolve().parent / "debian"
CHANGELOG = """\
synqd ({version}-1) unstable; urgency=medium

  * CHANGELOG.md says what is new.

 -- The synqd maintainers <synqd@packages.invalid>  {moment}
"""
BUILD = ("dpkg-buildpackage", "-b", "-us", "-uc")
NEEDED = ("dpkg-buildpackage", "dh")


def debian_version(version: str) -> str:
    """How Debian writes a version, so that what comes before a release is older than it: 1.0rc1, 1.0~rc1."""
    return re.sub(r"\.?(a|b|rc|dev)(?=\d)", r"~\1", version)


def build(into: Path) -> Path:
    """Builds the package; returns its path.

    Raises:
        subprocess.CalledProcessError: it cannot be built; the output says why.
    """
    ask = ("git", "log", "-1", "--format=%cD")
    moment = subprocess.run(ask, cwd=TOP, capture_output=True, text=True, check=True)  # noqa: S603 - git
    with tempfile.TemporaryDirectory(prefix="synqd-deb-") as name:
        source = copied(Path(name) / "synqd")
        shutil.copytree(TEMPLATES, source / "debian")
        shutil.copy(source / "LICENSE", source / "debian" / "copyright")
        text = CHANGELOG.format(version=debian_version(__version__), moment=moment.stdout.strip())
        (source / "debian" / "changelog").write_text(text, encoding="utf-8")
        subprocess.run(BUILD, cwd=source, check=True)  # noqa: S603 - Debian's own tool
        (made,) = Path(name).glob("synqd_*.deb")
        into.mkdir(parents=True, exist_ok=True)
        return Path(shutil.copy(made, into))


def main(arguments: list[str]) -> int:
    """Builds and tells where; returns the exit status."""
    if missing := [name for name in NEEDED if not shutil.which(name)]:
        print(
            f"deb: {', '.join(missing)} not found: tools/setup.sh --with-packages",
            file=sys.stderr,
        )
        return 1
    try:
        made = build(Path(arguments[0]) if arguments else DIST)
    except subprocess.CalledProcessError as error:
        print(f"deb: {error}", file=sys.stderr)
        return 1
    print(f"deb: {made}, {made.stat().st_size / 1e6:.1f} MB; nothing was uploaded")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
