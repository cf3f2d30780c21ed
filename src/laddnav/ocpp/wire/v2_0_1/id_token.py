"""A token as OCPP 2.0.1 spells it, the IdToken, and what is said about it, the IdTokenInfo."""

from __future__ import annotations

import textwrap
from typing import Annotated, Any

from msgspec import Meta, Struct

from laddnav.kit.time import rfc3339
from laddnav.ocpp.wire.answers import TokenJudged
from laddnav.tokens.model import Allowed, TokenType

# The table allows 36 characters. A longer one is heard all the same and will be unknown; a page of text is no token.
_Text = Annotated[str, Meta(max_length=255)]
_MAX = 36

_STATUS = {
    Allowed.ALLOWED: "Accepted",
    Allowed.BLOCKED: "Blocked",
    Allowed.EXPIRED: "Expired",
    Allowed.NO_CREDIT: "NoCredit",
    Allowed.NOT_ALLOWED: "Invalid",
}
# Whatever is no card was made up by a central system, as the text calls an app or a payment by card.
_TYPE = {TokenType.RFID: "ISO14443"}
_CENTRAL = "Central"


class WireIdToken(Struct, frozen=True):
    idToken: _Text
    type: str


def uid_of(wire: WireIdToken | None) -> str | None:
    """None too where nobody has to show anything (NoAuthorization)."""
    return None if wire is None or not wire.idToken else wire.idToken


def id_token(uid: str, type: str) -> dict[str, Any]:
    return {"idToken": uid, "type": _TYPE.get(TokenType(type), _CENTRAL)}


_CONTENT_MAX = 512


def message_content(text: str) -> dict[str, Any]:
    """For the driver, as much of it as a display takes."""
    return {"format": "UTF8", "content": textwrap.shorten(text, _CONTENT_MAX, placeholder=" …")}


def id_token_info(judged: TokenJudged) -> dict[str, Any]:
    """C01.FR.02, E01.FR.12: with the group that it belongs to, if any."""
    info: dict[str, Any] = {"status": _STATUS[judged.allowed]}
    if judged.expires_at is not None:
        info["cacheExpiryDateTime"] = rfc3339(judged.expires_at)
    if judged.message is not None:
        info["personalMessage"] = message_content(judged.message)
    # Cut short it could be another group, so it is left out.
    if judged.group_id and len(judged.group_id) <= _MAX:
        info["groupIdToken"] = {"idToken": judged.group_id, "type": _CENTRAL}
    return info
