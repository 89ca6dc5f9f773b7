"""``synqd adopt``: accept a database or queue file that does not match (semantics S3)."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import click

from synqd.cli.daemon.connection import magento, wait_for
from synqd.cli.daemon.options import config_option
from synqd.config import Settings, load_settings
from synqd.models.change import Cursor, Installation
from synqd.models.errors import ConfigError
from synqd.rights import lent
from synqd.say import say


@click.command()
@config_option
@click.option("--yes", is_flag=True, help="Do not ask.")
def adopt(config: Path, *, yes: bool) -> None:
    """Accept a database or queue file that does not match, after saying what will happen."""
    settings = load_settings(config)
    say(f"queue file: {settings.queue.directory / 'queue.db'}")
    say(f"database:   {settings.magento.database} on {settings.magento.socket or settings.magento.host}")
    say(
        "They will belong together from now on: the database gets a new installation id, reading begins at\n"
        "the present end of its change log, and what waits in the queue will be sent from this database.\n"
        "Any other synqd that works with a copy of this database will refuse to go on with it."
    )
    if not yes:
        click.confirm("Adopt it?", abort=True)
    _adopt(settings)
    say("adopted; a full synchronization (`synqctl full --all-stores`) makes sure that all is right")


def _adopt(settings: Settings) -> None:
    """The database is asked with the caller's rights, the queue file written with its owner's."""
    from synqd.app.lock import locked  # noqa: PLC0415  # heavy
    from synqd.app.storage import QUEUE_FILE, queue_settings  # noqa: PLC0415  # heavy
    from synqd.queue import Queue  # noqa: PLC0415  # heavy

    async def note(verb: Callable[[Queue], Awaitable[object]]) -> None:
        async with Queue.open(directory / QUEUE_FILE, queue_settings(settings)) as queue:
            await verb(queue)

    if settings.magento.capture != "triggers":
        raise ConfigError('[magento] capture = "readonly" has no installation to adopt')
    directory = settings.queue.directory
    with locked(directory):
        heads = wait_for(_heads(settings))
        with lent(directory):
            wait_for(note(lambda queue: queue.intake((), heads)))
        installation = wait_for(_installation(settings))
        with lent(directory):
            wait_for(note(lambda queue: queue.adopt(installation)))


async def _heads(settings: Settings) -> list[Cursor]:
    async with magento(settings) as place:
        return list((await place.reader.heads()).values())


async def _installation(settings: Settings) -> Installation:
    async with magento(settings) as place:
        return await place.adopt()
