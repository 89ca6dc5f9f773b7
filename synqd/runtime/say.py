"""What our programs say: the one way to a terminal, on which nothing gets that could do anything to it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

import click

from synqd.models.text import as_json, escaped

REDRAW = "\r\x1b[K"
"""To the beginning of the line, and nothing right of it."""


def say(text: str = "", *, mark: str = "", color: str | None = None, err: bool = False) -> None:
    """Writes one line, or several; whatever they hold, it is only shown.

    Args:
        text: what to say.
        mark: what stands before it, on a terminal in bold or, if given, in ``color``.
        color: name of a colour.
        err: whether it goes to standard error.
    """
    before = click.style(_lines(mark), fg=color, bold=color is None) if mark else ""
    click.echo(before + _lines(text), err=err)


def say_json(value: Any) -> None:
    """Writes a value as one line of JSON."""
    click.echo(as_json(value))


def redraw(line: str = "", *, err: bool = False) -> None:
    """Writes over the line that the cursor is in, and stays there."""
    click.echo(f"{REDRAW}{escaped(line)}", nl=False, err=err)


class Program(click.Group):
    """A program of ours: what it was given wrongly, or fails with, is only shown, too."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Runs it."""
        sys.excepthook = _tell
        return super().main(*args, **kwargs)

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """Reads the arguments."""
        with _escaped():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command."""
        with _escaped():
            return super().invoke(ctx)


@contextmanager
def _escaped() -> Iterator[None]:
    """Click quotes what it was given in its messages."""
    try:
        yield
    except click.ClickException as error:
        error.message = _lines(error.message)  # type: ignore[misc]  # final, but no copy shows as much
        raise


def _tell(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """A bug of ours, as Python would tell it."""
    import traceback  # noqa: PLC0415 - the usual run has no need of it

    for line in traceback.format_exception(kind, error, trace):
        sys.stderr.write(_lines(line))


def _lines(text: str) -> str:
    return "\n".join(map(escaped, text.split("\n")))
