"""``synqd demo``: a shop, the fake Synerise and the daemon on this machine, and the main job at work."""

import asyncio
import signal
import socket
import time
from pathlib import Path

import click

from synqd.runtime.say import say
from synqd_demo.place import place
from synqd_demo.play import play


@click.command()
@click.option("--once", is_flag=True, help="End by itself after the show; status 1 if something went wrong.")
@click.option(
    "--directory",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the demo keeps its files; emptied if a demo made it. A temporary one by default.",
)
def demo(directory: Path | None, *, once: bool) -> None:
    """Show everything at once on this machine; nothing outside its own directory is touched."""
    began = time.monotonic()
    with place(directory) as own:
        try:
            asyncio.run(_play(own.absolute(), stay=not once))
        except asyncio.CancelledError:
            say("\nthe demo ends")
            if once:
                raise click.exceptions.Exit(1) from None
    if once:
        say(f"the demo ended well after {time.monotonic() - began:.0f} s")


async def _play(directory: Path, *, stay: bool) -> None:
    """Plays until the end, or until a signal: what the demo has started ends with it in either case."""
    task = asyncio.current_task()
    if task:
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    await play(directory, metrics_port=free_port(), stay=stay)


def free_port() -> int:
    """A port of 127.0.0.1 that nobody uses at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
