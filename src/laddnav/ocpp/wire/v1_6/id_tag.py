"""A token as OCPP 1.6 spells it, the idTag, and what is said about it, the IdTagInfo (OCPP 1.6 §7.27, §7.28)."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta

from laddnav.kit.time import rfc3339
from laddnav.ocpp.wire.answers import TokenJudged
from laddnav.tokens.model import Allowed

# 1.6 allows 20 characters. A longer one is heard all the same and will be unknown; a page of text is no token.
IdTag = Annotated[str, Meta(max_length=255)]

_PARENT_MAX = 20

# 1.6 has no closer word for a token without credit. NOT_ALLOWED is also what an unknown one gets.
_STATUS = {
    Allowed.ALLOWED: "Accepted",
    Allowed.BLOCKED: "Blocked",
    Allowed.EXPIRED: "Expired",
    Allowed.NO_CREDIT: "Blocked",
    Allowed.NOT_ALLOWED: "Invalid",
}


def id_tag_info(judged: TokenJudged) -> dict[str, Any]:
    info: dict[str, Any] = {"status": _STATUS[judged.allowed]}
    if judged.expires_at is not None:
        info["expiryDate"] = rfc3339(judged.expires_at)
    # An OCPI group id may be longer than a parentIdTag. Cut short it could be another group, so it is left out.
    if judged.group_id and len(judged.group_id) <= _PARENT_MAX:
        info["parentIdTag"] = judged.group_id
    return info
