"""Charging profiles of a charge that nobody knows, and what is not available at either side of the module."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from laddnav.ocpi.conform.conversation import Conversation
from laddnav.ocpi.conform.record import Exchange
from laddnav.ocpi.wire.paging import joined, with_query

MODULE = "chargingprofiles"


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
    period = {"start_period": 0, "limit": 11000}
    profile = {"charging_rate_unit": "W", "charging_profile_period": [period]}

    async def say(what: str, method: str, query: str = "", body: Any = None) -> Exchange:
        step, to = f"{MODULE}: {what}", with_query(where, query)
        return await talk.ask(step, method, to, body, module=MODULE, holds="ChargingProfileResponse")

    def back() -> str:
        return talk.counterpart.result_url("profile", MODULE)

    def told() -> str:
        return f"response_url={quote(back(), safe='')}"

    await say("GET of no session", "GET", f"duration=900&{told()}")
    await say("PUT of no session", "PUT", body={"charging_profile": profile, "response_url": back()})
    await say("DELETE of no session", "DELETE", told())
    await say("GET without duration", "GET", told())
    await say("GET without response_url", "GET", "duration=900")
    await say("PUT without a profile", "PUT", body={"response_url": back()})
    unitless = {"charging_profile": {"charging_profile_period": [period]}, "response_url": back()}
    await say("PUT of a profile without its unit", "PUT", body=unitless)
    for method in ("POST", "PATCH"):
        await say(f"{method} at the Receiver", method, body={"charging_profile": profile, "response_url": back()})


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
