"""A hub as its clients see it: what goes to one, to all, to nobody, and between two parties that we play behind it."""

from __future__ import annotations

from typing import Any

from laddnav.kit.ids import PartyId
from laddnav.ocpi.conform.conversation import Conversation, Speaker
from laddnav.ocpi.conform.counterpart import SECONDLY
from laddnav.ocpi.conform.record import Exchange
from laddnav.ocpi.wire import routing
from laddnav.ocpi.wire.paging import joined, next_link
from laddnav.ocpi.wire.routing import Route

_WITHIN = 20  # seconds, in which what is for all has to reach somebody, and a result its way back
_NOBODY = PartyId.of("ZZ", "ZZZ")


async def second(talk: Conversation) -> None:
    """Our other party registers too, without the mistakes that the first one makes."""
    other = talk.second
    if other is None or not talk.registered:
        return
    url = talk.record.versions_url
    listed = await other.ask(f"{SECONDLY}versions", "GET", url, module="versions", routed=False)
    offered = {one["version"]: one["url"] for one in listed.answer.data or () if isinstance(one, dict)}
    where = str(offered.get(talk.record.version))
    details = await other.ask(f"{SECONDLY}details", "GET", where, module="versions", routed=False)
    other.learn_endpoints(details)
    other.counterpart.token = talk.new_token("token B of the second")
    words = other.counterpart.credentials(other.counterpart.token)
    at = str(other.url("credentials", "SENDER"))
    done = await other.ask(f"{SECONDLY}POST credentials", "POST", at, words, module="credentials", routed=False)
    data = done.answer.data
    if done.answer.granted and isinstance(data, dict) and isinstance(data.get("token"), str):
        other.caller.token = talk.shown("token C of the second", data["token"])
        other.counterpart.routed = other.registered = True
        await talk.counterpart.heard("their PUT hubclientinfo", _WITHIN)


async def nobody(talk: Conversation) -> None:
    """Whom the hub does not know, and what it may not be asked."""
    if not _at_work(talk):
        return
    us, module = talk.first, _read_by(talk.record.our_role)
    await _ask(talk, us, "list of an unknown party", "GET", module, "SENDER", to=_NOBODY)
    await _ask(talk, us, "list of whoever it may be", "GET", module, "SENDER")
    unknown, what = f"NO-{talk.ours.mark}", "object of whoever it may be"
    if module == "locations":
        await _ask(talk, us, what, "GET", module, "SENDER", unknown)
    else:
        await _ask(talk, us, what, "POST", module, "SENDER", unknown, "authorize")
    own = (*us.counterpart.party, f"NO-{talk.ours.mark}")
    owned = "locations" if talk.record.our_role == "CPO" else "tokens"
    await _ask(talk, us, "GET at the Receivers of all", "GET", owned, "RECEIVER", *own, to=talk.peer)


async def to_all(talk: Conversation) -> None:
    """Places and prices of the CPO, Tokens of the eMSP: each is told the other's."""
    if not _at_work(talk):
        return
    for us, they in _both(talk):
        told = {"tokens": talk.ours.token()}
        if us.role == "CPO":
            told = {"locations": talk.ours.location(), "tariffs": talk.ours.tariff()}
        for module, words in told.items():
            owned = words | dict(zip(("country_code", "party_id"), us.counterpart.party, strict=True))
            us.counterpart.played.lists[module] = [owned]
            path = (*us.counterpart.party, str(owned.get("uid", owned.get("id"))))
            one = await _ask(
                talk, us, f"PUT {module} to all", "PUT", module, "RECEIVER", *path, body=owned, to=talk.peer
            )
            if they is not None and one.answer.granted:
                await they.counterpart.heard(f"their PUT {module}", _WITHIN)


async def to_one(talk: Conversation) -> None:
    """Between our two: a Session and its answers, a CDR and where it is, pages, and a command with its result."""
    if not _at_work(talk) or talk.second is None or not talk.second.registered:
        return
    cpo, emsp = sorted((talk.first, talk.second), key=lambda one: one.role)
    driver = dict(zip(("country_code", "party_id"), emsp.counterpart.party, strict=True))
    owner = dict(zip(("country_code", "party_id"), cpo.counterpart.party, strict=True))
    token, place = talk.ours.token(**driver), talk.ours.location(**owner)
    session = talk.ours.session(token, place, **owner)
    path = (*cpo.counterpart.party, session["id"])
    await _ask(talk, cpo, "PUT of a Session to one", "PUT", "sessions", "RECEIVER", *path, body=session, to=emsp.party)
    await _ask(talk, cpo, "GET of a Session from one", "GET", "sessions", "RECEIVER", *path, to=emsp.party)
    unknown = (*cpo.counterpart.party, f"NO-{talk.ours.mark}")
    await _ask(talk, cpo, "GET of what one does not have", "GET", "sessions", "RECEIVER", *unknown, to=emsp.party)

    cdr = talk.ours.cdr(token, place, **owner)
    billed = await _ask(talk, cpo, "POST of a CDR to one", "POST", "cdrs", "RECEIVER", body=cdr, to=emsp.party)
    await _follow(talk, cpo, "GET of the CDR where it is", billed.answer.headers.get("location"), emsp.party, "cdrs")

    cpo.counterpart.played.lists["locations"] = [
        place,
        *(place | {"id": f"{place['id']}-{number}"} for number in range(2)),
    ]
    page = await _ask(talk, emsp, "list of one", "GET", "locations", "SENDER", to=cpo.party)
    link = next_link(page.answer.headers.get("link"))
    await _follow(talk, emsp, "next page of one", link, cpo.party, "locations")
    await _ask(talk, emsp, "object of one that is not named", "GET", "locations", "SENDER", place["id"])

    start = {"token": token, "location_id": place["id"], "response_url": emsp.counterpart.result_url("START_SESSION")}
    asked = await _ask(
        talk, emsp, "START_SESSION to one", "POST", "commands", "RECEIVER", "START_SESSION", body=start, to=cpo.party
    )
    if asked.answer.granted:
        await emsp.counterpart.heard("their result of START_SESSION", _WITHIN)


async def gone(talk: Conversation) -> None:
    """Our other party leaves: it is known, and cannot be reached."""
    other = talk.second
    if other is None or not other.registered or not _at_work(talk):
        return
    heard = talk.record.last("their PUT hubclientinfo")
    at = str(other.url("credentials", "SENDER"))
    await other.ask(f"{SECONDLY}DELETE credentials", "DELETE", at, module="credentials", routed=False)
    other.registered = False
    await talk.counterpart.heard("their PUT hubclientinfo", _WITHIN, after=heard.number if heard is not None else 0)
    module = _read_by(talk.record.our_role)
    await _ask(talk, talk.first, "list of one that left", "GET", module, "SENDER", to=other.party)
    url = talk.record.url("hubclientinfo", "SENDER")
    if url is not None:
        step = "hub: clients when one has left"
        await talk.ask(step, "GET", url, module="hubclientinfo", holds="ClientInfo*", routed=False)


def _at_work(talk: Conversation) -> bool:
    return talk.registered and talk.dialect.routes and talk.peer is not None


def _both(talk: Conversation) -> tuple[tuple[Speaker, Speaker | None], ...]:
    """Each of our parties there, and who hears of it."""
    other = talk.second if talk.second is not None and talk.second.registered else None
    return ((talk.first, other),) if other is None else ((talk.first, other), (other, talk.first))


def _read_by(role: str) -> str:
    return "tokens" if role == "CPO" else "locations"


async def _ask(
    talk: Conversation,
    us: Speaker,
    what: str,
    method: str,
    module: str,
    side: str,
    *path: str,
    body: Any = None,
    to: PartyId | None = None,
) -> Exchange:
    """`to` None: nobody is named."""
    url = joined(us.url(module, side) or talk.record.versions_url, *path)
    return await us.ask(f"hub: {what}", method, url, body, module=module, headers=_route(us, to))


async def _follow(
    talk: Conversation, us: Speaker, what: str, url: str | None, to: PartyId, module: str
) -> Exchange | None:
    """Where an answer leads, from wherever it was given."""
    if url is None or not url.startswith("http"):
        return None
    return await us.ask(f"hub: {what}", "GET", url, module=module, headers=_route(us, to))


def _route(us: Speaker, to: PartyId | None) -> dict[str, str | None]:
    unnamed: dict[str, str | None] = {"OCPI-to-party-id": None, "OCPI-to-country-code": None}
    return unnamed | routing.route_headers(Route(to=to, origin=us.party))
