"""API keys and tokens: logging in, recognizing an Authorization header, and what tests change while it runs.

A token is remembered here and nowhere decoded, so the three formats differ only in how they look: `jws` shows
its expiry, `jwe` and `opaque` do not.
"""

import base64
import dataclasses
import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from synqd_demo.fake_synerise.settings import ApiKey, Settings

EXPIRED = "Token expired."
UNAUTHORIZED = "Unauthorized"


class RefusedError(Exception):
    """The request is not authorized; `error` is the text for the error body's field of that name."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


@dataclass(slots=True)
class Token:
    """One token given out; expired when the clock has reached `expires_at` (epoch seconds)."""

    text: str
    key: ApiKey
    expires_at: float


class Keyring:
    """The keys of the settings (copied, so that a reset restores them) and all tokens given out.

    `parallel_logins` is the number of login requests being answered now; `most_parallel_logins` its peak per
    key.
    """

    def __init__(self, settings: Callable[[], Settings], counters: Counter[str]) -> None:
        self._settings = settings
        self._counters = counters
        self._random = random.Random(f"{settings().seed}:tokens")  # noqa: S311 -- reproducible test tokens
        self.keys: dict[str, ApiKey] = {}
        self.tokens: dict[str, Token] = {}
        self.logins: Counter[str] = Counter()
        self._parallel: Counter[str] = Counter()
        self.most_parallel_logins: Counter[str] = Counter()
        for key in settings().api_keys:
            self.add(key)

    def add(self, key: ApiKey) -> ApiKey:
        """Take a copy of one more key into use."""
        copy = dataclasses.replace(
            key, permissions=set(key.permissions), event_denylist=set(key.event_denylist)
        )
        self.keys[copy.key] = copy
        return copy

    def login_begins(self, key_text: str) -> None:
        """Note that a login request for the key is being answered, until `login_ends`."""
        self._parallel[key_text] += 1
        peak = self.most_parallel_logins
        peak[key_text] = max(peak[key_text], self._parallel[key_text])

    def login_ends(self, key_text: str) -> None:
        """Note that the login request has its answer."""
        self._parallel[key_text] = max(0, self._parallel[key_text] - 1)

    def login(self, key_text: str) -> str:
        """Give a new token for the key; older ones stay valid until they expire.

        Raises:
            RefusedError: the key is unknown, inactive or not a workspace key.
        """
        key = self.keys.get(key_text)
        if key is None or not key.active or key.kind != "workspace":
            self._counters["refused_logins"] += 1
            raise RefusedError(UNAUTHORIZED)
        self._counters["logins"] += 1
        self.logins[key_text] += 1
        return self.issue(key)

    def issue(self, key: ApiKey) -> str:
        """Give a new token for a key that is known to be good."""
        now, settings = self._settings().now(), self._settings()
        expires_at = now + settings.token_ttl_s
        text = self._token_text(settings.token_format, key, now, expires_at)
        self.tokens[text] = Token(text, key, expires_at)
        return text

    def authorize(self, header: str | None) -> ApiKey:
        """Give the key that the Authorization header stands for.

        Raises:
            RefusedError: no header, unknown scheme or token, expired token, key deactivated, Basic wrong or
            off.
        """
        if header is None:
            raise RefusedError(UNAUTHORIZED)
        scheme, _, credentials = header.partition(" ")
        if scheme.lower() == "bearer":
            return self._by_token(credentials.strip())
        if scheme.lower() == "basic":
            return self._by_basic(credentials.strip())
        raise RefusedError(UNAUTHORIZED)

    def holder(self, header: str | None) -> ApiKey | None:
        """Give the key behind a Bearer header, whether or not it may still be used."""
        if header is None:
            return None
        token = self.tokens.get(header.partition(" ")[2].strip())
        return None if token is None else token.key

    def expire_tokens(self) -> int:
        """Expire all tokens now; give how many were still good."""
        now = self._settings().now()
        good = [token for token in self.tokens.values() if token.expires_at > now]
        for token in good:
            token.expires_at = now
        return len(good)

    def revoke(self, permission: str, key_text: str | None = None) -> None:
        """Take one permission away, from one key or from all."""
        for key in self._chosen(key_text):
            key.permissions.discard(permission)

    def grant(self, permission: str, key_text: str | None = None) -> None:
        """Give one permission back, to one key or to all."""
        for key in self._chosen(key_text):
            key.permissions.add(permission)

    def rotate(self, key_text: str, new_text: str) -> None:
        """Replace the text of a key; its old text and all its tokens are refused from now on."""
        key = self.keys.pop(key_text)
        key.key = new_text
        self.keys[new_text] = key
        self.tokens = {text: token for text, token in self.tokens.items() if token.key is not key}

    def change(self, key_text: str, changes: Mapping[str, Any]) -> ApiKey:
        """Set fields of a key by name. Raises KeyError for an unknown key or field."""
        key = self.keys[key_text]
        for name, value in changes.items():
            if name not in ApiKey.__slots__ or name == "key":
                raise KeyError(name)
            setattr(key, name, set(value) if name in ("permissions", "event_denylist") else value)
        return key

    def _chosen(self, key_text: str | None) -> list[ApiKey]:
        return list(self.keys.values()) if key_text is None else [self.keys[key_text]]

    def _by_token(self, text: str) -> ApiKey:
        token = self.tokens.get(text)
        if token is None or not token.key.active:
            raise RefusedError(UNAUTHORIZED)
        if self._settings().now() >= token.expires_at:
            self._counters["expired_tokens_used"] += 1
            raise RefusedError(EXPIRED)
        return token.key

    def _by_basic(self, credentials: str) -> ApiKey:
        try:
            guid, _, key_text = base64.b64decode(credentials, validate=True).decode().partition(":")
        except ValueError:
            raise RefusedError(UNAUTHORIZED) from None
        key = self.keys.get(key_text)
        if key is None or key.guid != guid or not key.basic_enabled or not key.active:
            raise RefusedError(UNAUTHORIZED)
        return key

    def _token_text(self, token_format: str, key: ApiKey, now: float, expires_at: float) -> str:
        if token_format == "opaque":  # noqa: S105 -- the name of a format
            return self._random.randbytes(24).hex()
        if token_format == "jwe":  # noqa: S105 -- the name of a format
            header = _part({"cty": "JWT", "enc": "A256GCM", "alg": "RSA-OAEP-256"})
            return ".".join([header, *(_url64(self._random.randbytes(size)) for size in (256, 12, 90, 16))])
        claims = {"sub": key.workspace_name, "iat": int(now), "exp": int(expires_at), "jti": len(self.tokens)}
        signature = _url64(self._random.randbytes(32))
        return ".".join([_part({"alg": "RS512", "typ": "JWT"}), _part(claims), signature])


def _part(document: dict[str, Any]) -> str:
    return _url64(orjson.dumps(document))


def _url64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
