"""Session as OCPI 2.3.0 spells it: as 2.2.1, but its cost names its taxes (OCPI 2.3.0 mod_sessions_session_object)."""

from msgspec.structs import replace

from laddnav.ocpi.wire.codec import Codec, Hearing
from laddnav.ocpi.wire.v2_2_1.session import APPENDS, WireSessionOf, read_session_of, session_words
from laddnav.ocpi.wire.v2_3_0.cdr_token import WireCdrToken, write_cdr_token
from laddnav.ocpi.wire.v2_3_0.charging_period import WireChargingPeriod, sayable
from laddnav.ocpi.wire.v2_3_0.price import WirePrice, read_price, write_price
from laddnav.sessions.model import Session


class WireSession(WireSessionOf[WirePrice], kw_only=True, omit_defaults=True):
    cdr_token: WireCdrToken
    charging_periods: tuple[WireChargingPeriod, ...] | None = None


def read(wire: WireSession, hearing: Hearing) -> Session:
    return read_session_of(wire, hearing, read_price)


def write(session: Session) -> WireSession:
    told = replace(session, periods=sayable(session.periods))
    return WireSession(**session_words(told, write_price), cdr_token=write_cdr_token(session.token))


codec = Codec(WireSession, read, write, appends=APPENDS)
