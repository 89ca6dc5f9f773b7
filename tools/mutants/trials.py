"""Copies of the tree, and pytest in them."""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import cache_from_source
from pathlib import Path

from coverage import CoverageData

from tools.mutants.plugin import CHOSEN, TIMES

MEMORY = Path("/dev/shm")  # noqa: S108 - a queue file in memory is written three times as fast
MEMORY_NEEDED = 4 << 30
MOST_MEMORY = 4 << 30
"""Bytes of address space that tests may have: a mutant may never stop to fill it."""
GRACE = 20.0
"""Seconds that tests have to stop the servers that they started."""
PYTEST = (
    *("-m", "pytest", "-q", "-x", "--no-header", "--tb=short", "-p", "no:randomly", "-p", "no:cacheprovider"),
    *("--hypothesis-seed=0", "-p", "tools.mutants.plugin"),
)
NO_TEST = 5
"""Exit status of pytest."""

Contexts = Mapping[int, list[str]]
"""By line of a file, the ids of the tests that run it, and "" if it is run before any test."""


@dataclass(frozen=True)
class Trace:
    """What tests do without any mutant: lines that they run, by file, and their seconds, by id."""

    contexts: Mapping[Path, Contexts]
    times: Mapping[str, float]


class TimedOut(Exception):
    """The tests did not end in time."""


class Copy:
    """A copy of the tree in a directory of its own, to break and to mend."""

    def __init__(self, top: Path, home: Path) -> None:
        """Args: top: of the tree; home: where the copy goes, and temporary files of its tests."""
        self._home = home
        self._top = home / "tree"
        self._temporary = home / "tmp"
        self._temporary.mkdir(parents=True)
        # PYTHONPATH comes before the environment's own way to the tree that it was made in.
        self._environment = os.environ | {"PYTHONPATH": str(self._top), "TMPDIR": str(self._temporary)}
        self._environment.setdefault("SYNQD_CONFORMANCE_DIR", str(top.parent / "shared" / "magento"))
        for name in _files(top):
            (self._top / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(top / name, self._top / name)

    @contextmanager
    def broken(self, path: Path, code: str) -> Iterator[None]:
        """A file has other code for a while."""
        whole = (self._top / path).read_text()
        self._write(path, code)
        try:
            yield
        finally:
            self._write(path, whole)

    def _write(self, path: Path, code: str) -> None:
        (self._top / path).write_text(code)
        # Two versions of one size within a second look like one to Python.
        Path(cache_from_source(str(self._top / path))).unlink(missing_ok=True)

    def passes(self, tests: Sequence[str], limit: float = 3600.0, chosen: Sequence[str] = ()) -> bool:
        """Runs tests up to the first failure.

        Args: limit: seconds that they may take; chosen: only those of them that have these ids, so ordered.

        Raises:
            TimedOut: they took longer.
        """
        environment = self._environment
        if chosen:
            (self._home / "chosen").write_text("\n".join(chosen))
            environment = environment | {CHOSEN: str(self._home / "chosen")}
        return self._run([*PYTEST, *tests], limit, environment)

    def passes_at_last(self, tests: Sequence[str], limit: float = 3600.0, chosen: Sequence[str] = ()) -> bool:
        """The same; once more if one fails, as a test of the whole daemon may on a busy machine."""
        return self.passes(tests, limit, chosen) or self.passes(tests, limit, chosen)

    def traced(self, tests: Sequence[str], folder: str) -> Trace | None:
        """What tests do in the files of a folder; nothing if one of them fails."""
        data, times = self._home / "coverage", self._home / "times"
        options = [f"--source={folder}", f"--data-file={data}"]
        environment = self._environment | {TIMES: str(times)}
        if not self._run(["-m", "coverage", "run", *options, *PYTEST, *tests], 3600.0, environment):
            return None
        read = CoverageData(data)
        read.read()
        contexts = {Path(name): read.contexts_by_lineno(name) for name in read.measured_files()}
        relative = {path.relative_to(self._top): lines for path, lines in contexts.items()}
        return Trace(relative, json.loads(times.read_text()))

    def _run(self, arguments: Sequence[str], limit: float, environment: Mapping[str, str]) -> bool:
        with (self._home / "output").open("wb") as output:
            process = subprocess.Popen(  # noqa: S603 - our own tests
                [sys.executable, *arguments],
                cwd=self._top,
                env=environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
            resource.prlimit(process.pid, resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
            try:
                status = process.wait(limit)
            except subprocess.TimeoutExpired:
                raise TimedOut from None
            finally:
                _end(process)
                shutil.rmtree(self._temporary, ignore_errors=True)
                self._temporary.mkdir(exist_ok=True)
        if status == NO_TEST:
            raise LookupError(f"no test was run: {self.output()}")
        return status == 0

    def output(self) -> str:
        """What the last tests printed."""
        return (self._home / "output").read_text(errors="replace")


def _files(top: Path) -> list[str]:
    """What git knows of, and what it does not ignore."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607 - the one on the path
        cwd=top,
        check=True,
        capture_output=True,
        text=True,
    )
    return [name for name in listed.stdout.split("\0") if name and (top / name).is_file()]


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends tests and all that they started."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)  # pytest stops its servers then
        with suppress(subprocess.TimeoutExpired):
            process.wait(GRACE)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@contextmanager
def copies(top: Path, number: int) -> Iterator[list[Copy]]:
    """So many copies of the tree, in memory where there is room."""
    roomy = os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > MEMORY_NEEDED
    with tempfile.TemporaryDirectory(prefix="synqd-m-", dir=MEMORY if roomy else None) as directory:
        yield [Copy(top, Path(directory) / str(index)) for index in range(number)]
