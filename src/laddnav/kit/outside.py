"""One request to a server of somebody else's, and its answer; who carries it is handed in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from msgspec import Struct


class Answer(Struct, frozen=True, kw_only=True):
    """Headers by their names in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Shown(Struct, frozen=True, kw_only=True):
    """What shows a server who calls it: a certificate and its key, as PEM."""

    certificate: str
    private_key: str

    def __repr__(self) -> str:
        """Without the key."""
        return "Shown()"


class Exchange(Protocol):
    """Raises Refusal where the URL leads inward, Trouble where nobody answers."""

    async def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, *, shown: Shown | None = None
    ) -> Answer: ...
