"""Writes down what a release is made of: exact versions, and the hashes of all their files.

    python -m tools.lock

`requirements.lock` holds what the daemon needs, `tools/build.lock` what builds it, `tools/release.lock` what
builds and checks a release. Locked are the versions of this environment, with which the tests have run, and
of what it does not have the newest. uv finds them, in an environment of its own: pip hashes only the files of
the machine that it runs on.
"""

import re
import subprocess
import sys
import tempfile
import tomllib
import venv
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
LOCK = TOP / "requirements.lock"
BUILD = TOP / "tools" / "build.lock"
RELEASE = TOP / "tools" / "release.lock"
HEAD = "# Made by `make lock`. Installed with: pip install --require-hashes -r {}\n"
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)


def pins(lock: Path) -> dict[str, str]:
    """Name -> version of all that a lock file holds."""
    return dict(PIN.findall(lock.read_text(encoding="utf-8")))


def wanted() -> dict[Path, list[str]]:
    """Lock file -> the requirements, as the project declares them, that it is made of."""
    project = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))
    return {
        LOCK: project["project"]["dependencies"],
        BUILD: project["build-system"]["requires"],
        RELEASE: project["project"]["optional-dependencies"]["release"],
    }


def lock(target: Path, requirements: str, uv: list[str]) -> None:
    """Writes one lock file; ``requirements`` are one a line."""
    with tempfile.TemporaryDirectory() as folder:
        known, asked, made = (Path(folder) / name for name in ("known.txt", "asked.in", "made.txt"))
        known.write_text("\n".join(_installed()), encoding="utf-8")
        asked.write_text(requirements, encoding="utf-8")
        command = [*uv, "pip", "compile", "--quiet", "--universal", "--python-version", "3.11"]
        command += ["--generate-hashes", "--no-header", "--no-annotate"]
        command += ["--constraint", str(known), "--output-file", str(made), str(asked)]
        subprocess.run(command, check=True, cwd=folder)  # noqa: S603 - the program was just installed
        text = HEAD.format(target.relative_to(TOP)) + made.read_text(encoding="utf-8")
    target.write_text(text, encoding="utf-8")
    print(f"lock: {len(pins(target))} packages in {target.relative_to(TOP)}")


def _installed() -> Iterator[str]:
    for found in metadata.distributions():
        if found.name != "synqd":
            yield f"{found.name}=={found.version}"


def main() -> None:
    """Writes all of them."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=False)
        python = Path(folder) / "bin" / "python"
        pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "uv"]
        subprocess.run(pip, check=True)  # noqa: S603 - our own pip
        uv = [str(python), "-m", "uv"]
        for target, requirements in wanted().items():
            lock(target, "\n".join(requirements), uv)


if __name__ == "__main__":
    main()
