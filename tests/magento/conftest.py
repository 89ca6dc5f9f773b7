"""Fixtures for the tests of Magento's place."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from synqd.entities.watch import Watch
from synqd.magento import Magento
from synqd.models.names import Model
from synqd.runtime.clock import Clock
from tests.magento.places import WATCHES, HandClock, OpenMagento, settings_for
from tests.support.database import Database


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def open_magento() -> AsyncIterator[OpenMagento]:
    """Opens places that are closed at the end of the test."""
    async with AsyncExitStack() as places:

        async def make(
            shop: Database,
            /,
            watches: Mapping[Model, Sequence[Watch]] = WATCHES,
            clock: Clock | None = None,
            **changes: Any,
        ) -> Magento:
            return await places.enter_async_context(
                Magento.open(settings_for(shop, **changes), watches, clock)
            )

        yield make


@pytest.fixture
async def magento(empty_shop: Database, open_magento: OpenMagento, clock: HandClock) -> Magento:
    """The place over an empty shop, change log installed."""
    place = await open_magento(empty_shop, clock=clock)
    await place.changelog.install()
    return place


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a self-signed certificate for 127.0.0.1."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl program: apt-get install openssl")
    directory = tmp_path_factory.mktemp("tls")
    command = [
        openssl,
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=127.0.0.1",
    ]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:TRUE"]
    command += ["-keyout", str(directory / "key.pem"), "-out", str(directory / "cert.pem")]
    subprocess.run(command, check=True, capture_output=True)
    return directory
