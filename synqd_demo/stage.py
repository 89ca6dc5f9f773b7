"""What the demo plays on: a private MariaDB with a shop in it, the fake Synerise, a configuration."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from asyncmy import connect

from synqd_demo.fake_synerise import FakeSynerise
from synqd_demo.fake_synerise.settings import ApiKey, Settings
from synqd_demo.mariadb import MariaDB
from synqd_demo.shop import create_shop
from synqd_demo.shop.traffic import Session

DATABASE = "magento"
USER = "synqd"
PASSWORD = "demo"  # noqa: S105  # of a private server that only this demo can reach
KEYS = {
    "europe": "11111111-aaaa-4bbb-8ccc-111111111111",
    "business": "22222222-aaaa-4bbb-8ccc-222222222222",
}

FILES = frozenset(
    {"mariadb", "state", "control.sock", "magento.password", "synqd.toml", "synqd.log"}
    | {f"{name}.key" for name in KEYS}
)
"""All that lies in a demo's directory."""

CONFIGURATION = """\
# The demo's configuration: two websites, each with a Synerise workspace of its own.
[magento]
socket = "{socket}"
database = "{database}"
user = "{user}"
password_file = "{directory}/magento.password"

[sync]
enabled = true

{workspaces}
[customer]
attributes = "all"

[product]
attributes = "all"

[queue]
directory = "{directory}/state"
reserve_mib = 8

[metrics]
listen = "127.0.0.1:{metrics}"

[control]
socket = "{directory}/control.sock"
"""
WORKSPACE = """\
[workspaces.{name}]
base_url = "{url}"
api_key_file = "{directory}/{name}.key"
websites = ["{website}"]

"""


@dataclass(frozen=True)
class Stage:
    """Everything but the daemon."""

    directory: Path
    server: MariaDB
    fake: FakeSynerise
    config: Path
    session: Session

    @property
    def control_socket(self) -> Path:
        """The daemon's control socket."""
        return self.directory / "control.sock"


@asynccontextmanager
async def stage(
    directory: Path, websites: tuple[str, ...], *, fake_port: int, metrics_port: int
) -> AsyncIterator[Stage]:
    """Sets everything up in ``directory`` and takes it down at the end; the files stay.

    Args:
        directory: a directory of the demo's own, short enough for unix sockets.
        websites: codes of the shop's websites; each gets a workspace.
        fake_port: port of the fake Synerise on loopback; 0 takes any.
        metrics_port: port of the daemon's metrics on loopback.
    """
    keys = [
        ApiKey(key=key, workspace_id=number, workspace_name=name)
        for number, (name, key) in enumerate(KEYS.items(), start=1)
    ]
    with MariaDB(directory / "mariadb") as server:
        server.create_database(DATABASE)
        create_shop(server, DATABASE)
        server.create_account(USER, PASSWORD, [f"ALL PRIVILEGES ON `{DATABASE}`.*"])
        fake = FakeSynerise(Settings(api_keys=keys))
        await fake.start(fake_port)
        connection = await connect(
            unix_socket=str(server.socket), user=server.user, database=DATABASE, autocommit=True
        )
        try:
            config = _configure(directory, server, fake, websites, metrics_port)
            yield Stage(directory, server, fake, config, Session(connection))
        finally:
            await connection.ensure_closed()
            await fake.stop()


def _configure(
    directory: Path, server: MariaDB, fake: FakeSynerise, websites: tuple[str, ...], metrics_port: int
) -> Path:
    workspaces = ""
    for (name, key), website in zip(KEYS.items(), websites, strict=True):
        _keep(directory / f"{name}.key", key)
        workspaces += WORKSPACE.format(name=name, url=fake.url, directory=directory, website=website)
    _keep(directory / "magento.password", PASSWORD)
    config = directory / "synqd.toml"
    text = CONFIGURATION.format(
        socket=server.socket,
        database=DATABASE,
        user=USER,
        directory=directory,
        workspaces=workspaces,
        metrics=metrics_port,
    )
    config.write_text(text, encoding="utf-8")
    return config


def _keep(path: Path, secret: str) -> None:
    """A file that only its owner may read, as everybody's should be."""
    path.touch(mode=0o600)
    path.write_text(secret + "\n", encoding="utf-8")
