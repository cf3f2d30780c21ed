"""Tokens: what we show to partners is made here, and what they show us is kept as a hash."""

from __future__ import annotations

import hashlib
import secrets


def new_token() -> str:
    """256 bits that nobody can guess, in 43 characters (OCPI 2.2.1 credentials_credentials_object allows 64)."""
    return secrets.token_urlsafe(32)


def hash_of(token: str) -> str:
    """Enough for a token of 256 bits: there is nothing to guess, so nothing to slow down."""
    return hashlib.sha256(token.encode()).hexdigest()
