"""Whom of a partner's parties a message is for, where several of them are on one line.

OCPI 2.2.1 transport_and_format_message_routing: the TO headers name one party, so what is for all goes to each.
"""

from __future__ import annotations

from laddnav.cdrs import actions as cdrs
from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.ocpi import store
from laddnav.ocpi.model import Connection, Delivery, Message
from laddnav.ocpi.rules import ASKED_ONLY, FOR_ALL, UNROUTED
from laddnav.ocpi.wire.handshake import Module
from laddnav.sessions import actions as sessions


async def addressees(
    unit: Unit, connection: Connection, delivery: Delivery, message: Message
) -> tuple[PartyId | None, ...]:
    """None: whoever of them listens there."""
    if message.to is not None:
        return (message.to,)
    if len(connection.counterparts) < 2 or delivery.module in UNROUTED:
        return (None,)
    if delivery.module in FOR_ALL:
        return connection.counterparts
    return (await _concerned(unit, connection, delivery),)


async def _concerned(unit: Unit, connection: Connection, delivery: Delivery) -> PartyId | None:
    """Whose driver it is, or who asked."""
    holder, key = connection.holder, delivery.object_key.split(" ")[0]
    if delivery.module is Module.CDRS:
        cdr = await cdrs.find(unit, holder, holder, key)
        return None if cdr is None else cdr.token.owner
    if delivery.module in ASKED_ONLY and delivery.body is not None:
        command = await store.commands.find(unit, holder, key.split("/")[0])
        return None if command is None else command.party
    if delivery.module in (Module.SESSIONS, Module.CHARGING_PROFILES):
        session = await sessions.find(unit, holder, holder, key)
        return None if session is None else session.token.owner
    return None
