"""The headers around a message: who speaks, to whom, and the ids by which it is found again."""

from __future__ import annotations

import binascii
from base64 import b64encode
from collections.abc import Callable, Mapping
from functools import lru_cache

from msgspec import Struct

from laddnav.kit.ids import NotAPartyId, PartyId


class Route(Struct, frozen=True, kw_only=True):
    """Between which parties (OCPI 2.2.1 transport_and_format_message_routing); None: the header was not there."""

    to: PartyId | None = None
    origin: PartyId | None = None


class MessageIds(Struct, frozen=True, kw_only=True):
    """OCPI 2.2.1 transport_and_format_unique_messageg_ids."""

    request: str
    correlation: str


SCHEME = "Token"
BEARER = "Bearer"  # the scheme of OAuth, which some take for that of OCPI


def authorization(token: str, *, encoded: bool, scheme: str = SCHEME) -> str:
    """The header's value (OCPI 2.2.1 transport_and_format_authorization_header)."""
    return f"{scheme} {b64encode(token.encode()).decode() if encoded else token}"


def spelt(token: str) -> tuple[str, str]:
    """Both ways in which a header may have it."""
    return token, b64encode(token.encode()).decode()


def tokens_in(header: str | None, *schemes: str) -> tuple[str, ...]:
    """What the header may mean, the likeliest first: many send the token as it is instead of in Base64.

    Nothing where there is no header, a scheme that is neither OCPI's nor one of these, or no token in it.
    """
    scheme, _, said = (header or "").strip().partition(" ")
    said = said.strip()
    known = {one.lower() for one in (SCHEME, *schemes)}
    if scheme.lower() not in known or not said or not said.isascii() or len(said) > 200:
        return ()
    decoded = _decoded(said)
    return (said,) if decoded is None else (decoded, said)


def is_bearer(header: str | None) -> bool:
    return (header or "").strip().partition(" ")[0].lower() == BEARER.lower()


def _decoded(said: str) -> str | None:
    try:
        # Some leave the padding out, and the text's own sample encodes a line feed after the token.
        text = binascii.a2b_base64(said + "=" * (-len(said) % 4), strict_mode=True).decode().rstrip()
    except (binascii.Error, UnicodeDecodeError):
        return None
    return text if text and text.isprintable() else None


# By which headers a message says between whom it is.
ROUTE = ("ocpi-to-country-code", "ocpi-to-party-id", "ocpi-from-country-code", "ocpi-from-party-id")


def route_headers(route: Route) -> dict[str, str]:
    said: dict[str, str] = {}
    if route.to is not None:
        said |= {"OCPI-to-party-id": route.to.party, "OCPI-to-country-code": route.to.country}
    if route.origin is not None:
        said |= {"OCPI-from-party-id": route.origin.party, "OCPI-from-country-code": route.origin.country}
    return said


def route_in(headers: Mapping[str, str]) -> Route:
    """Raises NotAPartyId. Names of headers have no case, which the mapping must know."""
    return Route(to=_party(headers, "to"), origin=_party(headers, "from"))


def _party(headers: Mapping[str, str], side: str) -> PartyId | None:
    party, country = headers.get(f"ocpi-{side}-party-id"), headers.get(f"ocpi-{side}-country-code")
    if not party and not country:
        return None
    if not party or not country:
        raise NotAPartyId(f"{country or ''}*{party or ''}")
    return _of(country, party)


_of = lru_cache(10_000)(PartyId.of)  # the same few with every request


def id_headers(ids: MessageIds) -> dict[str, str]:
    return {"X-Request-ID": ids.request, "X-Correlation-ID": ids.correlation}


def ids_of(request: bytes | None, correlation: bytes | None, new: Callable[[], str]) -> MessageIds:
    """Those that a request says, as its headers have them; it is served without them too, under one that we give it."""
    one, other = _id(request), _id(correlation)
    if one and other:
        return MessageIds(request=one, correlation=other)
    otherwise = new()
    return MessageIds(request=one or otherwise, correlation=other or otherwise)


def _id(said: bytes | None) -> str | None:
    """What can be repeated in a header and kept in a log."""
    if not said or len(said) > 100 or not said.isascii():
        return None
    id = said.decode()
    return id if id.isprintable() else None
