"""The demo's play: set up, full synchronization with progress, changes that arrive within a second."""

import asyncio
import itertools
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import click

from synqd.runtime.say import say
from synqd_demo.process import DaemonProcess
from synqd_demo.shop import traffic
from synqd_demo.stage import Stage, stage

WEBSITES = ("home", "trade")
ARRIVAL_TIMEOUT = 10.0
PAUSE_BETWEEN_CHANGES = 3.0


class DemoError(click.ClickException):
    """The demo did not show what it promises."""


@dataclass(frozen=True)
class Scene:
    """Something happens in the shop, and this is how one sees it at Synerise."""

    what: str
    act: Callable[[Stage], Awaitable[object]]
    arrived: Callable[[Stage], bool]


async def play(directory: Path, *, metrics_port: int, stay: bool) -> None:
    """Plays everything once; ``stay`` keeps it up afterwards, with a change every few seconds."""
    say("This takes about half a minute.")
    _step("a private MariaDB with a small shop (2 websites, 4 store views), and the fake Synerise")
    async with stage(directory, WEBSITES, fake_port=0, metrics_port=metrics_port) as set_up:
        say(f"  database  {set_up.server.socket}\n  Synerise  {set_up.fake.url}\n  files     {directory}")
        await _show("changelog install", set_up, "synqd", "changelog", "install")
        await _show(
            "what would be sent", set_up, "synqd", "preview", "product", "--store", "home_en", "--ids", "101"
        )
        _step("the daemon")
        async with DaemonProcess(set_up.config, directory / "synqd.log") as daemon:
            say(f"  pid {daemon.pid}, log {daemon.log}")
            await _show(
                "a full synchronization of everything", set_up, "synqctl", "full", "--all-stores", "--watch"
            )
            _step("changes in the shop, and when they are stored at Synerise")
            for scene in SCENES:
                await _perform(scene, set_up)
            await _show("what the daemon says", set_up, "synqctl", "status")
            if stay:
                await _stay(set_up, metrics_port)
        _step("the daemon has stopped in order")


def _step(text: str) -> None:
    say(mark=f"\n== {text}")


async def _show(text: str, set_up: Stage, program: str, *arguments: str) -> None:
    """Runs a command as a user would, and shows its output."""
    where = ["--config", str(set_up.config)] if program == "synqd" else []
    if program == "synqctl":
        arguments = ("--socket", str(set_up.control_socket), *arguments)
    shown = " ".join(
        part for part in (program, *arguments) if part not in ("--socket", str(set_up.control_socket))
    )
    _step(f"{text}: {shown}")
    start = f"from synqd.cli.{program} import main; main()"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", start, *arguments, *where)
    if await process.wait():
        raise DemoError(f"`{shown}` failed")


async def _perform(scene: Scene, set_up: Stage) -> None:
    """Lets it happen and waits until the fake has it."""
    await scene.act(set_up)
    began = time.monotonic()
    try:
        await set_up.fake.wait(until=lambda: scene.arrived(set_up), timeout_s=ARRIVAL_TIMEOUT)
    except TimeoutError as error:
        raise DemoError(f"{scene.what}: did not arrive within {ARRIVAL_TIMEOUT:.0f} s") from error
    say(f"  {scene.what:<58} {time.monotonic() - began:5.2f} s")


async def _stay(set_up: Stage, metrics_port: int) -> None:
    say(
        f"""
The shop goes on selling. Try, in another terminal (in a clone the programs are in .venv/bin):
  synqctl --socket {set_up.control_socket} status
  synqctl --socket {set_up.control_socket} batch product --ids 101,102
  synqctl --socket {set_up.control_socket} log --follow
  synqctl --socket {set_up.control_socket} log --entity {NEW_CUSTOMER}
  synqctl --socket {set_up.control_socket} jobs
  synqd preview order --config {set_up.config} --store home_de --ids 1004 --explain
  curl http://127.0.0.1:{metrics_port}/metrics
  curl {set_up.fake.url}/__fake/stats
  mariadb --socket {set_up.server.socket} -u root magento
    UPDATE customer_entity SET firstname = 'Zoe' WHERE email = '{NEW_CUSTOMER}';
    UPDATE catalog_product_entity SET sku = 'MUG-SAGE-2' WHERE sku = 'MUG-SAGE';
Ctrl-C ends it."""
    )
    for number in itertools.count(1):
        await asyncio.sleep(PAUSE_BETWEEN_CHANGES)
        await traffic.change_stock(set_up.session, "MUG-SAGE", 10 + number % 7)


def _item(set_up: Stage, store_id: int, sku: str) -> dict[str, object]:
    return set_up.fake.items(f"store-{store_id}").get(sku, {})


def _profile(set_up: Stage, email: str) -> dict[str, object]:
    found = [one for one in set_up.fake.profiles() if one["email"] == email]
    return found[0] if found else {}


NEW_CUSTOMER = "ada@shopper.example"

SCENES = (
    Scene(
        "a product gets a new name in the German store view",
        lambda s: traffic.save_product(s.session, "MUG-SAGE", "home_de", name="Becher Salbei, neu"),
        lambda s: _item(s, 2, "MUG-SAGE").get("name") == "Becher Salbei, neu",
    ),
    Scene(
        "somebody registers",
        lambda s: traffic.register_customer(s.session, "home_en", NEW_CUSTOMER, "Ada", "Shopper"),
        lambda s: bool(_profile(s, NEW_CUSTOMER)),
    ),
    Scene(
        "she places an order",
        lambda s: traffic.place_order(s.session, "home_en", NEW_CUSTOMER, {"MUG-SAGE": 2}),
        lambda s: any(one["client"].get("email") == NEW_CUSTOMER for one in s.fake.transactions()),
    ),
    Scene(
        "she subscribes to the newsletter",
        lambda s: traffic.subscribe(s.session, "home_en", NEW_CUSTOMER),
        lambda s: _profile(s, NEW_CUSTOMER).get("agreements") == {"email": True},
    ),
    Scene(
        "a product is deleted",
        lambda s: traffic.delete_product(s.session, "MUG-INK"),
        lambda s: _item(s, 1, "MUG-INK").get("deleted") == 1,
    ),
)
