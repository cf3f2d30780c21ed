"""One table: what is refused → the HTTP status and the four digits of OCPI (OCPI 2.2.1 status_codes_status_codes).

An authenticated partner with a request that can be read gets 200 whatever the answer is; HTTP errors are for what never
got as far as OCPI, and for objects and methods that are not there
(OCPI 2.2.1 transport_and_format_response_format).
"""

from __future__ import annotations

from laddnav.bookings.rules import UnknownBooking, UnknownBookingLocation, UnknownCalendar
from laddnav.cdrs.rules import AlreadyClosedDifferently, UnknownCdr
from laddnav.db.refusals import Unstorable
from laddnav.kit.ids import NotAPartyId
from laddnav.kit.json import Unreadable
from laddnav.kit.refusal import Refusal, Trouble
from laddnav.locations.rules import TwoEvsesAlike, UnknownConnector, UnknownEvse, UnknownLocation
from laddnav.ocpi.calls.guard import ForbiddenAddress
from laddnav.ocpi.commands.asked import UnknownCommand
from laddnav.ocpi.commands.commanded import ConnectorMissing
from laddnav.ocpi.endpoints.cdrs import NotOurDriver
from laddnav.ocpi.endpoints.clients import UnknownClient
from laddnav.ocpi.endpoints.credentials import CannotUseYou
from laddnav.ocpi.gate import TooOften
from laddnav.ocpi.http import NoSuchMethod, NotHere, NotJson, TooLong, Unrecognised, VersionNotSpoken
from laddnav.ocpi.hub.rules import (
    CannotRoute,
    NoSuchDetour,
    ReceiverNotConnected,
    ReceiverTimedOut,
    UnknownReceiver,
)
from laddnav.ocpi.rules import AddressedElsewhere, NotAmongThem, OnePartyOnly, WhichOfUs
from laddnav.ocpi.wire.envelope import StatusCode
from laddnav.ocpi.wire.handshake import EndpointsMissing, NoCommonVersion, NoCredentialsRoles, NotNow
from laddnav.payments.rules import OfAnotherCpo, UnknownConfirmation, UnknownTerminal
from laddnav.reconciliation.rules import UnknownRecord
from laddnav.sessions.rules import NoPreferences, UnknownSession
from laddnav.tariffs.rules import UnknownTariff
from laddnav.tokens.rules import UnknownToken

STATUS: dict[type[Exception], tuple[int, StatusCode]] = {
    Unrecognised: (401, StatusCode.CLIENT_ERROR),
    TooOften: (429, StatusCode.CLIENT_ERROR),
    NotHere: (404, StatusCode.CLIENT_ERROR),
    VersionNotSpoken: (404, StatusCode.UNSUPPORTED_VERSION),
    OnePartyOnly: (404, StatusCode.UNSUPPORTED_VERSION),
    NoSuchMethod: (405, StatusCode.CLIENT_ERROR),
    NotNow: (405, StatusCode.CLIENT_ERROR),
    NotJson: (400, StatusCode.INVALID_PARAMETERS),
    TooLong: (413, StatusCode.INVALID_PARAMETERS),
    UnknownLocation: (404, StatusCode.UNKNOWN_LOCATION),
    UnknownEvse: (404, StatusCode.UNKNOWN_LOCATION),
    UnknownConnector: (404, StatusCode.UNKNOWN_LOCATION),
    UnknownToken: (404, StatusCode.UNKNOWN_TOKEN),
    UnknownTariff: (404, StatusCode.CLIENT_ERROR),
    UnknownSession: (404, StatusCode.CLIENT_ERROR),
    UnknownCdr: (404, StatusCode.CLIENT_ERROR),
    UnknownClient: (404, StatusCode.CLIENT_ERROR),
    UnknownRecord: (404, StatusCode.CLIENT_ERROR),
    UnknownBooking: (404, StatusCode.CLIENT_ERROR),
    UnknownBookingLocation: (404, StatusCode.UNKNOWN_LOCATION),
    UnknownCalendar: (404, StatusCode.UNKNOWN_LOCATION),
    UnknownTerminal: (404, StatusCode.CLIENT_ERROR),
    UnknownConfirmation: (404, StatusCode.CLIENT_ERROR),
    OfAnotherCpo: (404, StatusCode.INVALID_PARAMETERS),
    UnknownCommand: (404, StatusCode.CLIENT_ERROR),
    NotAmongThem: (404, StatusCode.INVALID_PARAMETERS),
    NoPreferences: (404, StatusCode.INVALID_PARAMETERS),
    Unreadable: (200, StatusCode.INVALID_PARAMETERS),
    Unstorable: (200, StatusCode.INVALID_PARAMETERS),
    NotAPartyId: (200, StatusCode.INVALID_PARAMETERS),
    TwoEvsesAlike: (200, StatusCode.INVALID_PARAMETERS),
    AddressedElsewhere: (200, StatusCode.INVALID_PARAMETERS),
    WhichOfUs: (200, StatusCode.INVALID_PARAMETERS),
    AlreadyClosedDifferently: (200, StatusCode.INVALID_PARAMETERS),
    NotOurDriver: (200, StatusCode.INVALID_PARAMETERS),
    ConnectorMissing: (200, StatusCode.INVALID_PARAMETERS),
    ForbiddenAddress: (200, StatusCode.INVALID_PARAMETERS),
    NoCredentialsRoles: (200, StatusCode.INVALID_PARAMETERS),
    CannotUseYou: (200, StatusCode.CLIENT_UNUSABLE),
    NoCommonVersion: (200, StatusCode.UNSUPPORTED_VERSION),
    EndpointsMissing: (200, StatusCode.ENDPOINTS_MISSING),
    CannotRoute: (200, StatusCode.HUB_ERROR),
    UnknownReceiver: (200, StatusCode.UNKNOWN_RECEIVER),
    ReceiverTimedOut: (200, StatusCode.RECEIVER_TIMED_OUT),
    ReceiverNotConnected: (200, StatusCode.RECEIVER_NOT_CONNECTED),
    NoSuchDetour: (404, StatusCode.CLIENT_ERROR),
    Refusal: (200, StatusCode.CLIENT_ERROR),
    Trouble: (503, StatusCode.SERVER_ERROR),
}


def status_of(error: Refusal | Trouble) -> tuple[int, StatusCode]:
    """That of the nearest class in the table."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
