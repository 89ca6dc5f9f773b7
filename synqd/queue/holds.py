"""What operators keep from being delivered: flags ``hold/WORKSPACE/MODEL``, either of which may be ``*``."""

from collections.abc import Iterable
from typing import NamedTuple

from synqd.models.names import Model
from synqd.queue import flags
from synqd.queue.database import Database

_KIND = "hold"
_ALL = "*"


class Hold(NamedTuple):
    """Delivery that is paused: of a workspace and a model, None means all; since when, by whom."""

    workspace: str | None
    model: Model | None
    at: int
    by: str

    def covers(self, workspace: str, model: Model) -> bool:
        """Whether nothing of a model leaves for a workspace."""
        return self.workspace in (None, workspace) and self.model in (None, model)


def covered(holds: Iterable[Hold], workspace: str, model: Model) -> bool:
    """Whether one of them keeps a model from leaving for a workspace."""
    return any(hold.covers(workspace, model) for hold in holds)


def every(db: Database) -> list[Hold]:
    """All of them, by workspace and model."""
    return [
        _hold(name.split("/", 2), flag)
        for name, flag in sorted(flags.flags(db).items())
        if name.startswith(f"{_KIND}/")
    ]


def put(db: Database, workspace: str | None, model: Model | None, by: str, now: int) -> None:
    """Pause delivery."""
    flags.set_flag(db, _name(workspace, model), "1", by, now)


def lift(db: Database, workspace: str | None, model: Model | None) -> bool:
    """Let it go on; without workspace and model everything. False if exactly this was not paused."""
    if workspace or model:
        return flags.clear_flag(db, _name(workspace, model))
    lifted = [flags.clear_flag(db, _name(one.workspace, one.model)) for one in every(db)]
    return bool(lifted)


def _hold(parts: list[str], flag: flags.Flag) -> Hold:
    _, workspace, model = parts
    return Hold(
        None if workspace == _ALL else workspace, None if model == _ALL else Model(model), flag.at, flag.by
    )


def _name(workspace: str | None, model: Model | None) -> str:
    return f"{_KIND}/{workspace or _ALL}/{model.value if model else _ALL}"
