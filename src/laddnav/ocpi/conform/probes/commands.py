"""Commands to a CPO: those that cannot succeed, and one that starts a real charge where we are told an EVSE for it."""

from __future__ import annotations

from typing import Any

from laddnav.ocpi.conform.conversation import Conversation
from laddnav.ocpi.conform.record import Exchange
from laddnav.ocpi.wire.paging import joined

_RESULT_WITHIN = 90  # seconds at most; stations are slow


async def commands(talk: Conversation) -> None:
    url = talk.record.url("commands", "RECEIVER")
    if url is None:
        return
    nobody, token = f"NO-{talk.ours.mark}", talk.ours.token()

    async def say(what: str, command: str, body: dict[str, Any]) -> Exchange:
        words = {"response_url": talk.counterpart.result_url(command), **body}
        where = joined(url, command)
        return await talk.ask(f"commands: {what}", "POST", where, words, module="commands", holds="CommandResponse")

    nowhere = {"token": token, "location_id": nobody}
    await say("START_SESSION at no Location", "START_SESSION", nowhere)
    await say("STOP_SESSION of no session", "STOP_SESSION", {"session_id": nobody})
    await say(
        "UNLOCK_CONNECTOR at no Location",
        "UNLOCK_CONNECTOR",
        {"location_id": nobody, "evse_uid": "E", "connector_id": "1"},
    )
    if talk.dialect.routes:
        await say("CANCEL_RESERVATION of none", "CANCEL_RESERVATION", {"reservation_id": nobody})
        reservation = {**nowhere, "reservation_id": nobody, "expiry_date": talk.later(900)}
        await say("RESERVE_NOW at no Location", "RESERVE_NOW", reservation)
        nobodys = talk.ours.token(party_id="ZZZ")
        await say("START_SESSION with a stranger's Token", "START_SESSION", nowhere | {"token": nobodys})
        lacks = nowhere | {"connector_id": "1"}
        await say("START_SESSION with a Connector and no EVSE", "START_SESSION", lacks)
    await talk.ask(
        "commands: START_SESSION without response_url", "POST", joined(url, "START_SESSION"), nowhere, module="commands"
    )
    await talk.ask("commands: a command that is none", "POST", joined(url, "MAKE_COFFEE"), nowhere, module="commands")
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        body = nowhere if method in ("PUT", "PATCH") else None
        await talk.ask(
            f"commands: {method} of a command", method, joined(url, "START_SESSION"), body, module="commands"
        )
    if talk.evse is not None:
        location, evse = talk.evse
        words = {"token": token, "location_id": location, "evse_uid": evse}
        if talk.record.our_role == "PTP":
            words["authorization_reference"] = f"P-{talk.ours.mark}"
        started = await say("START_SESSION", "START_SESSION", words)
        data = started.answer.data
        if isinstance(data, dict) and data.get("result") == "ACCEPTED":
            timeout = data.get("timeout")
            within = min(timeout, _RESULT_WITHIN) if isinstance(timeout, int) else _RESULT_WITHIN
            await talk.counterpart.heard("their result of START_SESSION", within)
