"""``synqd demo``: a shop, the fake Synerise and the daemon on this machine, and the main job at work."""

import asyncio
import shutil
import socket
import sys
import tempfile
import time
from pathlib import Path

import click

from synqd.demo.play import play


@click.command()
@click.option("--once", is_flag=True, help="End by itself after the show; status 1 if something went wrong.")
@click.option(
    "--directory",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the demo keeps its files; made anew each time. A temporary one by default.",
)
def demo(directory: Path | None, *, once: bool) -> None:
    """Show everything at once on this machine; nothing outside its own directory is touched."""
    own = directory or Path(tempfile.mkdtemp(prefix="synqd-demo-"))
    if directory and directory.exists():
        shutil.rmtree(directory)
    own.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    try:
        asyncio.run(play(own.absolute(), metrics_port=free_port(), stay=not once))
    except KeyboardInterrupt:
        click.echo("\nthe demo ends")
    finally:
        if directory is None:
            shutil.rmtree(own, ignore_errors=True)
    if once:
        click.echo(f"the demo ended well after {time.monotonic() - began:.0f} s", file=sys.stdout)


def free_port() -> int:
    """A port of 127.0.0.1 that nobody uses at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
