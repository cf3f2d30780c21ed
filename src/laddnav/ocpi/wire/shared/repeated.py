"""What comes again and again within other objects, byte for byte, and is read once: the Tariff of every CDR."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Generic, TypeVar

import msgspec
from msgspec import Raw, Struct

from laddnav.ocpi.wire.shared.scalars import from_json, number_in

W = TypeVar("W", bound=Struct)
M = TypeVar("M")

LONGEST_KEPT, MOST_KEPT = 8_000, 512  # bytes, parts: at worst they take some tens of megabytes


class Repeated(Generic[W, M]):
    """Reads a part, or the bytes of one; the same bytes are the same object."""

    def __init__(self, wire: type[W], read: Callable[[W], M]) -> None:
        self._read = read
        self._decoder = msgspec.json.Decoder(wire, dec_hook=from_json, float_hook=number_in)
        self._kept = lru_cache(maxsize=MOST_KEPT)(self._decoded)

    def __call__(self, said: W | Raw) -> M:
        """Raises what the decoder raises, with the path within the part."""
        if not isinstance(said, Raw):
            return self._read(said)
        body = bytes(said)
        return (self._kept if len(body) <= LONGEST_KEPT else self._decoded)(body)

    def _decoded(self, body: bytes) -> M:
        return self._read(self._decoder.decode(body))
