"""What every verb shares: ``--socket``, ``--json``, showing answers, failing with one line.

| exit status | |
|---|---|
| 0 | done |
| 1 | refused, or something is wrong: one line on standard error says what, and the remedy; also Ctrl-C |
| 2 | called wrongly; nothing was asked |

With ``--json`` that line is ``{"error": {"code", "message", "field"}}``.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from synqd.cli.synqctl.faults import ControlError
from synqd.cli.synqctl.text import wrapped
from synqd.models.names import Model
from synqd.models.text import clean
from synqd.runtime.say import Program, say, say_fault, say_json

if TYPE_CHECKING:
    from synqd.cli.synqctl.client import Client

SOCKET = "/run/synqd/control.sock"
SOCKET_NAMES = ("SYNQCTL_SOCKET", "SYNQD_CONTROL__SOCKET")
"""Variables that name the socket; the first one that is set counts."""
MODELS = click.Choice([model.value for model in Model])
HELP = {"help_option_names": ["-h", "--help"]}
PAINT = {
    re.compile(r"NOT READY|STUCK|REFUSED|synchronization OFF|\bitem\.dead\b|(?<= )![0-9.,]+[kMG]?"): "red",
    re.compile(r"^! .*|\bitem\.failed\b|\bchunk\.postponed\b|^paused: .*", re.MULTILINE): "yellow",
}
"""What somebody has to look at."""


HINT = re.compile(r"\bsynqctl (?=[a-z])")


@dataclass
class Console:
    """One run of synqctl."""

    socket: str = SOCKET
    as_json: bool = False
    named: bool = False
    """The socket was named on the command line, so commands to be run next have to name it, too."""

    @property
    def client(self) -> "Client":
        """The way to the daemon."""
        # Help, version and completion do without.
        from synqd.cli.synqctl.client import Client  # noqa: PLC0415 - see above

        return Client(self.socket)

    def show(self, answer: Any, render: Callable[[Any], str]) -> None:
        """Writes an answer, as JSON or for people."""
        if self.as_json:
            say_json(answer)
        elif text := render(answer):
            self.say(text)

    def say(self, text: str) -> None:
        """Writes lines for people, as wide as the terminal."""
        say("\n".join(map(wrapped, self.hinting(text).split("\n"))), paint=PAINT)

    def hinting(self, text: str) -> str:
        """The text with commands that reach the same daemon."""
        return HINT.sub(lambda _: f"synqctl --socket {clean(self.socket)} ", text) if self.named else text


class Failure(click.ClickException):
    """A verb failed: one line on standard error, exit status 1."""

    exit_code = 1

    def __init__(self, message: str, code: str = "failed", field: str | None = None) -> None:
        """Args: message: the line; code: a stable word; field: what of the request is wrong."""
        super().__init__(clean(message.strip()))
        self.code = code
        self.field = field
        self.as_json = False

    def show(self, file: IO[Any] | None = None) -> None:
        """Writes the line."""
        if self.as_json:
            say_fault(self.code, self.message, self.field)
        else:
            say(f"synqctl: {self.message}", err=True)


def _remember(context: click.Context, parameter: click.Parameter, value: Any) -> Any:
    """Keeps a shared option wherever it was given: before the verb or after it."""
    if value is not None and value is not False:
        console = context.ensure_object(Console)
        setattr(console, parameter.name or "", value)
        if parameter.name == "socket":
            console.named = context.get_parameter_source("socket") is ParameterSource.COMMANDLINE
    return value


def shared_options(envvar: Sequence[str] | None = None) -> list[click.Parameter]:
    """``--socket`` and ``--json``; ``envvar`` may give the socket too.

    Only the program itself looks at the environment: a verb would put it above what stands before the verb.
    """
    return [
        click.Option(
            ["--socket"],
            type=click.Path(readable=False),  # the daemon says more than "not readable"
            envvar=envvar,
            expose_value=False,
            callback=_remember,
            help=f"Control socket of the daemon ({SOCKET}).",
        ),
        click.Option(
            ["--json", "as_json"],
            is_flag=True,
            expose_value=False,
            callback=_remember,
            help="Answer as JSON.",
        ),
    ]


class Verb(click.Command):
    """A verb with the shared options; what fails becomes one line."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"context_settings": HELP, **kwargs})
        self.params += shared_options()

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the verb."""
        console = ctx.ensure_object(Console)
        try:
            return super().invoke(ctx)
        except ControlError as error:
            raise Failure(console.hinting(str(error)), error.code, error.field) from error
        except Failure as error:
            error.message = console.hinting(error.message)  # type: ignore[misc]  # as in ``say``
            raise


class Verbs(Program):
    """A group of verbs."""

    command_class = Verb
    group_class = type

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"context_settings": HELP, **kwargs})


def _stores(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    from synqd.cli.synqctl.completion import stores  # noqa: PLC0415 - it needs a console

    return stores(context, parameter, incomplete)


pass_console = click.make_pass_decorator(Console, ensure=True)
models_option = click.option(
    "--model", "models", type=MODELS, multiple=True, help="Model; may be repeated. All by default."
)
stores_option = click.option(
    "--store",
    "stores",
    multiple=True,
    metavar="CODE",
    shell_complete=_stores,
    help="Store view; may be repeated. All by default.",
)
timeout_option = click.option(
    "--timeout",
    type=click.FloatRange(1, 604_800),
    metavar="SECONDS",
    help="Look no longer than that; what the daemon does goes on, and the exit status is 1.",
)
dry_run_option = click.option(
    "--dry-run", is_flag=True, help="Only tell what would be sent, removed and left out; nothing is."
)
watch_option = click.option("--watch", is_flag=True, help="Draw a progress bar until the job ends.")
interval_option = click.option(
    "--interval",
    type=click.FloatRange(0.1, 3600),
    default=1.0,
    show_default=True,
    help="Seconds between looks.",
)
