"""The rooms, and the tests that have to notice when one of them is broken."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Room:
    """One package of synqd."""

    name: str
    suites: tuple[str, ...]
    """Tests of its verbs, then of what uses it in one process; a mutant meets those that run its lines."""
    daemon: tuple[str, ...]
    """Tests of the whole daemon that go through the room; for mutants that survive the suites."""

    @property
    def folder(self) -> str:
        """Its place in the tree."""
        return f"synqd/{self.name}"


ROOMS = (
    Room(
        "queue",
        (
            "tests/queue",
            "tests/jobrunner",
            "tests/janitor",
            "tests/verifier",
            "tests/control",
            "tests/drainer",
        ),
        ("tests/daemon/test_jobs_batch.py", "tests/daemon/test_forget.py", "tests/daemon/test_doubt.py"),
    ),
    Room(
        "drainer",
        ("tests/drainer", "tests/deciders"),
        ("tests/daemon/test_doubt.py", "tests/daemon/test_jobs_batch.py", "tests/daemon/test_outcomes.py"),
    ),
    Room(
        "poller",
        ("tests/poller", "tests/daemon/test_capture_spread.py", "tests/daemon/test_capture_deploys.py"),
        ("tests/daemon/test_continuous.py", "tests/daemon/test_faults_magento.py"),
    ),
    Room(
        "synerise",
        ("tests/synerise", "tests/deciders", "tests/drainer"),
        ("tests/daemon/test_doubt.py", "tests/daemon/test_outcomes.py"),
    ),
)
