"""Connector as OCPI 2.2.1 spells it (OCPI 2.2.1 mod_locations_connector_object)."""

from typing import Any

from msgspec import Struct

from laddnav.locations.model import Connector
from laddnav.ocpi.wire.codec import Codec, Hearing, Unsayable
from laddnav.ocpi.wire.shared.scalars import CiString36, DateTime, Url, Word, many
from laddnav.ocpi.wire.v2_2_1.listed import LISTED


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


def read_connector(wire: WireConnector, **more: Any) -> Connector:
    """`more` is what a later version says besides."""
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
        **more,
    )


def sayable(connector: Connector) -> bool:
    """Whether 2.2.1 has words for the plug: its lists are closed, and another word would say something else."""
    return (
        connector.standard in LISTED["standard"]
        and connector.format in LISTED["format"]
        and connector.power_type in LISTED["power_type"]
    )


def write_connector(connector: Connector) -> WireConnector:
    """Raises Unsayable."""
    if not sayable(connector):
        plug = f"{connector.standard} {connector.format} {connector.power_type}"
        raise Unsayable(f"OCPI 2.2.1 has no words for Connector {connector.id!r}: {plug}")
    return WireConnector(**connector_words(connector))


def connector_words(connector: Connector) -> dict[str, Any]:
    """The fields of WireConnector."""
    return {
        "id": connector.id,
        "standard": connector.standard,
        "format": connector.format,
        "power_type": connector.power_type,
        "max_voltage": connector.voltage_max,
        "max_amperage": connector.amperage_max,
        "max_electric_power": connector.power_max,
        "tariff_ids": many(connector.tariff_ids),
        "terms_and_conditions": connector.terms_and_conditions,
        "last_updated": DateTime(connector.last_updated),
    }


def read(wire: WireConnector, hearing: Hearing) -> Connector:
    return read_connector(wire)


codec = Codec(WireConnector, read, write_connector)
