"""Writes what ships beside the code from the declarations in it; run by `make docs`.

Manual pages, completion and the example configuration, into synqd/packaging. The output depends on nothing
but the declarations: no dates, no terminal width, no environment.
"""

import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import click
from click.shell_completion import get_completion_class
from pydantic import BaseModel

from synqd import __version__
from synqd.cli.synqctl import main as synqctl
from synqd.cli.synqd import synqd
from synqd.cli.synqd.starting import INTRODUCTIONS, starting_configuration
from synqd.config import Settings
from synqd.config.fielddocs import field_docs
from tools import reference

TOP = Path(__file__).resolve().parent.parent
ROOM = TOP / "synqd" / "packaging"
SHELLS = ("bash", "zsh", "fish")

FILES = r""".SH FILES
.TP
.I /etc/synqd/synqd.toml
Configuration, see
.BR synqd.toml (5).
.TP
.I /run/synqd/control.sock
Control socket, for members of the group synqd.
.TP
.I /var/lib/synqd
Queue and ledger.
"""
EXIT_STATUS = r""".SH EXIT STATUS
0 on success, 1 when something failed, 2 for wrong usage. An error is one line that says what to do.
"""
ENVIRONMENT = {
    "synqd": r""".SH ENVIRONMENT
.TP
.B SYNQD_CONFIG
Configuration file, instead of
.BR \-\-config .
.TP
.BI SYNQD_ SECTION __ KEY
Any key of the configuration.
.TP
.BR CREDENTIALS_DIRECTORY ", " STATE_DIRECTORY ", " NOTIFY_SOCKET ", " WATCHDOG_USEC ", " LISTEN_FDS
Set by
.BR systemd (1).
.SH SIGNALS
.TP
.B SIGTERM
End: requests under way get 20 seconds, the rest stays in the queue.
.TP
.B SIGHUP
Read the configuration again; it stays as it was if the new one is wrong.
""",
    "synqctl": r""".SH ENVIRONMENT
.TP
.B SYNQD_CONTROL__SOCKET
Control socket, instead of
.BR \-\-socket .
""",
}


def roff(text: str) -> str:
    """Text for a line of its own: what roff would take for a command or an escape is protected."""
    plain = " ".join(text.split()).replace("\\", "\\e").replace("-", "\\-")
    plain = re.sub(r"`([^`]*)`", r"\\fB\1\\fR", plain)
    return f"\\&{plain}" if plain.startswith((".", "'")) else plain


def program_page(program: click.Command, name: str, section: int, see: str) -> str:
    """The manual page of a program with all its verbs."""
    context = click.Context(program, info_name=name, **program.context_settings)
    purpose = (program.help or "").split("\n")[0].rstrip(".")
    lines = [
        f'.TH {name.upper()} {section} "" "synqd {__version__}" "synqd"',
        ".SH NAME",
        f"{name} \\- {roff(purpose[0].lower() + purpose[1:])}",
        ".SH SYNOPSIS",
        f".B {name}",
        roff(_usage(context)),
        ".SH OPTIONS",
        *_options(program.get_params(context), context),
        ".SH COMMANDS",
        *_verbs(program, context),
    ]
    return "\n".join(lines) + f"\n{FILES}{ENVIRONMENT[name]}{EXIT_STATUS}.SH SEE ALSO\n{see}\n"


def _usage(context: click.Context) -> str:
    return " ".join(context.command.collect_usage_pieces(context))


def _options(parameters: Iterable[click.Parameter], context: click.Context) -> Iterator[str]:
    for parameter in parameters:
        record = parameter.get_help_record(context)
        if record:
            yield from (".TP", f".B {roff(record[0])}", roff(record[1]))


def _verbs(command: click.Command, context: click.Context) -> Iterator[str]:
    if not isinstance(command, click.Group):
        return
    for name in command.list_commands(context):
        verb = command.get_command(context, name)
        if verb is None or verb.hidden:
            continue
        inner = click.Context(verb, info_name=name, parent=context)
        yield from (f".SS {roff(inner.command_path)} {roff(_usage(inner))}", *_paragraphs(verb.help or ""))
        yield from _options(verb.params, inner)  # without --help, which all have
        yield from _verbs(verb, inner)


def _paragraphs(text: str) -> Iterator[str]:
    for number, paragraph in enumerate(text.partition("\f")[0].strip().split("\n\n")):
        if number:
            yield ".PP"
        yield roff(paragraph)


def configuration_page() -> str:
    """The manual page of the configuration file."""
    introduction = reference.INTRODUCTION.split("\n\n", 1)[1]
    lines = [
        f'.TH SYNQD.TOML 5 "" "synqd {__version__}" "synqd"',
        ".SH NAME",
        "synqd.toml \\- configuration of synqd",
        ".SH DESCRIPTION",
        *_paragraphs(introduction),
    ]
    for name, field in Settings.model_fields.items():
        lines += [
            f".SH [{roff(reference.section_title(name))}]",
            roff(INTRODUCTIONS[name].replace("\n# ", " ")),
        ]
        lines += _keys(reference.section_model(name, field))
    return "\n".join(lines) + "\n.SH SEE ALSO\n.BR synqd (8),\n.BR synqctl (1)\n"


def _keys(section: type[BaseModel]) -> Iterator[str]:
    docs = field_docs(section)
    for key, field in section.model_fields.items():
        default = "required" if field.is_required() else f"default: {reference.default_text(field)}"
        allowed = reference.allowed_text(field)
        facts = "; ".join(part for part in (default, allowed) if part)
        yield from (".TP", f".B {roff(key)}", roff(f"{docs.get(key, '')} ({facts})"))


def completion(program: click.Command, name: str, shell: str) -> str:
    """The completion script of a program."""
    kind = get_completion_class(shell)
    assert kind is not None, shell  # noqa: S101  # click knows these three
    maker = kind(program, {}, name, f"_{name.upper()}_COMPLETE")
    # Not source(): that also looks for a shell on this machine.
    return str(maker.source_template % maker.source_vars()).strip() + "\n"


def shipped() -> dict[str, str]:
    """Every generated file: path in the room -> text."""
    files = {
        "man/synqd.8": program_page(synqd, "synqd", 8, ".BR synqctl (1),\n.BR synqd.toml (5)"),
        "man/synqctl.1": program_page(synqctl, "synqctl", 1, ".BR synqd (8),\n.BR synqd.toml (5)"),
        "man/synqd.toml.5": configuration_page(),
        "synqd.toml.example": starting_configuration({}),
    }
    for name, program in (("synqd", synqd), ("synqctl", synqctl)):
        files |= {f"completion/{name}.{shell}": completion(program, name, shell) for shell in SHELLS}
    return files


if __name__ == "__main__":
    for path, text in shipped().items():
        (ROOM / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOM / path).write_text(text, encoding="utf-8")
        sys.stdout.write(f"wrote synqd/packaging/{path}\n")
