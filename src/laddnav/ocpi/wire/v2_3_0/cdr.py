"""CDR as OCPI 2.3.0 spells it: as 2.2.1, but a Price names its taxes, and so do the Tariffs in it."""

from typing import Annotated

from msgspec import Meta
from msgspec.structs import replace

from laddnav.cdrs.model import Cdr
from laddnav.ocpi.wire.codec import Codec, Hearing, Unsayable
from laddnav.ocpi.wire.shared.repeated import Repeated
from laddnav.ocpi.wire.v2_2_1 import cdr as v2_2_1
from laddnav.ocpi.wire.v2_2_1.cdr import WireCdrOf, cdr_words, read_cdr_of
from laddnav.ocpi.wire.v2_3_0.cdr_token import WireCdrToken, write_cdr_token
from laddnav.ocpi.wire.v2_3_0.charging_period import WireChargingPeriod, sayable
from laddnav.ocpi.wire.v2_3_0.connector import Format, PowerType, has_words_for
from laddnav.ocpi.wire.v2_3_0.price import WirePrice, read_price, write_price
from laddnav.ocpi.wire.v2_3_0.tariff import WireTariff, read_tariff, write_tariff


class WireCdrLocation(v2_2_1.WireCdrLocation, kw_only=True, omit_defaults=True):
    """These two lists are closed (OCPI 2.3.0 types_enum_type)."""

    connector_format: Format
    connector_power_type: PowerType


class WireCdr(WireCdrOf[WirePrice, WireTariff], kw_only=True, omit_defaults=True):
    cdr_token: WireCdrToken
    cdr_location: WireCdrLocation
    charging_periods: Annotated[tuple[WireChargingPeriod, ...], Meta(min_length=1)]


known_tariff = Repeated(WireTariff, read_tariff)


def read(wire: WireCdr, hearing: Hearing) -> Cdr:
    return read_cdr_of(wire, hearing, read_price, known_tariff)


def write(cdr: Cdr) -> WireCdr:
    """Raises Unsayable."""
    plug = cdr.location
    if not has_words_for(plug.connector_format, plug.connector_power_type):
        words = f"{plug.connector_format} {plug.connector_power_type}"
        raise Unsayable(f"OCPI 2.3.0 has no words for the Connector of CDR {cdr.id!r}: {words}")
    told = replace(cdr, periods=sayable(cdr.periods))
    return WireCdr(**cdr_words(told, write_price, write_tariff), cdr_token=write_cdr_token(cdr.token))


codec = Codec(WireCdr, read, write, repeats="tariffs")
