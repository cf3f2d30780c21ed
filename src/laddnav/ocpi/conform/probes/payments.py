"""What a provider of payment terminals tells a CPO and lets it read: terminals and captures, new, again and wrong."""

from __future__ import annotations

from typing import Any

from laddnav.ocpi.conform.conversation import Conversation
from laddnav.ocpi.conform.samples import without
from laddnav.ocpi.wire.paging import joined

MODULE = "payments"


async def own_lists(talk: Conversation) -> None:
    """Three of each that the peer may pull, where we are the provider."""
    if "payments" in talk.counterpart.played.sides and talk.record.our_role == "PTP":
        for name, one, id in (
            ("terminal", talk.ours.terminal(), "terminal_id"),
            ("capture", talk.ours.confirmation(), "id"),
        ):
            several = [one | {id: f"{one[id]}-{number}"} for number in range(3)]
            talk.counterpart.played.lists[name] = several


async def payments(talk: Conversation) -> None:
    url = talk.record.url(MODULE, "RECEIVER")
    if url is not None:
        await _terminals(talk, joined(url, "terminals"))
        await _confirmations(talk, joined(url, "financial-advice-confirmations"))


async def _terminals(talk: Conversation, url: str) -> None:
    one = talk.ours.terminal()
    where = joined(url, one["terminal_id"])
    await _say(talk, "GET of an unknown terminal", "GET", joined(url, f"NO-{talk.ours.mark}"))
    await _say(talk, "POST of a terminal's id alone", "POST", url, {"terminal_id": one["terminal_id"]})
    await _say(talk, "GET of a terminal", "GET", where, holds="Terminal")
    await _say(talk, "POST of a terminal again", "POST", url, one | {"last_updated": talk.later(1)})
    nameless = without(one, "terminal_id") | {"last_updated": talk.later(2)}
    await _say(talk, "POST of a terminal without an id", "POST", url, nameless)
    await _say(talk, "POST of a terminal with a long id", "POST", url, one | {"terminal_id": "T" * 37})
    await _say(talk, "POST of a terminal that an eMSP invoices for", "POST", url, one | {"invoice_creator": "EMSP"})
    for method in ("PUT", "PATCH"):
        await _say(talk, f"{method} at the Receiver", method, where, one)


async def _confirmations(talk: Conversation, url: str) -> None:
    one, later = talk.ours.confirmation(), {"last_updated": talk.later(2)}
    where = joined(url, one["id"])
    await _say(talk, "POST of a capture", "POST", url, one)
    await _say(talk, "GET of a capture", "GET", where, holds="FinancialAdviceConfirmation")
    await _say(talk, "POST of a capture again", "POST", url, one | later)
    failed = without(one, "eft_data") | {"id": f"F-{talk.ours.mark}", "capture_status_code": "FAILED"}
    await _say(talk, "POST of a capture that failed", "POST", url, failed)
    await _say(talk, "POST of a capture without reference", "POST", url, without(one, "authorization_reference"))
    older = {"total_costs": {"excl_vat": 4, "incl_vat": 5}}
    await _say(talk, "POST of a capture with a price of 2.2.1", "POST", url, one | older | later)
    maybe = {"capture_status_code": "MAYBE"}
    await _say(talk, "POST of a capture with a status that is none", "POST", url, one | maybe | later)
    for method in ("PUT", "PATCH"):
        await _say(talk, f"{method} at the Receiver", method, where, one)


async def _say(
    talk: Conversation, what: str, method: str, url: str, body: Any = None, *, holds: str | None = None
) -> None:
    await talk.ask(f"{MODULE}: {what}", method, url, body, module=MODULE, holds=holds)
