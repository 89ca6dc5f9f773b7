"""One workspace of Synerise over HTTP."""

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from synqd.clock import Clock, SystemClock
from synqd.config import Secret, WorkspaceSettings
from synqd.limiter import LimiterState
from synqd.models.wire import Endpoint
from synqd.synerise.observer import Observer, Silent


@dataclass(frozen=True, slots=True)
class KeyCheck:
    """What a key may do.

    Attributes:
        workspace: name of the workspace at Synerise.
        missing: permissions that the key lacks, by endpoint; endpoints that lack none are left out.
        unchecked: endpoints for which no permission name is known.
    """

    workspace: str
    missing: Mapping[Endpoint, tuple[str, ...]]
    unchecked: tuple[Endpoint, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """Synerise has it; ``body`` is the profile or the item's value."""

    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Absent:
    """Synerise does not have it."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """The key may not read it, or the answer makes no sense; ``detail`` says which."""

    detail: str


Reading = Found | Absent | Unreadable


class Workspace:
    """A workspace to talk to; made by ``open_workspace``."""

    name: str

    async def check(self, endpoints: Collection[Endpoint]) -> KeyCheck:
        """Asks what the key may do.

        Raises:
            Denied: the key was refused; the message names the remedy.
            SyneriseUnavailable: no usable answer.
        """
        raise NotImplementedError

    async def find_catalog(self, name: str, *, create: bool = True) -> str | None:
        """Id of the catalog of that name, created if need be; None if it is missing and not to be created.

        Raises:
            Denied, SyneriseUnavailable: as ``check``.
        """
        raise NotImplementedError

    def remember_catalog(self, name: str, catalog_id: str) -> None:
        """Takes an id that was found earlier, so that no look-up is needed."""
        raise NotImplementedError

    def forget_catalog(self, name: str) -> None:
        """Looks the id up again next time."""
        raise NotImplementedError

    async def read_item(self, catalog: str, key: str) -> Reading:
        """Reads one catalog item.

        Raises:
            Denied, SyneriseUnavailable: as ``check``.
        """
        raise NotImplementedError

    async def read_profile(self, email: str) -> Reading:
        """Reads one profile.

        Raises:
            Denied, SyneriseUnavailable: as ``check``.
        """
        raise NotImplementedError

    @property
    def throttled_for(self) -> float:
        """Seconds until requests are welcome again after a 429; 0 when they are now."""
        raise NotImplementedError

    @property
    def limiter(self) -> LimiterState:
        """State of the limiter, to be kept over a restart."""
        raise NotImplementedError


@asynccontextmanager
async def open_workspace(
    name: str,
    settings: WorkspaceSettings,
    key: Secret,
    *,
    clock: Clock | None = None,
    observer: Observer | None = None,
    limiter: LimiterState | None = None,
) -> AsyncIterator[Workspace]:
    """A workspace whose connections are closed at the end; nothing is sent before the first call.

    Args:
        name: name of the workspace in the configuration.
        settings: its section.
        key: its API key.
        clock: time; the machine's own by default.
        observer: who hears of requests; nobody by default.
        limiter: state kept from before a restart.
    """
    _ = name, settings, key, clock or SystemClock(), observer or Silent(), limiter or LimiterState()
    yield Workspace()
