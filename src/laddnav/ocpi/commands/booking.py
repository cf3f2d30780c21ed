"""A booking at a partner's, for a driver of ours: asked for, changed and cancelled with one and the same request."""

from __future__ import annotations

from laddnav.bookings import actions as bookings
from laddnav.bookings.model import Booking, BookingRequest
from laddnav.db.unit import Database
from laddnav.kit.ids import PartyId, fold
from laddnav.kit.json import Unreadable
from laddnav.ocpi.calls.client import Clients
from laddnav.ocpi.commands.asked import connected_to
from laddnav.ocpi.endpoints.bookings import BOOKINGS
from laddnav.ocpi.sides import SENDER
from laddnav.ocpi.wire import envelope
from laddnav.ocpi.wire.codec import parsed
from laddnav.ocpi.wire.handshake import Module
from laddnav.ocpi.wire.versions import VERSIONS


async def ask(database: Database, clients: Clients, owner: PartyId, request: BookingRequest) -> Booking:
    """As its CPO says that it stands now; what is PENDING then, it tells later.

    OCPI 2.3.0 mod_bookings_cpo_post_booking_method. Raises NotConnectedTo, NotOffered, Unreadable, and what a call
    raises: then nobody knows whether it was heard, and the same request may be sent again.
    """
    holder = request.asked_by
    async with database.unit() as unit:
        connection = await connected_to(unit, holder, owner)
    partner = await clients.to(connection)
    version = VERSIONS[connection.version]
    body = version.codecs[BookingRequest].encode(request)
    reply = await partner.call("POST", partner.endpoint(Module.BOOKINGS, SENDER), body, to=owner)
    said = parsed(envelope.single(reply.answer.data))
    if not isinstance(said, dict) or fold(str(said.get("request_id", ""))) != fold(request.request_id):
        raise Unreadable("The answer is about another request - at `$.data.request_id`")
    async with database.unit() as unit:
        key = await BOOKINGS.pulled(unit, connection, version, said)
        booking = await bookings.fetch(unit, holder, key.owner, key.id)
    database.wake()
    return booking
