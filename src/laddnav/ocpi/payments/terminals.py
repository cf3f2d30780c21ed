"""What there is to tell a partner now about payment terminals and what was captured at them."""

from __future__ import annotations

from typing import Any

from laddnav.db.unit import Unit
from laddnav.kit.time import rfc3339
from laddnav.ocpi.model import Connection, Message
from laddnav.ocpi.sides import OFFERED, RECEIVER, SENDER
from laddnav.ocpi.telling import words
from laddnav.ocpi.wire.codec import encoded, parsed
from laddnav.ocpi.wire.handshake import Module
from laddnav.ocpi.wire.paging import joined
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.payments import actions as payments
from laddnav.payments.model import Installed, Terminal

GONE = "/deactivate"  # behind a terminal's key: news of its own, which no other overtakes


async def news(unit: Unit, connection: Connection, module: Module, key: str, method: str) -> Message | None:
    """About what is ours with POST, about a terminal of theirs as its CPO may. None: nothing any more."""
    if provides(connection):
        return await _ours(unit, connection, module, key)
    endpoint = connection.endpoint(module, SENDER)
    one = await _theirs(unit, connection, key.removesuffix(GONE))
    if endpoint is None or one is None:
        return None
    if key.endswith(GONE):
        return Message(method="POST", url=joined(endpoint, one.terminal.id, "deactivate"), body=None)
    said = assignment(one.terminal)
    if method == "PUT":
        # What is empty is said too, for providers keep what a PUT leaves out.
        whole = VERSIONS[connection.version].codecs[Terminal].encode(one.terminal)
        said = parsed(whole) | said | description(one.terminal)
    return Message(method=method, url=joined(endpoint, one.terminal.id), body=encoded(said))


def provides(connection: Connection) -> bool:
    """Whether the terminals there are ours."""
    return (Module.TERMINALS, SENDER) in OFFERED[connection.our_role]


def assignment(terminal: Terminal) -> dict[str, Any]:
    """What its CPO changes in part (OCPI 2.3.0 mod_payments_ptp_patch_terminal_method)."""
    return {
        "location_ids": list(terminal.location_ids),
        "evse_uids": list(terminal.evse_uids),
        "last_updated": rfc3339(terminal.last_updated),
    }


def description(terminal: Terminal) -> dict[str, Any]:
    """What its CPO says besides (OCPI 2.3.0 mod_payments_ptp_terminal_put_method)."""
    return {
        "customer_reference": terminal.customer_reference,
        "invoice_base_url": terminal.invoice_base_url,
        "invoice_creator": terminal.invoice_creator,
    }


async def _theirs(unit: Unit, connection: Connection, key: str) -> Installed | None:
    for owner in sorted(connection.parties):
        one = await payments.find_terminal(unit, connection.holder, owner, key)
        if one is not None:
            return one
    return None


async def _ours(unit: Unit, connection: Connection, module: Module, key: str) -> Message | None:
    endpoint = connection.endpoint(module, RECEIVER)
    body = await words.said(unit, connection.holder, module, VERSIONS[connection.version], key)
    return None if endpoint is None or body is None else Message(method="POST", url=endpoint, body=body)
