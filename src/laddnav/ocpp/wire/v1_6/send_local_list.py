"""SendLocalList: the cards that may charge though nobody can be asked, or what is different in it (OCPP 1.6 §5.15)."""

from __future__ import annotations

from typing import Any

from laddnav.ocpp.wire.answers import TokenJudged
from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.requests import Verdict
from laddnav.ocpp.wire.upkeep import Listed, SendList
from laddnav.ocpp.wire.v1_6.id_tag import id_tag_info
from laddnav.tokens.model import Allowed

_MEANS = {"Accepted": Verdict.ACCEPTED, "NotSupported": Verdict.NOT_SUPPORTED, "VersionMismatch": Verdict.REJECTED}


def write(request: SendList) -> dict[str, Any]:
    """Who leaves the list stands in it without more."""
    entries = [_entry(one) for one in request.put] + [{"idTag": one.uid} for one in request.gone]
    return {
        "listVersion": request.version,
        "updateType": "Full" if request.full else "Differential",
        "localAuthorizationList": entries,
    }


def _entry(one: Listed) -> dict[str, Any]:
    judged = TokenJudged(allowed=Allowed.ALLOWED, group_id=one.group_id, expires_at=one.expires_at)
    return {"idTag": one.uid, "idTagInfo": id_tag_info(judged)}


def read(payload: dict[str, Any]) -> Verdict:
    return _MEANS.get(str(payload.get("status")), Verdict.FAILED)


codec = Asks("SendLocalList", write, read)
