"""Charging profiles: of a charge that goes on, of one that nobody knows, and what neither side of the module has."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, unquote, urlsplit

from laddnav.ocpi.conform.conversation import Conversation
from laddnav.ocpi.conform.record import Exchange, Record
from laddnav.ocpi.wire.paging import joined, with_query

MODULE = "chargingprofiles"
_WITHIN = 10  # seconds, in which a result of ours has to come
_PROFILE = {"charging_rate_unit": "W", "charging_profile_period": [{"start_period": 0, "limit": 11000}]}


async def charging_profiles(talk: Conversation) -> None:
    await _receiver(talk)
    url = talk.record.url(MODULE, "SENDER")
    if url is not None:
        where = joined(url, f"NO-{talk.ours.mark}")
        for method in ("GET", "PATCH", "DELETE"):
            body = b"{}" if method == "PATCH" else None
            await talk.ask(f"{MODULE}: {method} at the Sender", method, where, body, module=MODULE)


async def _receiver(talk: Conversation) -> None:
    url = talk.record.url(MODULE, "RECEIVER")
    if url is None:
        return
    where = joined(url, f"NO-{talk.ours.mark}")

    async def say(what: str, method: str, query: str = "", body: Any = None) -> Exchange:
        step, to = f"{MODULE}: {what}", with_query(where, query)
        return await talk.ask(step, method, to, body, module=MODULE, holds="ChargingProfileResponse")

    def back() -> str:
        return talk.counterpart.result_url("profile", MODULE)

    def told() -> str:
        return f"response_url={quote(back(), safe='')}"

    await say("GET of no session", "GET", f"duration=900&{told()}")
    await say("PUT of no session", "PUT", body={"charging_profile": _PROFILE, "response_url": back()})
    await say("DELETE of no session", "DELETE", told())
    await say("GET without duration", "GET", told())
    await say("GET without response_url", "GET", "duration=900")
    await say("PUT without a profile", "PUT", body={"response_url": back()})
    unitless = {
        "charging_profile": {"charging_profile_period": _PROFILE["charging_profile_period"]},
        "response_url": back(),
    }
    await say("PUT of a profile without its unit", "PUT", body=unitless)
    for method in ("POST", "PATCH"):
        await say(f"{method} at the Receiver", method, body={"charging_profile": _PROFILE, "response_url": back()})


async def of_a_charge(talk: Conversation) -> None:
    """Limit the charge that the peer told of last, ask what limits it, and take the limit back."""
    url, session = talk.hears(MODULE), _under_way(talk.record)
    if url is None or session is None:
        return
    where = joined(url, session)
    for method, query in (("PUT", ""), ("GET", "duration=900&"), ("DELETE", "")):
        back = talk.counterpart.result_url(method, MODULE)
        body = {"charging_profile": _PROFILE, "response_url": back} if method == "PUT" else None
        to = where if body is not None else with_query(where, f"{query}response_url={quote(back, safe='')}")
        step = f"{MODULE}: {method} of a charge"
        asked = await talk.ask(step, method, to, body, module=MODULE, holds="ChargingProfileResponse")
        data = asked.answer.data
        if isinstance(data, dict) and data.get("result") == "ACCEPTED":
            await talk.counterpart.heard(f"their result of {method}", _WITHIN)
    told = talk.record.last("their result of PUT")
    if told is not None:
        await talk.counterpart.heard("their PUT chargingprofiles", _WITHIN, after=told.number)


def _under_way(record: Record) -> str | None:
    """The charge that was told of last among those that are not over."""
    known: dict[str, str] = {}
    for one in record.theirs:
        if one.module == "sessions" and isinstance(one.request.words, dict):
            id = unquote(urlsplit(one.request.url).path.rstrip("/").rpartition("/")[2])
            known[id] = one.request.words.get("status", known.pop(id, ""))
    return next((id for id in reversed(known) if known[id] == "ACTIVE"), None)


async def clients_of_a_hub(talk: Conversation) -> None:
    """What nobody but a hub may say, and what nobody at all may."""
    url = talk.record.url("hubclientinfo", "RECEIVER")
    if url is None:
        return
    where = joined(url, *talk.counterpart.party)
    for method in ("POST", "PATCH", "DELETE"):
        body = b"{}" if method != "DELETE" else None
        step = f"hubclientinfo: {method} at the Receiver"
        await talk.ask(step, method, where, body, module="hubclientinfo", routed=False)
