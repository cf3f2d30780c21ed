"""What a hub that we play tells its client: who can be reached through it, and something in its own name."""

from __future__ import annotations

from typing import Any

from laddnav.kit.ids import PartyId
from laddnav.ocpi.conform.conversation import Conversation
from laddnav.ocpi.conform.samples import Words
from laddnav.ocpi.wire import routing
from laddnav.ocpi.wire.paging import joined
from laddnav.ocpi.wire.routing import Route

MODULE = "hubclientinfo"


async def own_list(talk: Conversation) -> None:
    """The party that we play, and one that is not there yet."""
    if talk.counterpart.hub is not None:
        talk.counterpart.played.lists[MODULE] = list(_clients(talk))


async def known(talk: Conversation) -> None:
    """Each client is told of, then everybody is told of something that a client owns."""
    url, hub = talk.record.url(MODULE, "RECEIVER"), talk.counterpart.hub
    if hub is None or not talk.registered:
        return
    for words in _clients(talk) if url is not None else ():
        where = joined(str(url), words["country_code"], words["party_id"])
        await talk.ask(f"{MODULE}: PUT of a client", "PUT", where, words, module=MODULE, routed=False)
        await talk.ask(f"{MODULE}: GET of a client", "GET", where, module=MODULE, holds="ClientInfo", routed=False)
    module, id, owned = _for_all(talk)
    at = talk.hears(module)
    if at is not None:
        headers = routing.route_headers(Route(to=talk.peer, origin=hub))
        where = joined(at, *talk.counterpart.party, owned[id])
        await talk.ask(f"{module}: PUT in the name of the hub", "PUT", where, owned, module=module, headers=headers)


def _for_all(talk: Conversation) -> tuple[str, str, Words]:
    """(module, name of the id, object) of what a hub passes on to everybody."""
    if talk.record.our_role == "CPO":
        place = talk.ours.location()
        return "locations", "id", place | {"id": f"{place['id']}-ALL"}
    token = talk.ours.token()
    return "tokens", "uid", token | {"uid": f"{token['uid']}-ALL"}


def _clients(talk: Conversation) -> tuple[dict[str, Any], ...]:
    country, party = talk.counterpart.party
    others = PartyId.of(country, f"{party[:2]}2")
    return tuple(
        {
            "country_code": one.country,
            "party_id": one.party,
            "role": talk.record.our_role,
            "status": status,
            "last_updated": talk.later(0),
        }
        for one, status in ((PartyId.of(country, party), "CONNECTED"), (others, "PLANNED"))
    )
