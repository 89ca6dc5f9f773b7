"""``synqd install-service``: units, manual pages, completion and the like, put in place."""

import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from synqd.config import load_settings, secret_files
from synqd.models.errors import ConfigError, Fatal
from synqd.models.shortage import Shortage
from synqd.packaging import Choices, Step, hidden, install, overrides, plan
from synqd.runtime.say import say

PREFIX = Path("/usr/local")
CONFIGURATION = Path("/etc/synqd")
INSTANCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
MARKS = {"new": "new     ", "outdated": "changed ", "in place": "in place"}


def _program(_context: click.Context, _parameter: click.Parameter, value: Path | None) -> Path:
    """The program given, or the one that runs now."""
    path = value or Path(shutil.which(sys.argv[0]) or shutil.which("synqd") or sys.argv[0])
    if not path.is_absolute() and value:
        raise click.BadParameter("has to be an absolute path")
    return path.absolute()


def _instance(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    if value is not None and (not INSTANCE.fullmatch(value) or value == "synqd"):
        raise click.BadParameter("is made of letters, digits, '_', '-' and '.', and is not 'synqd'")
    return value


@click.command("install-service")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option("--instance", callback=_instance, help="Say how to go on with one of several shops.")
@click.option(
    "--prefix",
    type=click.Path(file_okay=False, path_type=Path),
    default=PREFIX,
    show_default=True,
    help="Where lib/systemd, share/man and the others are.",
)
@click.option(
    "--program",
    type=click.Path(path_type=Path),
    callback=_program,
    help="What the units start; the synqd that runs now by default.",
)
@click.option(
    "--runbook",
    default="",
    metavar="URL",
    help="Where alerts link to; by default [metrics] runbook_url, else the installed runbook.",
)
def install_service(
    *, dry_run: bool, instance: str | None, prefix: Path, program: Path, runbook: str
) -> None:
    """Put systemd units, manual pages, completion, alert rules and the dashboard in place.

    It may be repeated, and after an upgrade it has to be. Configuration, secrets, queue and drop-ins are not
    touched. What it prints at the end is for you to run.
    """
    prefix = prefix.absolute()
    obstacle = hidden(program)
    if obstacle and not dry_run:
        raise Fatal(obstacle)
    steps = plan(Choices(prefix, program, runbook or _runbook_of(instance)))
    if not dry_run:
        install(steps)
    for step in steps:
        say(f"{MARKS[step.state]}  {step.target}")
    for line in (*_remarks(obstacle, prefix), *_next(steps, instance)):
        say(line)


def _runbook_of(instance: str | None) -> str:
    """Where alerts shall link to by the configuration, as far as it can be read."""
    try:
        return load_settings(CONFIGURATION / f"{instance or 'synqd'}.toml").metrics.runbook_url or ""
    except (ConfigError, Shortage):
        return ""


def _remarks(obstacle: str, prefix: Path) -> Iterator[str]:
    if obstacle:
        yield f"note: {obstacle}"
    for path in overrides(prefix):
        yield f"note: {path} comes first and hides the unit above; remove it, or turn it into a drop-in"


def _next(steps: Sequence[Step], instance: str | None) -> Iterator[str]:
    """What is left to do, ready to be copied into a shell."""
    unit, name = (f"synqd@{instance}", instance) if instance else ("synqd", "synqd")
    config = CONFIGURATION / f"{name}.toml"
    yield "\nnext:"
    yield "  systemd-sysusers synqd.conf && systemd-tmpfiles --create synqd.conf && systemctl daemon-reload"
    if not config.exists():
        yield f"  synqd init --output {config}"
    if instance:
        yield f'  in {config}: [queue] directory = "/var/lib/synqd/{instance}"'
        yield f'  in {config}: [control] socket = "/run/synqd/control-{instance}.sock"'
        yield f"  in {config}: [metrics] listen on a port that no other shop uses"
    yield from _credentials(config, unit)
    upgraded = any(step.state == "outdated" for step in steps)
    yield f"  systemctl {'restart' if upgraded else 'enable --now'} {unit}.service"


def _credentials(config: Path, unit: str) -> Iterator[str]:
    """The drop-in with which the service gets its secrets, as far as the configuration names them."""
    try:
        secrets = sorted({path for _, path in secret_files(load_settings(config))})
    except ConfigError:
        return  # not there yet, or not for us to read: `synqd check-config` is the place for complaints
    if secrets:
        yield f"  systemctl edit {unit}.service, with the secrets that only root may read:"
        yield "    [Service]"
    for path in secrets:
        yield f"    LoadCredential={path.name}:{CONFIGURATION / path}"
    for path in secrets:
        if path.is_absolute():
            yield f'  in {config}: write "{path.name}" for "{path}", so that it is read from there'
