"""Invoice reconciliation records at a Receiver: new, again, put right, wrong, and taken back."""

from __future__ import annotations

from typing import Any

from laddnav.ocpi.conform.conversation import OBJECTS, Conversation
from laddnav.ocpi.conform.record import Exchange
from laddnav.ocpi.wire.paging import joined

MODULE = "invoicereconciliation"


async def reconciliation(talk: Conversation) -> None:
    url = talk.record.url(MODULE, "RECEIVER")
    if url is None:
        return
    one = talk.ours.reconciliation()
    where = joined(url, *talk.counterpart.party, one["id"])

    async def say(what: str, method: str, to: str, body: Any = None) -> Exchange:
        holds = OBJECTS[MODULE] if method == "GET" else None
        return await talk.ask(f"{MODULE}: {what}", method, to, body, module=MODULE, holds=holds)

    await say("GET of an unknown", "GET", where)
    await say("POST new", "POST", url, one)
    await say("GET after POST new", "GET", where)
    await say("POST new again", "POST", url, one | {"last_updated": talk.later(1)})
    await say("PUT of a shorter list", "PUT", where, one | {"cdrs": one["cdrs"][:1], "last_updated": talk.later(2)})
    await say("GET after PUT of a shorter list", "GET", where)
    await say("PATCH at the Receiver", "PATCH", where, {"invoice_id": "other", "last_updated": talk.later(3)})
    wrong = one | {"last_updated": talk.later(4)}
    await say("POST without an invoice", "POST", url, {name: wrong[name] for name in wrong if name != "invoice_id"})
    await say("POST of no CDRs", "POST", url, wrong | {"cdrs": []})
    await say("POST of CDRs that are objects", "POST", url, wrong | {"cdrs": [{"id": id} for id in one["cdrs"]]})
    await say("POST of a stranger's", "POST", url, wrong | {"party_id": "ZZZ"})
    await say("PUT with another id", "PUT", where, wrong | {"id": f"OTHER-{talk.ours.mark}"})
    longest = wrong | {"cdrs": [f"{talk.ours.mark:X<36}-CR"]}
    await say("PUT of a Credit CDR", "PUT", where, longest)
    await say("DELETE", "DELETE", where)
    await say("GET after DELETE", "GET", where)
    await say("DELETE of an unknown", "DELETE", joined(url, *talk.counterpart.party, f"NO-{talk.ours.mark}"))
