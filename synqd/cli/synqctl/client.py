"""What verbs ask the daemon, and what can go wrong with it, in one line."""

import grp
import json
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from synqd.cli.synqctl.faults import ControlError, Unreachable
from synqd.cli.synqctl.http import NotHttpError, exchange

TIMEOUT = 30.0
"""Seconds for an answer."""
SUBMIT_TIMEOUT = 600.0
"""Seconds for the answer to a streamed list: it is in the queue by then, whole."""
RESTART = 60.0
RETRY = 0.5
"""Seconds that a restart of the daemon may take, and between looks whether it is back."""
BLOCK = 64 * 1024
"""Bytes of lines that are sent at a time."""


class Client:
    """Asks the daemon; each call is one connection."""

    def __init__(self, path: str) -> None:
        self.path = path

    def get(self, path: str, *, patience: float = TIMEOUT, **query: Any) -> Any:
        """The answer to a question within ``patience`` seconds; parameters that are None are left out."""
        given = {name: _parameter(value) for name, value in query.items() if value is not None}
        return self._ask("GET", f"{path}?{urlencode(given)}" if given else path, timeout=patience)

    def get_again(self, path: str, **query: Any) -> Any:
        """As ``get``, for whoever watches: goes on through a restart of the daemon."""
        end = time.monotonic() + RESTART
        while True:
            try:
                return self.get(path, **query)
            except Unreachable:
                if time.monotonic() >= end:
                    raise
                time.sleep(RETRY)

    def post(self, path: str, body: Mapping[str, Any] | None = None, patience: float = TIMEOUT) -> Any:
        """The answer to a changing verb within ``patience`` seconds."""
        return self._ask("POST", path, json.dumps(body or {}).encode(), timeout=patience)

    def stream(self, path: str, lines: Iterable[str]) -> Any:
        """The answer to a list of any length, sent as it is read."""
        return self._ask("POST", path, _blocks(lines), "application/x-ndjson", SUBMIT_TIMEOUT)

    def _ask(
        self,
        method: str,
        path: str,
        body: bytes | Iterable[bytes] | None = None,
        kind: str = "application/json",
        timeout: float = TIMEOUT,
    ) -> Any:
        try:
            return _result(*exchange(self.path, timeout, method, path, body, kind))
        except (FileNotFoundError, ConnectionError) as error:
            raise Unreachable(
                f"no daemon answers at {self.path}; is it running? systemctl status synqd", "unreachable"
            ) from error
        except PermissionError as error:
            raise ControlError(_not_allowed(self.path), "not-allowed") from error
        except TimeoutError as error:
            remedy = "journalctl -u synqd may say why"
            told = f"{self.path} gave no answer in {timeout:g} s; {remedy}"
            raise ControlError(told, "no-answer") from error
        except (NotHttpError, ValueError, RecursionError) as error:
            raise ControlError(f"what answers at {self.path} is not synqd: {error}", "not-synqd") from error
        except OSError as error:
            told = f"{self.path} cannot be used: {error.strerror or error}"
            raise ControlError(told, "unreachable") from error


def _result(status: int, text: bytes) -> Any:
    document = json.loads(text)
    if status < 300:
        return document
    error = document["error"] if isinstance(document, dict) and "error" in document else {}
    if error.get("code") == "no-such-path":
        raise ControlError("not available yet: the running daemon does not offer this verb", "no-such-path")
    message = error.get("message", f"the daemon answered {status}")
    raise ControlError(message, error.get("code", "failed"), error.get("field"))


def _blocks(lines: Iterable[str]) -> Iterable[bytes]:
    block: list[str] = []
    size = 0
    for line in lines:
        block.append(line)
        size += len(line) + 1
        if size >= BLOCK:
            yield _encoded(block)
            block, size = [], 0
    yield _encoded(block) if block else b""


def _encoded(lines: list[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def _parameter(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _not_allowed(path: str) -> str:
    try:
        group = grp.getgrgid(Path(path).stat().st_gid).gr_name
    except (OSError, KeyError):
        return f"you may not use {path}; ask for membership in the group of the daemon (synqd by default)"
    return f"only members of group {group} may use {path}; sudo usermod -aG {group} $USER, then log in again"
