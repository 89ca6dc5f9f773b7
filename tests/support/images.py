"""Images made by buildah, without a container service; what runs in them is a child of the test."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support import debian

CHROOT = ("--isolation", "chroot")


class Buildah:
    """buildah with images of its own."""

    def __init__(self, folder: Path) -> None:
        self.environment = {**os.environ, "TMPDIR": str(folder)}
        self.command: tuple[str | Path, ...] = ()
        for driver in ("overlay", "vfs"):  # the first copies nothing, the second works everywhere
            places = ("--root", folder / driver / "images", "--runroot", folder / driver / "run")
            self.command = ("buildah", *places, "--storage-driver", driver)
            if self.try_("info").returncode == 0:
                return

    def try_(self, *arguments: str | Path) -> debian.Done:
        """Runs a command to its end, whatever its status."""
        return debian.run(*self.command, *arguments, environment=self.environment)

    def run(self, *arguments: str | Path) -> str:
        """The output of a command that has to work."""
        return debian.good(*self.command, *arguments, environment=self.environment).strip()

    @contextmanager
    def container(self, image: str) -> Iterator[str]:
        """A container of an image."""
        name = self.run("from", "--quiet", "--pull-never", image)
        try:
            yield name
        finally:
            self.run("rm", name)

    def base(self, archive: Path, name: str) -> str:
        """Makes an image of a root's archive; skips the test where nothing can run in one."""
        with self.container("scratch") as made:
            self.run("add", "--quiet", made, archive, "/")
            done = self.try_("run", *CHROOT, made, "--", "true")
            if done.returncode:
                pytest.skip(f"buildah cannot run anything here: {done.stdout.strip()}")
            self.run("commit", "--quiet", "--format", "docker", made, name)
        return name

    def told(self, image: str) -> dict[str, Any]:
        """What an image says of itself: user, volumes, how its health is asked for."""
        told = json.loads(self.run("inspect", "--type", "image", image))
        return dict(told["Docker"]["config"])
