"""What every verb shares: ``--socket``, ``--json``, showing answers, failing with one line."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

import click

from synqd.cli.synqctl.faults import ControlError
from synqd.models.names import Model
from synqd.models.text import clean
from synqd.runtime.say import Program, say, say_json

if TYPE_CHECKING:
    from synqd.cli.synqctl.client import Client

SOCKET = "/run/synqd/control.sock"
MODELS = click.Choice([model.value for model in Model])


@dataclass
class Console:
    """One run of synqctl."""

    socket: str = SOCKET
    as_json: bool = False

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
            say(text)


class Failure(click.ClickException):
    """A verb failed: one line on standard error, exit status 1."""

    exit_code = 1

    def show(self, file: IO[Any] | None = None) -> None:
        """Writes the line."""
        say(f"synqctl: {clean(self.message.strip())}", err=True)


def _remember(context: click.Context, parameter: click.Parameter, value: Any) -> Any:
    """Keeps a shared option wherever it was given: before the verb or after it."""
    if value is not None and value is not False:
        setattr(context.ensure_object(Console), parameter.name or "", value)
    return value


def shared_options(envvar: str | None = None) -> list[click.Parameter]:
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
        super().__init__(*args, **kwargs)
        self.params += shared_options()

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the verb."""
        try:
            return super().invoke(ctx)
        except ControlError as error:
            raise Failure(str(error)) from error


class Verbs(Program):
    """A group of verbs."""

    command_class = Verb
    group_class = type


pass_console = click.make_pass_decorator(Console, ensure=True)
models_option = click.option(
    "--model", "models", type=MODELS, multiple=True, help="Model; may be repeated. All by default."
)
stores_option = click.option(
    "--store", "stores", multiple=True, metavar="CODE", help="Store view; may be repeated. All by default."
)
interval_option = click.option(
    "--interval",
    type=click.FloatRange(0.1, 3600),
    default=1.0,
    show_default=True,
    help="Seconds between looks.",
)
