"""How long a token lives. Pure.

Synerise does not say: the lifetime is a setting of the workspace, and tokens have been seen in two formats,
one of which (JWE) nobody but Synerise can read.
"""

import base64
import math
from typing import Any

import orjson

EARLY = 60.0
"""Seconds before its end at which a token is renewed, or a tenth of its life if that is less."""


def renew_after(token: str, now: float, max_age: float) -> float:
    """Seconds from now after which the token is to be renewed.

    Args:
        token: as the login gave it.
        now: seconds since the epoch.
        max_age: the answer for a token whose expiry cannot be read.
    """
    life = _life(token, now)
    return max_age if life is None else life - min(EARLY, life / 10)


def _life(token: str, now: float) -> float | None:
    """Seconds that a readable token lives; counted from its own issue, so that clocks need not agree."""
    claims = _claims(token)
    until, since = _moment(claims.get("exp")), _moment(claims.get("iat"))
    if until is None:
        return None
    life = until - (now if since is None else since)
    return life if life > 0 else None


def _claims(token: str) -> dict[str, Any]:
    """The middle of a signed three-part token; nothing of any other kind."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        padded = parts[1] + "=" * (-len(parts[1]) % 4)
        claims = orjson.loads(base64.urlsafe_b64decode(padded))
    except ValueError:
        return {}
    return claims if isinstance(claims, dict) else {}


def _moment(claim: Any) -> float | None:
    if isinstance(claim, bool) or not isinstance(claim, int | float) or not math.isfinite(claim):
        return None
    return float(claim)
