"""``synqd adopt``: accept a database or queue file that does not match (semantics S3)."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from synqd.cli.synqd.connection import magento, wait_for
from synqd.cli.synqd.options import config_option
from synqd.config import Settings, load_settings
from synqd.models.errors import ConfigError
from synqd.runtime.rights import lent
from synqd.runtime.say import say

if TYPE_CHECKING:
    from synqd.queue import Queue


@click.command()
@config_option
@click.option("--yes", is_flag=True, help="Do not ask.")
def adopt(config: Path, *, yes: bool) -> None:
    """Accept a database or queue file that does not match, after saying what will happen."""
    settings = load_settings(config)
    say(f"queue file: {settings.queue.directory / 'queue.db'}")
    say(f"database:   {settings.magento.database} on {settings.magento.socket or settings.magento.host}")
    say(
        "They will belong together from now on: the database gets a new installation id, what waits in the\n"
        "queue will be sent from this database, and everything is compared with what was sent, once.\n"
        "An old queue file of this very database reads on where it stopped; what it says was sent is in\n"
        "doubt, so all of it is sent again. Otherwise reading begins at the present end of the change log.\n"
        "Any other synqd that works with a copy of this database will refuse to go on with it."
    )
    if not yes:
        click.confirm("Adopt it?", abort=True)
    say(f"adopted: {wait_for(_adopt(settings))}")


async def _adopt(settings: Settings) -> str:
    """Lets them belong together; returns what happens next, for people."""
    from synqd.movers.poller.claims import adopt_past  # noqa: PLC0415  # heavy
    from synqd.runtime.lock import locked  # noqa: PLC0415  # heavy

    if settings.magento.capture != "triggers":
        raise ConfigError('[magento] capture = "readonly" has no installation to adopt')
    with locked(settings.queue.directory):
        async with magento(settings) as place, _queue(settings) as queue:
            told = await adopt_past(queue, place, settings)
            await queue.facts.adopt(await place.adopt())  # last: until then it may be repeated
            return told


@asynccontextmanager
async def _queue(settings: Settings) -> AsyncIterator["Queue"]:
    """The queue file, opened and closed with its owner's rights; what is open needs none.

    In between, passwords may be read that only the caller may.
    """
    from synqd.app.storage import QUEUE_FILE, queue_settings  # noqa: PLC0415  # heavy
    from synqd.queue import Queue  # noqa: PLC0415  # heavy

    directory = settings.queue.directory
    async with AsyncExitStack() as stack:
        with lent(directory):
            queue = await stack.enter_async_context(
                Queue.open(directory / QUEUE_FILE, queue_settings(settings))
            )
        try:
            yield queue
        finally:
            with lent(directory):
                await stack.aclose()
