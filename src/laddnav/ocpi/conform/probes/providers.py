"""What a CPO asks of a provider of payment terminals, and tells it of a charge that was paid at one."""

from __future__ import annotations

from typing import Any

from laddnav.ocpi.conform.conversation import Conversation
from laddnav.ocpi.conform.probes.payments import MODULE
from laddnav.ocpi.conform.record import Exchange
from laddnav.ocpi.wire.paging import joined

_WITHIN = 10  # seconds, in which what follows from something of ours has to come


async def terminals(talk: Conversation) -> None:
    """One comes with a station: it is activated, gets its place, and is described."""
    url = talk.record.url(MODULE, "SENDER")
    if url is None:
        return
    listed = joined(url, "terminals")
    serial = {"reference": f"Serial {talk.ours.mark}", "last_updated": talk.later(0)}
    await _say(talk, "GET of a terminal that it does not have", "GET", joined(listed, f"NO-{talk.ours.mark}"))
    done = await _say(talk, "activation of a terminal", "POST", joined(listed, "activate"), serial)
    made = await talk.counterpart.heard("their POST of a terminal", _WITHIN) if done.answer.granted else None
    id = made.request.words.get("terminal_id") if made is not None and isinstance(made.request.words, dict) else None
    if not isinstance(id, str):
        return
    where, place = joined(listed, id), talk.ours.location()
    await _say(talk, "GET of a terminal of its own", "GET", where, holds="Terminal")
    await _say(talk, "PATCH of what a terminal serves", "PATCH", where, {"location_ids": [place["id"]]})
    await _say(talk, "GET after PATCH of what a terminal serves", "GET", where, holds="Terminal")
    invoices = {"customer_reference": f"Ours {talk.ours.mark}", "invoice_base_url": "https://tester.example/invoices"}
    await _say(talk, "PUT of how a terminal is known", "PUT", where, invoices | {"invoice_creator": "CPO"})
    await _say(talk, "GET after PUT of how a terminal is known", "GET", where, holds="Terminal")


async def paid_charge(talk: Conversation) -> None:
    """Of a charge that the peer started at a terminal: Session and CDR, with the invoice made by us."""
    started = talk.record.last("their command START_SESSION")
    words = started.request.words if started is not None and isinstance(started.request.words, dict) else {}
    reference = words.get("authorization_reference")
    sessions, cdrs = talk.hears("sessions"), talk.hears("cdrs")
    if talk.record.their_role != "PTP" or reference is None or sessions is None or cdrs is None:
        return
    paid = {"authorization_reference": reference, "auth_method": "COMMAND"}
    place, token = talk.ours.location(), words.get("token", talk.ours.token())
    session = talk.ours.session(token, place, id=f"PAID-{talk.ours.mark}", last_updated=talk.later(40), **paid)
    where = joined(sessions, *talk.counterpart.party, session["id"])
    await talk.ask("sessions: PUT of a charge that is paid", "PUT", where, session, module="sessions")
    cdr = talk.ours.cdr(token, place, id=f"PAID-{talk.ours.mark}", session_id=session["id"], **paid)
    cdr |= {"invoice_reference_id": reference, "last_updated": talk.later(41)}
    await talk.ask("cdrs: POST of a charge that is paid", "POST", cdrs, cdr, module="cdrs")
    await talk.counterpart.heard("their POST of a capture", _WITHIN)


async def captures(talk: Conversation) -> None:
    """One by one, and a terminal that is given up in the end."""
    url = talk.record.url(MODULE, "SENDER")
    if url is None:
        return
    listed = joined(url, "financial-advice-confirmations")
    await _say(talk, "GET of a capture that it does not have", "GET", joined(listed, f"NO-{talk.ours.mark}"))
    known = next((str(one["id"]) for one in talk.found.get("captures", []) if "id" in one), None)
    if known is not None:
        where = joined(listed, known)
        await _say(talk, "GET of a capture of its own", "GET", where, holds="FinancialAdviceConfirmation")
    made = talk.record.last("their POST of a terminal")
    if made is not None and talk.record.last(f"{MODULE}: GET of a terminal of its own") is not None:
        where = joined(url, "terminals", str(made.request.words["terminal_id"]), "deactivate")
        await _say(talk, "deactivation of a terminal", "POST", where)


async def _say(
    talk: Conversation, what: str, method: str, url: str, body: Any = None, *, holds: str | None = None
) -> Exchange:
    return await talk.ask(f"{MODULE}: {what}", method, url, body, module=MODULE, holds=holds)
