"""A fake Synerise API on 127.0.0.1, for tests, the demo and benchmarks.

A request runs through: faults on the connection -> reading the body -> injected status -> rate limit ->
route, content type, size, authorization, version, permission (`routes`) -> syntax, type and count of the body
(`bodies`) -> rules of the items (`validate_*`) -> the stores (`profiles`, `events`, `catalogs`) -> latency ->
faults on the answer. The first check that fails gives the answer, in the error shape of the service the path
belongs to.

What the public sources leave open about Synerise is a setting (`settings`), because a client must work with
either answer. The rules are written here a second time, without any code of the client, so that a wrong idea
of the API cannot hide on both sides. Everything is deterministic for a seed and an order of requests.

Nothing is kept on disk. Any failure of the fake itself shows as a 500 with a trace on standard error.
"""

from synqd_demo.fake_synerise.answers import Answer
from synqd_demo.fake_synerise.fake import FakeSynerise
from synqd_demo.fake_synerise.journal import Arrival, Entry
from synqd_demo.fake_synerise.serve import serve
from synqd_demo.fake_synerise.settings import (
    ALL_PERMISSIONS,
    DEMO_GUID,
    DEMO_KEY,
    ApiKey,
    RateSettings,
    Settings,
    SettingsError,
    settings_from,
)

__all__ = [
    "ALL_PERMISSIONS",
    "DEMO_GUID",
    "DEMO_KEY",
    "Answer",
    "ApiKey",
    "Arrival",
    "Entry",
    "FakeSynerise",
    "RateSettings",
    "Settings",
    "SettingsError",
    "serve",
    "settings_from",
]
