"""CdrToken as OCPI 2.3.0 spells it: as 2.2.1, but its type may be any word (OCPI 2.3.0 mod_cdrs_cdr_token_object)."""

from laddnav.ocpi.wire.shared.scalars import Word
from laddnav.ocpi.wire.v2_2_1 import cdr_token as v2_2_1
from laddnav.ocpi.wire.v2_2_1.cdr_token import cdr_token_words
from laddnav.sessions.model import CdrToken


class WireCdrToken(v2_2_1.WireCdrToken, kw_only=True):
    type: Word  # type: ignore[assignment]  # a list that was closed is open


def write_cdr_token(token: CdrToken) -> WireCdrToken:
    return WireCdrToken(**cdr_token_words(token), type=token.type)
