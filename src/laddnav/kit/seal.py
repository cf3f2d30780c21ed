"""Secrets at rest that have to be said again one day: sealed under the installation's key."""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from laddnav.kit.refusal import Refusal

_NONCE = 12  # bytes, as AES-GCM wants them


class WrongKey(Refusal):
    """What is kept was sealed under another key."""


class Seal:
    """AES-256 in GCM; the nonce stands before the sealed text."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def sealed(self, text: str) -> str:
        nonce = secrets.token_bytes(_NONCE)
        return urlsafe_b64encode(nonce + self._cipher.encrypt(nonce, text.encode(), None)).decode()

    def opened(self, kept: str) -> str:
        """Raises WrongKey."""
        raw = urlsafe_b64decode(kept)
        try:
            return self._cipher.decrypt(raw[:_NONCE], raw[_NONCE:], None).decode()
        except InvalidTag as error:
            raise WrongKey("A secret was sealed under another key; restore the key file") from error
