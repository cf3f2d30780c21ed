"""Who an object belongs to, and how ids are compared."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from msgspec import Struct

from laddnav.kit.refusal import Refusal

_PARTY_ID = re.compile(r"([A-Z]{2})[*-]?([A-Z0-9]{3})")


class NotAPartyId(Refusal):
    """A party is written as country and three characters, such as SE*LAD."""

    def __init__(self, text: str) -> None:
        super().__init__(f"A party is written as country and three characters, such as SE*LAD; {text!r} is not")
        self.text = text


class PartyId(Struct, frozen=True, order=True):
    """ISO 3166 alpha-2 country and three characters, upper case (OCPI 2.2.1 credentials_credentials_role_class)."""

    country: str
    party: str

    def __str__(self) -> str:
        return f"{self.country}*{self.party}"

    @classmethod
    def parse(cls, text: str) -> PartyId:
        """Read `SE*LAD`, `SE-LAD` or `SELAD` in any case. Raises NotAPartyId."""
        return _parsed(text)

    @classmethod
    def of(cls, country: str, party: str) -> PartyId:
        """From the two fields of an OCPI object, whose case carries no meaning. Raises NotAPartyId."""
        return _parsed(f"{country}*{party}")


@lru_cache(maxsize=8_192)
def _parsed(text: str) -> PartyId:
    """The same few are named all day. Raises NotAPartyId."""
    match = _PARTY_ID.fullmatch(text.strip().upper())
    if match is None:
        raise NotAPartyId(text)
    return PartyId(match[1], match[2])


class EvseRef(Struct, frozen=True):
    """Which Evse of which Location, in words that hold inside one holder and owner."""

    location_id: str
    evse_uid: str


def fold(text: str) -> str:
    """The form in which ids are compared: OCPI ids keep their case but ignore it (OCPI 2.2.1 types_cistring_type)."""
    return text.casefold()


def made_at(id: str) -> datetime:
    """When an id of ours was made, to the millisecond: a UUID version 7 begins with it."""
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=int(id[:8] + id[9:13], 16))
