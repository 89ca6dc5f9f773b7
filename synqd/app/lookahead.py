"""A reload looks first, without any effect: at the configuration, the shop, and the API keys (S27).

Refused is what is wrong: syntax, unknown codes, credentials that a server denies, another database. What
cannot be asked because the other side is away is taken over and waits as at a start. So does what both
configurations have in common, since the old one cannot work either.
"""

import hashlib
from dataclasses import dataclass

import orjson

from synqd.app.opening import installations
from synqd.app.shop_cache import recall_codes
from synqd.config import Routes, Settings, read_secret
from synqd.config.change import ConfigChange
from synqd.config.drift import adapt
from synqd.config.scopes import check_codes
from synqd.entities import create_entities
from synqd.magento import Magento, ServerError
from synqd.models.errors import ConfigError, Denied, MagentoUnavailable, Mismatch, SynqdError
from synqd.movers.scheduler import trigger
from synqd.queue import Queue
from synqd.synerise import open_workspace


@dataclass(frozen=True, slots=True)
class Reload:
    """A configuration that was taken over.

    Attributes:
        change: what differs.
        notes: what could not be looked at, for people.
    """

    change: ConfigChange
    notes: tuple[str, ...]


def fingerprint_of(settings: Settings) -> str:
    """Short hash of a configuration."""
    values = orjson.dumps(settings.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(values, digest_size=8).hexdigest()


async def look_ahead(change: ConfigChange, queue: Queue) -> list[str]:
    """Looks whether a configuration can work; returns what could not be asked now, for people.

    Raises:
        ConfigError: it is wrong.
    """
    settings = change.after
    for entry in settings.schedule:
        trigger(entry)
    for name, section in settings.workspaces.items():
        read_secret(section.api_key_file, f"[workspaces.{name}] api_key_file")
    if not settings.sync.enabled:
        return []
    notes = await _look_at_magento(change, queue)
    for name in settings.workspaces:
        if change.of_workspace(name):
            notes += await _look_at_workspace(name, settings)
    return notes


async def _look_at_magento(change: ConfigChange, queue: Queue) -> list[str]:
    settings = change.after
    watches = {model: entity.watches for model, entity in create_entities().items()}
    try:
        async with Magento.open(settings.magento, watches, deployed=settings.shop.config) as magento:
            shop = await magento.shop()
            if settings.magento.capture == "triggers":
                await installations(magento, queue)  # a log that is gone is waited for
        fitting, _ = adapt(settings, shop, await recall_codes(queue))
        Routes.build(fitting, shop)
        check_codes(fitting, shop)
    except (Denied, Mismatch, ServerError) as error:
        if change.of_magento:
            raise ConfigError(str(error)) from error
        return [f"{error}: it is taken over and waits"]
    except MagentoUnavailable as error:
        return [f"Magento could not be asked ({error}): it is taken over and waits"]
    return []


async def _look_at_workspace(name: str, settings: Settings) -> list[str]:
    section = settings.workspaces[name]
    key = read_secret(section.api_key_file, f"[workspaces.{name}] api_key_file")
    try:
        async with open_workspace(name, section, key) as workspace:
            await workspace.check(())
    except Denied as error:
        refused = ConfigError(f"[workspaces.{name}]: {error}")
        refused.said = error.said
        raise refused from error
    except ConfigError:
        raise
    except SynqdError as error:
        why = f"Synerise could not be asked ({error.in_full})"
        return [f"[workspaces.{name}]: {why}: it is taken over and waits"]
    return []
