"""``synqctl``, the operator's tool: each verb is one request to the daemon's control socket.

It imports nothing but click and a little of the standard library, so that every verb feels instant.

``client``    questions to the daemon, and what can go wrong with them, in one line
``http``      HTTP over the socket
``faults``    the error that all of it ends in
``console``   the options and habits that all verbs share, exit statuses; ``completion``, ``moments``
``jobs``, ``log``, ``dead``, ``verify``, ``forget``, ``daemon``   the verbs
``views``, ``statusviews``, ``logviews``, ``verifyviews``, ``dryviews``, ``text``, ``progress``, ``watching``
              answers for people
"""

import click

from synqd import __version__
from synqd.cli.synqctl.console import SOCKET_NAMES, Verbs, shared_options
from synqd.cli.synqctl.daemon import pause, reload, resume, status
from synqd.cli.synqctl.dead import dead
from synqd.cli.synqctl.forget import forget
from synqd.cli.synqctl.jobs import batch, full, job, jobs
from synqd.cli.synqctl.log import log
from synqd.cli.synqctl.verify import verify

EPILOG = """Shell completion: eval "$(_SYNQCTL_COMPLETE=bash_source synqctl)" (or zsh_source, fish_source)."""


@click.group("synqctl", cls=Verbs, params=shared_options(envvar=SOCKET_NAMES), epilog=EPILOG)
@click.version_option(__version__, prog_name="synqctl")
def main() -> None:
    """Talk to the running synqd."""


for verb in (status, full, batch, jobs, job, log, dead, verify, forget, pause, resume, reload):
    main.add_command(verb)
