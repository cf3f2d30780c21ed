"""OCPI 2.1.1: what is spelt how, and what else it decides."""

from laddnav.cdrs.model import Cdr
from laddnav.locations.model import Connector, Evse, Location
from laddnav.ocpi.wire.codec import Codecs
from laddnav.ocpi.wire.envelope import StatusCode
from laddnav.ocpi.wire.handshake import Credentials, Module, OfferedVersion, VersionDetails
from laddnav.ocpi.wire.shared import offered
from laddnav.ocpi.wire.v2_1_1 import (
    cdr,
    commands,
    connector,
    credentials,
    evse,
    location,
    session,
    tariff,
    token,
    versions,
)
from laddnav.ocpi.wire.v2_1_1.listed import LISTED
from laddnav.ocpi.wire.version import Version
from laddnav.sessions.model import Session
from laddnav.tariffs.model import Tariff
from laddnav.tokens.model import Authorization, LocationReferences, Token

CODECS = Codecs(
    {
        Authorization: token.authorization_codec,
        Cdr: cdr.codec,
        Connector: connector.codec,
        Credentials: credentials.codec,
        Evse: evse.codec,
        Location: location.codec,
        LocationReferences: token.references_codec,
        OfferedVersion: offered.codec,
        Session: session.codec,
        Tariff: tariff.codec,
        Token: token.codec,
        VersionDetails: versions.codec,
        **commands.CODECS,
    }
)

VERSION = Version(
    number="2.1.1",
    codecs=CODECS,
    modules=frozenset({Module.CREDENTIALS, *versions.OF_CPO}),
    encodes_token=False,
    routes=False,
    dates_changes=False,
    patches_tariffs=True,
    types_tokens=False,
    credits=False,
    hides=False,
    prefers=False,
    lists_tariffs=False,
    names_connector=False,
    token_types=LISTED["token_type"],
    lists={
        field: LISTED[field] for field in ("capabilities", "facilities", "format", "parking_restrictions", "standard")
    },
    # There is none for a Token that nobody knows, and there are no hubs (OCPI 2.1.1 status_codes, 2xxx).
    statuses=frozenset(code for code in StatusCode if code < 4000) - {StatusCode.UNKNOWN_TOKEN},
)
