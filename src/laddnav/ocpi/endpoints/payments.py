"""Payments: a provider's terminals and what it captured at them, and the CPO that says what they serve.

No URL names whose a terminal is: the connection says it (OCPI 2.3.0 mod_payments_interfaces_and_endpoints).
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from laddnav.db.unit import Unit
from laddnav.kit.ids import fold
from laddnav.kit.json import Unreadable
from laddnav.kit.time import rfc3339
from laddnav.ocpi.endpoints import lists
from laddnav.ocpi.endpoints.call import DONE, MADE, Call, Reply, Table, Within, kept
from laddnav.ocpi.endpoints.heard import Mismatch, Subject, readable
from laddnav.ocpi.http import NotHere
from laddnav.ocpi.rules import owner_among
from laddnav.ocpi.wire.codec import encoded, parsed
from laddnav.ocpi.wire.handshake import Module
from laddnav.payments import actions as payments
from laddnav.payments.model import Confirmation, Terminal
from laddnav.payments.rules import UnknownConfirmation, UnknownTerminal

TERMINAL = Subject(
    module=Module.TERMINALS,
    kind=Terminal,
    field="terminal_id",
    id=lambda terminal: terminal.id,
    key=lambda terminal: fold(terminal.id),
    owner=lambda terminal: terminal.owner,
    last_updated=lambda terminal: terminal.last_updated,
    keep=payments.keep,
    unknown=UnknownTerminal,
)
MADE_KNOWN = replace(TERMINAL, keep=payments.make_known)
CONFIRMATION = Subject(
    module=Module.CONFIRMATIONS,
    kind=Confirmation,
    field="id",
    id=lambda confirmation: confirmation.id,
    key=lambda confirmation: fold(confirmation.id),
    owner=lambda confirmation: confirmation.owner,
    last_updated=lambda confirmation: confirmation.last_updated,
    keep=payments.keep_confirmation,
    unknown=UnknownConfirmation,
)


# As CPO ---------------------------------------------------------------------------------------------------------------


async def post_terminal(unit: Unit, call: Call) -> Reply:
    """A terminal of theirs, of which its id alone may be told. Told again, what it does not name stays as it was.

    OCPI 2.3.0 mod_payments_cpo_terminal_post_method, whose examples have no last_updated. Raises OfAnotherCpo.
    """
    said = _object(readable(call.connection, call.body))
    owner = owner_among(call.connection, call.hearing().sender)
    before = await MADE_KNOWN.before(unit, call.connection, call.version, owner, fold(str(said.get("terminal_id"))))
    words = before.body or encoded({"last_updated": rfc3339(unit.now)})
    body = call.codec(Terminal).patch(words, encoded(said), received_at=unit.now)
    terminal = call.codec(Terminal).decode(body, call.hearing())
    await MADE_KNOWN.hear(unit, before, terminal, body)
    return kept(new=before.new)


async def post_confirmation(unit: Unit, call: Call) -> Reply:
    """What they captured; told again, it is as they say now. Raises NotAmongThem."""
    return kept(new=await CONFIRMATION.post(unit, call))


async def get_terminal(unit: Unit, call: Call) -> Reply:
    return Reply(data=await _heard(unit, call, TERMINAL))


async def get_confirmation(unit: Unit, call: Call) -> Reply:
    return Reply(data=await _heard(unit, call, CONFIRMATION))


async def _heard(unit: Unit, call: Call, subject: Subject[Any]) -> bytes:
    id = call.segments[0]
    before = await subject.before(unit, call.connection, call.version, call.hearing().sender, fold(id), lock=False)
    if before.body is None:
        raise subject.unknown(id)
    return before.body


# As provider ----------------------------------------------------------------------------------------------------------


async def own_terminal(unit: Unit, call: Call) -> Reply:
    """One of ours that stands with them. Raises UnknownTerminal."""
    id = call.segments[0]
    one = await payments.find_terminal(unit, call.holder, call.holder, id)
    if one is None or one.cpo not in call.connection.parties:
        raise UnknownTerminal(id)
    return Reply(data=await lists.own(unit, call, Module.TERMINALS, id))


async def own_confirmation(unit: Unit, call: Call) -> Reply:
    """One of ours about a charge of theirs. Raises UnknownConfirmation."""
    id = call.segments[0]
    one = await payments.find_confirmation(unit, call.holder, call.holder, id)
    if one is None or one.cpo not in call.connection.parties:
        raise UnknownConfirmation(id)
    return Reply(data=await lists.own(unit, call, Module.CONFIRMATIONS, id))


async def change(unit: Unit, call: Call) -> Reply:
    """PUT and PATCH alike keep what is not named: the text's own PUT is partial, and neither has to say when.

    OCPI 2.3.0 mod_payments_ptp_terminal_put_method, mod_payments_ptp_patch_terminal_method. Raises UnknownTerminal,
    Mismatch, OfAnotherCpo.
    """
    id = call.segments[0]
    one = await payments.find_terminal(unit, call.holder, call.holder, id, lock=True)
    if one is None or one.cpo not in call.connection.parties:
        raise UnknownTerminal(id)
    codec = call.codec(Terminal)
    words = codec.patch(codec.encode(one.terminal), readable(call.connection, call.body), received_at=unit.now)
    said = codec.decode(words, call.hearing())
    if fold(said.id) != fold(id):
        raise Mismatch("terminal_id", id, said.id)
    await payments.hear_cpo(unit, call.holder, one.cpo, id, said)
    return DONE


async def activate(unit: Unit, call: Call) -> Reply:
    """Its id is ours to give, and so may be missing (OCPI 2.3.0 mod_payments_ptp_terminal_post_activate_method).

    Raises NotHere, OfAnotherCpo.
    """
    if call.segments[0] != "activate":
        raise NotHere("A terminal is made known to us at terminals/activate")
    said = {"terminal_id": unit.new_id()} | _object(readable(call.connection, call.body))
    terminal = call.codec(Terminal).decode(encoded(said), call.hearing())
    await payments.activate(unit, call.holder, call.hearing().sender, terminal)
    return MADE


async def deactivate(unit: Unit, call: Call) -> Reply:
    """Raises NotHere, UnknownTerminal."""
    id, what = call.segments
    if what != "deactivate":
        raise NotHere("With a POST, a terminal is deactivated and nothing else")
    await payments.hear_deactivation(unit, call.holder, call.hearing().sender, id)
    return DONE


def _object(body: bytes) -> dict[str, Any]:
    """Raises Unreadable."""
    words = parsed(body)
    if not isinstance(words, dict):
        raise Unreadable("Expected `object`, got something else - at `$`")
    return {name: value for name, value in words.items() if value is not None}


TERMINALS_SENDER: Table = {
    ("GET", 0): lists.listing(Module.TERMINALS),
    ("GET", 1): Within(own_terminal),
    ("PUT", 1): Within(change),
    ("PATCH", 1): Within(change),
    ("POST", 1): Within(activate),
    ("POST", 2): Within(deactivate),
}
TERMINALS_RECEIVER: Table = {("POST", 0): Within(post_terminal), ("GET", 1): Within(get_terminal)}
CONFIRMATIONS_SENDER: Table = {
    ("GET", 0): lists.listing(Module.CONFIRMATIONS),
    ("GET", 1): Within(own_confirmation),
}
CONFIRMATIONS_RECEIVER: Table = {("POST", 0): Within(post_confirmation), ("GET", 1): Within(get_confirmation)}
