"""Connector as OCPI 2.3.0 spells it: as 2.2.1, with what it can do (OCPI 2.3.0 mod_locations_connector_object)."""

from laddnav.locations.model import Connector
from laddnav.ocpi.wire.codec import Codec, Hearing
from laddnav.ocpi.wire.shared.scalars import Word, many
from laddnav.ocpi.wire.v2_2_1 import connector as v2_2_1
from laddnav.ocpi.wire.v2_2_1.connector import connector_words


class WireConnector(v2_2_1.WireConnector, kw_only=True, omit_defaults=True):
    capabilities: tuple[Word, ...] | None = None


def read_connector(wire: WireConnector) -> Connector:
    return v2_2_1.read_connector(wire, capabilities=wire.capabilities or ())


def write_connector(connector: Connector) -> WireConnector:
    return WireConnector(**connector_words(connector), capabilities=many(connector.capabilities))


def read(wire: WireConnector, hearing: Hearing) -> Connector:
    return read_connector(wire)


codec = Codec(WireConnector, read, write_connector)
