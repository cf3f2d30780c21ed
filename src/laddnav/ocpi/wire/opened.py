"""A partner's Location, opened no further than to one EVSE: what nobody asks for stays as it came, to the byte."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Raw, Struct

from laddnav.kit.ids import fold
from laddnav.ocpi.wire.codec import encoded, parsed, unmarked


class _Named(Struct):
    uid: str


_fields = msgspec.json.Decoder(dict[str, Raw])
_members = msgspec.json.Decoder(list[Raw] | None)
_names = msgspec.json.Decoder(list[_Named] | None)
_NOTHING = Raw(b"null")


class OpenedLocation:
    """The words are those of a Location that was understood before."""

    def __init__(self, body: bytes) -> None:
        self._fields = _fields.decode(unmarked(body))
        evses = self._fields.get("evses", _NOTHING)
        self._evses = list(_members.decode(evses) or ())
        self._places = {fold(one.uid): place for place, one in enumerate(_names.decode(evses) or ())}

    @property
    def id(self) -> str:
        id: str = parsed(bytes(self._fields["id"]))
        return id

    def evse(self, uid: str) -> dict[str, Any] | None:
        place = self._places.get(fold(uid))
        return None if place is None else parsed(bytes(self._evses[place]))

    def put(self, uid: str, words: bytes) -> None:
        """In the place of the Evse with this uid, or at the end."""
        place = self._places.setdefault(fold(uid), len(self._evses))
        self._evses[place : place + 1] = [Raw(words)]

    def encoded(self, *, last_updated: str) -> bytes:
        return encoded({**self._fields, "evses": self._evses, "last_updated": last_updated})
