"""Whose Tokens CDRs were charged with, and which take others back; of nothing else in them."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from msgspec import Struct

from laddnav.ocpi.wire.codec import UNREADABLE
from laddnav.pricing.bulk.whatif import About

NOBODY = About("-")  # OCPI 2.1.1 does not say it


class _Token(Struct):
    country_code: str
    party_id: str


class _Cdr(Struct):
    cdr_token: _Token | None = None
    credit: bool | None = None


_decode = msgspec.json.Decoder(_Cdr).decode


def about(lines: Iterable[bytes]) -> list[About]:
    """One for each CDR, whatever version it is in."""
    return [_party(line) for line in lines]


def _party(line: bytes) -> About:
    try:
        cdr = _decode(line)
    except UNREADABLE:
        return NOBODY
    token = cdr.cdr_token
    partner = NOBODY.partner if token is None else f"{token.country_code}*{token.party_id}".upper()
    return About(partner, bool(cdr.credit))
