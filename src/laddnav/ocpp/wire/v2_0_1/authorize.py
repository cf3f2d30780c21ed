"""Authorize: a driver shows a token (OCPP 2.0.1 part 2 C01)."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from laddnav.ocpp.wire.dialect import Hears
from laddnav.ocpp.wire.events import TokenJudged, TokenShown
from laddnav.ocpp.wire.v2_0_1.id_token import WireIdToken, id_token_info


class WireAuthorize(Struct, frozen=True):
    idToken: WireIdToken


def read(wire: WireAuthorize) -> TokenShown:
    return TokenShown(uid=wire.idToken.idToken)


def write(answer: TokenJudged) -> dict[str, Any]:
    return {"idTokenInfo": id_token_info(answer)}


codec = Hears(WireAuthorize, read, write)
