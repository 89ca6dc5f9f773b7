"""Decrypts what Magento encrypted with the key of ``app/etc/env.php``."""

import base64
import binascii
from collections.abc import Sequence

from synqd.models.errors import ConfigError

CHACHA20_POLY1305 = "3"
"""The cipher number of every Magento since 2.3.1; older values have to be saved again in the back office."""
NONCE_BYTES = 12
PREFIX = "base64"


def crypt_keys(text: str) -> list[bytes]:
    """Keys of ``crypt/key``: one a line, the newest last; those that begin with "base64" are encoded."""
    return [_key(line) for line in text.split() if line]


def _key(line: str) -> bytes:
    if not line.startswith(PREFIX):
        return line.encode()
    try:
        return base64.b64decode(line.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise ConfigError(f"env.php: crypt/key is not valid base64: {error}") from error


def decrypt(value: str, keys: Sequence[bytes]) -> str:
    """The text behind ``<key number>:<cipher>:<base64 of nonce and ciphertext>``.

    Raises:
        ConfigError: the value has another form, or none of the keys fits.
    """
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415  # only this command needs it
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305  # noqa: PLC0415  # likewise

    number, _, rest = value.partition(":")
    cipher, _, encoded = rest.partition(":")
    if cipher != CHACHA20_POLY1305 or not number.isdecimal() or int(number) >= len(keys):
        raise ConfigError("the value is not encrypted with a key of this env.php")
    try:
        raw = base64.b64decode(encoded, validate=True)
        nonce, ciphertext = raw[:NONCE_BYTES], raw[NONCE_BYTES:]
        return ChaCha20Poly1305(keys[int(number)]).decrypt(nonce, ciphertext, nonce).decode()
    except (binascii.Error, InvalidTag, ValueError) as error:
        raise ConfigError("the value cannot be decrypted with the crypt key of this env.php") from error
