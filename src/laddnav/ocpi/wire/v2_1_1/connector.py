"""Connector as OCPI 2.1.1 spells it: with one Tariff, and without a power (OCPI 2.1.1 mod_locations §3.3)."""

from msgspec import Struct

from laddnav.locations.model import Connector
from laddnav.ocpi.wire.codec import Codec, Hearing, Unsayable
from laddnav.ocpi.wire.shared.scalars import CiString36, DateTime, Url, Word
from laddnav.ocpi.wire.v2_1_1.instants import second
from laddnav.ocpi.wire.v2_1_1.listed import LISTED
from laddnav.ocpi.wire.v2_1_1.plain import plainly


class WireConnector(Struct, kw_only=True, omit_defaults=True):
    id: CiString36
    standard: Word
    format: Word
    power_type: Word
    voltage: int
    amperage: int
    tariff_id: CiString36 | None = None
    terms_and_conditions: Url | None = None
    last_updated: DateTime


def read_connector(wire: WireConnector) -> Connector:
    return Connector(
        id=wire.id,
        standard=wire.standard,
        format=wire.format,
        power_type=wire.power_type,
        voltage_max=wire.voltage,
        amperage_max=wire.amperage,
        tariff_ids=() if wire.tariff_id is None else (wire.tariff_id,),
        terms_and_conditions=wire.terms_and_conditions,
        last_updated=wire.last_updated.at,
    )


def sayable(connector: Connector) -> bool:
    """Whether 2.1.1 has words for the plug; a driver who was told of another would not get his car charged."""
    return (
        connector.standard in LISTED["standard"]
        and connector.format in LISTED["format"]
        and connector.power_type in LISTED["power_type"]
    )


def write_connector(connector: Connector) -> WireConnector:
    """Raises Unsayable."""
    if not sayable(connector):
        plug = f"{connector.standard} {connector.format} {connector.power_type}"
        raise Unsayable(f"OCPI 2.1.1 has no words for Connector {connector.id!r}: {plug}")
    return WireConnector(
        id=connector.id,
        standard=connector.standard,
        format=connector.format,
        power_type=connector.power_type,
        voltage=connector.voltage_max,
        amperage=connector.amperage_max,
        tariff_id=next(iter(connector.tariff_ids), None),
        terms_and_conditions=connector.terms_and_conditions,
        last_updated=second(connector.last_updated),
    )


def read(wire: WireConnector, hearing: Hearing) -> Connector:
    return read_connector(wire)


codec = Codec(WireConnector, read, plainly(write_connector))
