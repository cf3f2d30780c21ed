"""SendLocalList: the cards that may charge though nobody can be asked, or what is different (OCPP 2.0.1 part 2 D01)."""

from __future__ import annotations

from typing import Any

from laddnav.ocpp.wire.answers import TokenJudged
from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.upkeep import Listed, SendList
from laddnav.ocpp.wire.v1_6.send_local_list import read
from laddnav.ocpp.wire.v2_0_1.id_token import id_token, id_token_info
from laddnav.tokens.model import Allowed


def write(request: SendList) -> dict[str, Any]:
    """Who leaves the list stands in it without more; an empty list is none (D01.FR.04)."""
    entries = [_entry(one) for one in request.put]
    entries += [{"idToken": id_token(one.uid, one.token_type)} for one in request.gone]
    return {
        "versionNumber": request.version,
        "updateType": "Full" if request.full else "Differential",
    } | ({"localAuthorizationList": entries} if entries else {})


def _entry(one: Listed) -> dict[str, Any]:
    judged = TokenJudged(allowed=Allowed.ALLOWED, group_id=one.group_id, expires_at=one.expires_at)
    return {"idToken": id_token(one.uid, one.token_type), "idTokenInfo": id_token_info(judged)}


codec = Asks("SendLocalList", write, read)
