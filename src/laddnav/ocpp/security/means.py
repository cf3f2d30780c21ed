"""What the house hands to this room for its secrets, and for asking authorities that live elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from cryptography import x509
from msgspec import Struct

from laddnav.kit.seal import Seal


class Fetch(Protocol):
    """Asks the world outside, where a URL may lead; with a body it is a POST. Raises ForbiddenAddress, NotFetched."""

    async def __call__(
        self, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> bytes: ...


class Means(Struct, frozen=True, kw_only=True):
    """`v2g_ca_url` signs what stations show to cars, by EST (RFC 7030); `contract_provider_url` gives cars contracts.

    None: nobody does. `issuers` are authorities by whose keys is known what they say of certificates; `contract_roots`
    those of providers whose contracts are trusted.
    """

    seal: Seal
    fetch: Fetch
    v2g_ca_url: str | None = None
    v2g_ca_token: str | None = None
    contract_provider_url: str | None = None
    issuers: tuple[x509.Certificate, ...] = ()
    contract_roots: tuple[x509.Certificate, ...] = ()

    def __repr__(self) -> str:
        """Without the token."""
        return f"Means({self.v2g_ca_url}, {self.contract_provider_url})"
