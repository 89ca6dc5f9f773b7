"""The command `synqd fake-synerise`."""

import asyncio
import dataclasses
import json
from pathlib import Path
from typing import Any

import click

from synqd.runtime.say import say
from synqd_demo.fake_synerise.measure import measure
from synqd_demo.fake_synerise.serve import serve
from synqd_demo.fake_synerise.settings import ApiKey, Settings, SettingsError, changed, settings_from

_PARTIAL_KINDS = ("clients", "transactions", "items")


@click.command("fake-synerise")
@click.option("--host", default="127.0.0.1", show_default=True, help="Only this machine is accepted.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="0 takes a free port.")
@click.option("--api-key", "api_keys", multiple=True, metavar="KEY[:WORKSPACE_NAME]", help="Repeatable.")
@click.option("--token-ttl", type=float, help="Life of a token in seconds.")
@click.option("--latency-ms", type=float, help="Added to every answer.")
@click.option("--rate-limit", type=int, help="Requests per second and key; more are answered 429.")
@click.option("--fail", type=click.FloatRange(0, 100), metavar="PERCENT", help="Share answered 503.")
@click.option(
    "--partial", "partials", multiple=True, metavar="KIND=MODE", help="e.g. clients=207; repeatable."
)
@click.option("--seed", type=int, help="Makes chances reproducible.")
@click.option("--measure", "measured_s", type=float, metavar="SECONDS", help="Print its own speed and end.")
@click.option("--config", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="JSON file.")
def fake_synerise(
    host: str, port: int, config: Path | None, measured_s: float | None, **options: Any
) -> None:
    """Run a fake Synerise API on this machine until it is stopped.

    Settings come from --config, the other options change single ones of them. What is stored and seen is
    shown below /__fake/, for example /__fake/stats.
    """
    try:
        settings = _settings(config, options)
        if measured_s is not None:
            say("\n".join(asyncio.run(measure(settings, measured_s))))
            return
        asyncio.run(serve(settings, host, port, say))
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        raise click.ClickException(f"cannot listen on {host}:{port}: {error.strerror}") from None


def _settings(config: Path | None, options: dict[str, Any]) -> Settings:
    """Put the settings together. Raises SettingsError."""
    settings = settings_from(_document(config)) if config is not None else Settings()
    changes: dict[str, Any] = {}
    for option, name in (("token_ttl", "token_ttl_s"), ("latency_ms", "latency_ms"), ("seed", "seed")):
        if options[option] is not None:
            changes[name] = options[option]
    if options["rate_limit"] is not None:
        changes["rate"] = {"limit": options["rate_limit"], "window_s": 1.0}
    if options["fail"] is not None:
        fault = {"action": "status", "status": 503, "probability": options["fail"] / 100}
        changes["faults"] = [*settings.faults, fault]
    for partial in options["partials"]:
        kind, _, mode = partial.partition("=")
        if kind not in _PARTIAL_KINDS:
            raise SettingsError(f"--partial {partial}: KIND must be one of {', '.join(_PARTIAL_KINDS)}")
        changes[f"{kind}_partial"] = mode
    settings = changed(settings, changes)
    if options["api_keys"]:
        settings = dataclasses.replace(settings, api_keys=_keys(options["api_keys"]))
    return settings


def _keys(texts: tuple[str, ...]) -> list[ApiKey]:
    """Give a key for each text; those with the same workspace name share it, one without has its own."""
    workspaces: dict[str, int] = {}
    keys: list[ApiKey] = []
    for place, text in enumerate(texts, 1):
        key, _, given = text.partition(":")
        name = given or ("demo" if place == 1 else f"demo-{place}")
        number = workspaces.setdefault(name, len(workspaces) + 1)
        keys.append(ApiKey(key=key, workspace_id=number, workspace_name=name))
    return keys


def _document(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise SettingsError(f"{path}: not JSON: {error}") from None
