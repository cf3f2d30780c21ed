"""Single objects of a Sender: Locations and their parts, preferences for a charge, and a verdict on a Token."""

from __future__ import annotations

from typing import Any

from laddnav.ocpi.conform.conversation import Conversation
from laddnav.ocpi.wire.paging import joined, with_query


async def locations(talk: Conversation) -> None:
    """Each level by its own URL, in the other case too, and what is not there."""
    url = talk.record.url("locations", "SENDER")
    found = talk.found.get("locations", [])
    if url is None or "locations" not in talk.found:
        return
    await talk.ask("locations: unknown object", "GET", joined(url, f"NO-{talk.ours.mark}"), module="locations")
    full = [one for one in found if _first(one, "evses") and _first(_first(one, "evses"), "connectors")]
    if not full:
        return
    one = full[0]
    id, evse = str(one["id"]), _first(one, "evses")
    connector = str(_first(evse, "connectors").get("id"))
    uid = str(evse.get("uid"))
    await talk.ask("locations: object", "GET", joined(url, id), module="locations", holds="Location")
    await talk.ask("locations: object in the other case", "GET", joined(url, id.swapcase()), module="locations")
    await talk.ask("locations: EVSE", "GET", joined(url, id, uid), module="locations", holds="EVSE")
    where = joined(url, id, uid, connector)
    await talk.ask("locations: Connector", "GET", where, module="locations", holds="Connector")
    await talk.ask("locations: unknown EVSE", "GET", joined(url, id, f"NO-{talk.ours.mark}"), module="locations")
    other = next((other for other in full if other["id"] != one["id"]), None)
    if other is not None:
        astray = joined(url, str(other["id"]), uid)
        await talk.ask("locations: EVSE of another Location", "GET", astray, module="locations")


async def preferences(talk: Conversation) -> None:
    """Of a charge that nobody knows."""
    url = talk.record.url("sessions", "SENDER")
    if url is None or not talk.dialect.routes:
        return
    where = joined(url, f"NO-{talk.ours.mark}", "charging_preferences")
    await talk.ask("sessions: preferences of no session", "PUT", where, {"profile_type": "GREEN"}, module="sessions")


async def authorization(talk: Conversation) -> None:
    """A Token that the peer listed, with and without a place, and one that nobody has."""
    url = talk.record.url("tokens", "SENDER")
    if url is None or "tokens" not in talk.found:
        return
    unknown = joined(url, f"NO-{talk.ours.mark}", "authorize")
    await talk.ask("tokens: authorize an unknown Token", "POST", unknown, module="tokens")
    known = [one for one in talk.found["tokens"] if isinstance(one.get("uid"), str)]
    for type in ("RFID", "APP_USER"):
        token = next((one for one in known if one.get("type") == type), None)
        if token is None:
            continue
        where = joined(url, token["uid"], "authorize")
        if type != "RFID":
            typed = with_query(where, f"type={type}")
            await talk.ask("tokens: authorize with a type", "POST", typed, module="tokens", holds="AuthorizationInfo")
            await talk.ask("tokens: authorize with a type left out", "POST", where, module="tokens")
            continue
        await talk.ask("tokens: authorize", "POST", where, module="tokens", holds="AuthorizationInfo")
        place = {"location_id": f"L-{talk.ours.mark}", "evse_uids": [f"E-{talk.ours.mark}"]}
        await talk.ask("tokens: authorize at a place", "POST", where, place, module="tokens", holds="AuthorizationInfo")
        nowhere = {"evse_uids": ["E"]}
        await talk.ask("tokens: authorize at a place without its id", "POST", where, nowhere, module="tokens")


def _first(words: Any, name: str) -> dict[str, Any]:
    """The first member of a list inside words; empty where there is none."""
    members = words.get(name)
    return members[0] if isinstance(members, list) and members and isinstance(members[0], dict) else {}
