"""OCPI 2.2.1: what is spelt how."""

from laddnav.cdrs.model import Cdr
from laddnav.locations.model import Connector, Evse, Location
from laddnav.ocpi.wire.clients import ClientInfo
from laddnav.ocpi.wire.codec import Codecs
from laddnav.ocpi.wire.handshake import Credentials, Module, OfferedVersion, VersionDetails
from laddnav.ocpi.wire.shared import offered
from laddnav.ocpi.wire.v2_2_1 import (
    cdr,
    cdr_token,
    charging_profile,
    client_info,
    commands,
    connector,
    credentials,
    evse,
    listed,
    location,
    preferences,
    session,
    tariff,
    token,
    versions,
)
from laddnav.ocpi.wire.version import Version
from laddnav.sessions.model import Preferences, Session
from laddnav.tariffs.model import Tariff
from laddnav.tokens.model import Authorization, LocationReferences, Token

CODECS = Codecs(
    {
        Authorization: token.authorization_codec,
        Cdr: cdr.codec,
        ClientInfo: client_info.codec,
        Connector: connector.codec,
        Credentials: credentials.codec,
        Evse: evse.codec,
        Location: location.codec,
        LocationReferences: token.references_codec,
        OfferedVersion: offered.codec,
        Preferences: preferences.codec,
        Session: session.codec,
        Tariff: tariff.codec,
        Token: token.codec,
        VersionDetails: versions.codec,
        **charging_profile.CODECS,
        **commands.CODECS,
    }
)

# Modules that came with OCPI 2.3.0.
LATER = frozenset(
    {
        Module.BOOKINGS,
        Module.BOOKING_LOCATIONS,
        Module.CONFIRMATIONS,
        Module.INVOICE_RECONCILIATION,
        Module.PAYMENTS,
        Module.TERMINALS,
    }
)

VERSION = Version(
    number="2.2.1",
    codecs=CODECS,
    modules=frozenset(Module) - LATER,
    token_types=frozenset(cdr_token.TYPES),
    lists=listed.LISTED,
)
