"""What our programs say: the one way to a terminal, on which nothing gets that could do anything to it."""

import io
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import IO, Any

import click

from synqd.models.text import as_json, escaped

REDRAW = "\r\x1b[K"
"""To the beginning of the line, and nothing right of it."""


Paint = Mapping[re.Pattern[str], str]
"""What is shown in a colour, on a terminal."""


def say(
    text: str = "",
    *,
    mark: str = "",
    color: str | None = None,
    err: bool = False,
    paint: Paint | None = None,
) -> None:
    """Writes one line, or several; whatever they hold, it is only shown.

    Colours are for terminals, and for nobody who sets ``$NO_COLOR`` (no-color.org).

    Args:
        text: what to say.
        mark: what stands before it, on a terminal in bold or, if given, in ``color``.
        color: name of a colour.
        err: whether it goes to standard error.
        paint: patterns whose matches in the text are shown in a colour.
    """
    before = click.style(_lines(mark), fg=color, bold=color is None) if mark else ""
    shown = _lines(text)
    for pattern, hue in (paint or {}).items():
        shown = pattern.sub(click.style(r"\g<0>", fg=hue), shown)
    click.echo(before + shown, err=err, color=None if _colours() else False)


def _colours() -> bool:
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def say_json(value: Any) -> None:
    """Writes a value as one line of JSON."""
    click.echo(as_json(value))


def say_fault(code: str, message: str, field: str | None = None) -> None:
    """Writes what went wrong to standard error as JSON, in the form of the control socket."""
    click.echo(as_json({"error": {"code": code, "message": message, "field": field}}), err=True)


def redraw(line: str = "", *, err: bool = False) -> None:
    """Writes over the line that the cursor is in, and stays there."""
    click.echo(f"{REDRAW}{escaped(line)}", nl=False, err=err)


def clear() -> None:
    """Empties the terminal, for a look at something again and again."""
    click.echo("\x1b[H\x1b[2J", nl=False)


class Program(click.Group):
    """A program of ours: what it was given wrongly, or fails with, is only shown, too.

    With ``--json`` it is told as JSON, also where the other arguments cannot be understood.
    """

    _as_json = False

    def main(self, args: Sequence[str] | None = None, *rest: Any, **kwargs: Any) -> Any:
        """Runs it."""
        given = list(sys.argv[1:] if args is None else args)
        self._as_json = "--json" in given
        sys.excepthook = _tell
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):  # where there are few letters, others are told by number
                stream.reconfigure(errors="backslashreplace")
        return super().main(given, *rest, **kwargs)

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """Reads the arguments."""
        with self._telling():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command."""
        with self._telling():
            return super().invoke(ctx)

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            with _escaped():
                yield
        except click.ClickException as error:
            if self._as_json and hasattr(error, "as_json"):
                error.as_json = True
            raise


@contextmanager
def _escaped() -> Iterator[None]:
    """Click quotes what it was given in its messages; a wrong usage is told in one line."""
    try:
        yield
    except click.UsageError as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # of click from 8.2 on
            raise
        raise WrongUsage(error) from error
    except click.ClickException as error:
        error.message = _lines(error.message)  # type: ignore[misc]  # final, but no copy shows as much
        raise


PLAIN = (
    (re.compile(r"is not a valid integer(?: range)?"), "is not a whole number"),
    (re.compile(r"is not a valid float(?: range)?"), "is not a number"),
    (re.compile(r"is not in the range (\S+)<=x<=(\S+)"), r"is not between \1 and \2"),
    (re.compile(r"is not in the range x>=(\S+)"), r"is less than \1"),
)
"""Click's words, and plain ones."""


class WrongUsage(click.ClickException):
    """A program was called wrongly: one line on standard error, exit status 2."""

    exit_code = 2

    def __init__(self, error: click.UsageError) -> None:
        """Args: error: what click found."""
        told = " ".join(error.format_message().split()).rstrip(".")
        for clicks, ours in PLAIN:
            told = clicks.sub(ours, told)
        super().__init__(_lines(told))
        self.command = error.ctx.command_path if error.ctx else ""
        self.as_json = False

    def show(self, file: IO[Any] | None = None) -> None:
        """Writes the line."""
        if self.as_json:
            say_fault("usage", self.message)
            return
        program, help_ = self.command.partition(" ")[0] or "error", f"; see {self.command} --help"
        say(f"{program}: {self.message}{help_ if self.command else ''}", err=True)


def _tell(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """A bug of ours, as Python would tell it."""
    import traceback  # noqa: PLC0415 - the usual run has no need of it

    for line in traceback.format_exception(kind, error, trace):
        sys.stderr.write(_lines(line))


def _lines(text: str) -> str:
    return "\n".join(map(escaped, text.split("\n")))
