"""Obstacles as exceptions, on the way up from a look-up or a login to whoever asked."""

from collections.abc import Callable
from dataclasses import replace

from synqd.models.errors import Denied, SyneriseUnavailable
from synqd.synerise.report import ObstacleKind, Postponed


class HeldDenied(Denied):
    """An operator has to act; ``postponed`` says in what way."""

    def __init__(self, postponed: Postponed) -> None:
        super().__init__(postponed.detail)
        self.postponed = postponed
        self.said = postponed.said

    def retell(self, words: Callable[[str], str]) -> None:
        """Keeps of what was said, and of the answer, only what may be kept by now."""
        super().retell(words)
        self.postponed = _retold(self.postponed, words)


class HeldUnavailable(SyneriseUnavailable):
    """It may pass by itself; ``postponed`` says what."""

    def __init__(self, postponed: Postponed) -> None:
        super().__init__(postponed.detail, retry_after=postponed.retry_after)
        self.postponed = postponed
        self.said = postponed.said

    def retell(self, words: Callable[[str], str]) -> None:
        """Keeps of what was said, and of the answer, only what may be kept by now."""
        super().retell(words)
        self.postponed = _retold(self.postponed, words)


def _retold(postponed: Postponed, words: Callable[[str], str]) -> Postponed:
    answer = postponed.answer and words(postponed.answer)
    return replace(postponed, answer=answer, said=words(postponed.said))


def held(postponed: Postponed) -> HeldDenied | HeldUnavailable:
    """The exception for an obstacle."""
    if postponed.kind in (ObstacleKind.DENIED, ObstacleKind.FORBIDDEN):
        return HeldDenied(postponed)
    return HeldUnavailable(postponed)


def senseless(what: str, status: int) -> HeldUnavailable:
    """The exception for an answer of success that cannot be understood."""
    return held_unavailable(f"{what}: the answer (HTTP {status}) makes no sense; check base_url and proxies")


def held_unavailable(detail: str) -> HeldUnavailable:
    """The exception for an obstacle without an answer of its own."""
    return HeldUnavailable(Postponed(ObstacleKind.UNAVAILABLE, detail))
