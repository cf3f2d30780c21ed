"""Connector as OCPI 2.2.1 spells it (OCPI 2.2.1 mod_locations_connector_object)."""

from msgspec import Struct

from laddnav.locations.model import Connector
from laddnav.ocpi.wire.codec import Codec, Hearing
from laddnav.ocpi.wire.shared.scalars import CiString36, DateTime, Url, Word, many


class WireConnector(Struct, kw_only=True, omit_defaults=True):
    id: CiString36
    standard: Word
    format: Word
    power_type: Word
    max_voltage: int
    max_amperage: int
    max_electric_power: int | None = None
    tariff_ids: tuple[CiString36, ...] | None = None
    terms_and_conditions: Url | None = None
    last_updated: DateTime


def read_connector(wire: WireConnector) -> Connector:
    return Connector(
        id=wire.id,
        standard=wire.standard,
        format=wire.format,
        power_type=wire.power_type,
        voltage_max=wire.max_voltage,
        amperage_max=wire.max_amperage,
        power_max=wire.max_electric_power,
        tariff_ids=wire.tariff_ids or (),
        terms_and_conditions=wire.terms_and_conditions,
        last_updated=wire.last_updated.at,
    )


def write_connector(connector: Connector) -> WireConnector:
    return WireConnector(
        id=connector.id,
        standard=connector.standard,
        format=connector.format,
        power_type=connector.power_type,
        max_voltage=connector.voltage_max,
        max_amperage=connector.amperage_max,
        max_electric_power=connector.power_max,
        tariff_ids=many(connector.tariff_ids),
        terms_and_conditions=connector.terms_and_conditions,
        last_updated=DateTime(connector.last_updated),
    )


def read(wire: WireConnector, hearing: Hearing) -> Connector:
    return read_connector(wire)


codec = Codec(WireConnector, read, write_connector)
