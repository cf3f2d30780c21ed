"""Authorize: a driver shows a token (OCPP 1.6 §4.1)."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from laddnav.ocpp.wire.answers import TokenJudged
from laddnav.ocpp.wire.dialect import Hears
from laddnav.ocpp.wire.events import TokenShown
from laddnav.ocpp.wire.v1_6.id_tag import IdTag, id_tag_info


class WireAuthorize(Struct, frozen=True):
    idTag: IdTag


def read(wire: WireAuthorize) -> TokenShown:
    return TokenShown(uid=wire.idTag)


def write(answer: TokenJudged) -> dict[str, Any]:
    return {"idTagInfo": id_tag_info(answer)}


codec = Hears(WireAuthorize, read, write)
