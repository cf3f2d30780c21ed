"""OCPI 2.3.0: what is spelt otherwise than in 2.2.1."""

from typing import Any

from laddnav.bookings.model import Booking, BookingLocation, BookingRequest, Calendar
from laddnav.cdrs.model import Cdr
from laddnav.locations.model import Connector, Evse, Location
from laddnav.ocpi.wire.clients import ClientInfo
from laddnav.ocpi.wire.codec import Codec
from laddnav.ocpi.wire.handshake import Credentials
from laddnav.ocpi.wire.v2_2_1 import codecs as v2_2_1
from laddnav.ocpi.wire.v2_3_0 import (
    booking,
    booking_location,
    cdr,
    client_info,
    commands,
    connector,
    credentials,
    evse,
    invoice_reconciliation,
    location,
    payments,
    session,
    tariff,
    token,
)
from laddnav.ocpi.wire.version import Version
from laddnav.payments.model import Confirmation, Terminal
from laddnav.reconciliation.model import Record
from laddnav.sessions.model import Session
from laddnav.tariffs.model import Tariff
from laddnav.tokens.model import Authorization, Token

CHANGED: dict[type[Any], Codec[Any, Any]] = {
    Authorization: token.authorization_codec,
    Booking: booking.codec,
    BookingLocation: booking_location.codec,
    BookingRequest: booking.request_codec,
    Calendar: booking_location.calendar_codec,
    Cdr: cdr.codec,
    ClientInfo: client_info.codec,
    Confirmation: payments.confirmation_codec,
    Connector: connector.codec,
    Credentials: credentials.codec,
    Evse: evse.codec,
    Location: location.codec,
    Record: invoice_reconciliation.codec,
    Session: session.codec,
    Tariff: tariff.codec,
    Terminal: payments.terminal_codec,
    Token: token.codec,
    **commands.CODECS,
}
CODECS = v2_2_1.CODECS | CHANGED

VERSION = Version(
    number="2.3.0",
    codecs=CODECS,
    modules=v2_2_1.VERSION.modules | v2_2_1.LATER,
    lists={},
    lists_clients=True,
    knows_all_commands=False,
)
