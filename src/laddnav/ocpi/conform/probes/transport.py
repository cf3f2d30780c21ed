"""Envelopes and headers, shown at one functional endpoint of the peer; the rest is seen in every other exchange."""

from __future__ import annotations

from urllib.parse import urlsplit

from laddnav.kit.ids import PartyId
from laddnav.ocpi.conform.conversation import SINCE, Conversation
from laddnav.ocpi.conform.probes.lists import offered
from laddnav.ocpi.wire import routing
from laddnav.ocpi.wire.paging import joined, with_query
from laddnav.ocpi.wire.routing import Route


async def reading(talk: Conversation) -> None:
    """At a list of a Sender."""
    there = {one.module: one.url for one in offered(talk)}
    listed = next((one for one in ("locations", "tokens", "tariffs") if one in there), None)
    if listed is not None:
        await _reading(talk, listed, with_query(there[listed], f"{SINCE}&limit=1"))


async def _reading(talk: Conversation, module: str, url: str) -> None:
    async def get(step: str, **headers: str | None) -> None:
        spelt = {name.replace("_", "-"): value for name, value in headers.items()}
        await talk.ask(step, "GET", url, module=module, headers=spelt)

    token = routing.authorization(talk.caller.token, encoded=talk.record.encodes_token)
    await talk.ask(
        "headers in small letters", "GET", url, module=module, headers={"Authorization": None, "authorization": token}
    )
    await get("without a Content-Type")
    if talk.record.their_role != "HUB":  # to a hub it may lead to somebody
        base = urlsplit(url)
        nothing = f"{base.scheme}://{base.netloc}{base.path.rstrip('/')}/{talk.ours.mark}/1/2/3/4/5"
        await talk.ask("a URL that leads nowhere", "GET", nothing, module=module)
    await talk.ask("a module without a token", "GET", url, module=module, token="")
    if not talk.dialect.routes:
        return
    await get("without ids of the message", X_Request_ID=None, X_Correlation_ID=None)
    if talk.peer is None:
        return
    us = PartyId.of(*talk.counterpart.party)
    small = routing.route_headers(Route(to=talk.peer, origin=us))
    lowered = {name: value.lower() for name, value in small.items()}
    await talk.ask("parties in small letters", "GET", url, module=module, headers=lowered)
    await get("from a party that is not ours", OCPI_from_party_id="ZZZ", OCPI_from_country_code="ZZ")
    await get("to a party that is not theirs", OCPI_to_party_id="ZZZ", OCPI_to_country_code="ZZ")
    await talk.ask(
        "parties at versions", "GET", talk.record.versions_url, module="versions", headers=small, routed=False
    )


async def writing(talk: Conversation) -> None:
    """At a Receiver: a body that is no JSON, and one with a charset."""
    other = f"CHARSET-{talk.ours.mark}"
    for module, words in (("tokens", talk.ours.token(uid=other)), ("tariffs", talk.ours.tariff(id=other))):
        url = talk.hears(module)
        if url is None:
            continue
        where = joined(url, *talk.counterpart.party, other)
        await talk.ask("a body that is no JSON", "PUT", where, b'{"uid": ', module=module)
        charset = {"Content-Type": "application/json; charset=utf-8"}
        await talk.ask("a Content-Type with a charset", "PUT", where, words, module=module, headers=charset)
        return
