"""Connector as OCPI 2.3.0 spells it: as 2.2.1, with what it can do (OCPI 2.3.0 mod_locations_connector_object)."""

from typing import Literal, get_args

from laddnav.locations.model import Connector
from laddnav.ocpi.wire.codec import Codec, Hearing, Unsayable
from laddnav.ocpi.wire.shared.scalars import Word, many
from laddnav.ocpi.wire.v2_2_1 import connector as v2_2_1
from laddnav.ocpi.wire.v2_2_1.connector import connector_words

# OCPI 2.3.0 mod_locations_connectorformat_enum, mod_locations_powertype_enum
Format = Literal["CABLE", "SOCKET"]
PowerType = Literal["AC_1_PHASE", "AC_2_PHASE", "AC_2_PHASE_SPLIT", "AC_3_PHASE", "DC"]


class WireConnector(v2_2_1.WireConnector, kw_only=True, omit_defaults=True):
    """Its lists are open, but for these two (OCPI 2.3.0 types_enum_type)."""

    format: Format
    power_type: PowerType
    capabilities: tuple[Word, ...] | None = None


def read_connector(wire: WireConnector) -> Connector:
    return v2_2_1.read_connector(wire, capabilities=wire.capabilities or ())


def sayable(connector: Connector) -> bool:
    """Whether 2.3.0 has words for the plug: of its standard, it has any."""
    return has_words_for(connector.format, connector.power_type)


def has_words_for(format: str, power_type: str) -> bool:
    return format in get_args(Format) and power_type in get_args(PowerType)


def write_connector(connector: Connector) -> WireConnector:
    """Raises Unsayable."""
    if not sayable(connector):
        plug = f"{connector.format} {connector.power_type}"
        raise Unsayable(f"OCPI 2.3.0 has no words for Connector {connector.id!r}: {plug}")
    return WireConnector(**connector_words(connector), capabilities=many(connector.capabilities))


def read(wire: WireConnector, hearing: Hearing) -> Connector:
    return read_connector(wire)


codec = Codec(WireConnector, read, write_connector)
