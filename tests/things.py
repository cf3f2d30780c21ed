"""A small charging network for tests: one place, one station, one tariff, cards of two companies."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import EvseRef, PartyId
from laddnav.locations import actions as locations
from laddnav.locations.actions import Provisioning
from laddnav.locations.model import Connector, Evse, GeoLocation, Location, Station, Status
from laddnav.parties import actions as parties
from laddnav.parties.model import Party, Role
from laddnav.tariffs import actions as tariffs
from laddnav.tariffs.model import Element, PriceComponent, Tariff, TariffDimension
from laddnav.tokens import actions as tokens
from laddnav.tokens.model import Token, TokenType, Whitelist

US = PartyId("SE", "LAD")
THEM = PartyId("SE", "NOR")
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
WHERE = EvseRef("LOC1", "EVSE1")


def party(holder: PartyId = US, **changes: object) -> Party:
    fields: dict[str, object] = {
        "holder": holder,
        "ref": str(holder),
        "name": "Laddnav Test AB",
        "roles": (Role.CPO, Role.EMSP),
        "currency": "SEK",
        "time_zone": "Europe/Stockholm",
        "vat_percent": Decimal(25),
        "created_at": LONG_AGO,
    }
    return Party(**fields | changes)  # type: ignore[arg-type]


def connector(**changes: object) -> Connector:
    fields: dict[str, object] = {
        "id": "1",
        "standard": "IEC_62196_T2",
        "format": "SOCKET",
        "power_type": "AC_3_PHASE",
        "voltage_max": 230,
        "amperage_max": 32,
        "power_max": 22000,
        "tariff_ids": ("T1",),
        "last_updated": LONG_AGO,
    }
    return Connector(**fields | changes)  # type: ignore[arg-type]


def evse(uid: str = "EVSE1", **changes: object) -> Evse:
    fields: dict[str, object] = {
        "uid": uid,
        "evse_id": f"SE*LAD*E{uid}",
        "status": Status.AVAILABLE,
        "connectors": (connector(),),
        "capabilities": ("REMOTE_START_STOP_CAPABLE", "RFID_READER"),
        "last_updated": LONG_AGO,
    }
    return Evse(**fields | changes)  # type: ignore[arg-type]


def location(id: str = "LOC1", owner: PartyId = US, **changes: object) -> Location:
    fields: dict[str, object] = {
        "owner": owner,
        "id": id,
        "publish": True,
        "name": "Kajen",
        "address": "Skeppsbron 1",
        "city": "Göteborg",
        "postal_code": "411 21",
        "country": "SWE",
        "coordinates": GeoLocation(Decimal("57.70716"), Decimal("11.96679")),
        "evses": (evse("EVSE1"), evse("EVSE2")),
        "time_zone": "Europe/Stockholm",
        "last_updated": LONG_AGO,
    }
    return Location(**fields | changes)  # type: ignore[arg-type]


def tariff(id: str = "T1", owner: PartyId = US, **changes: object) -> Tariff:
    """2.50 SEK a kWh and 5 SEK a charge, 25 % VAT on both."""
    fields: dict[str, object] = {
        "owner": owner,
        "id": id,
        "currency": "SEK",
        "elements": (
            Element(
                components=(
                    component(TariffDimension.ENERGY, "2.50"),
                    component(TariffDimension.FLAT, "5.00"),
                )
            ),
        ),
        "last_updated": LONG_AGO,
    }
    return Tariff(**fields | changes)  # type: ignore[arg-type]


def component(type: TariffDimension, price: str, *, vat: str | None = "25", step_size: int = 1) -> PriceComponent:
    return PriceComponent(type=type, price=Decimal(price), vat=vat and Decimal(vat), step_size=step_size)  # type: ignore[arg-type]


def token(uid: str = "CARD1", owner: PartyId = US, **changes: object) -> Token:
    fields: dict[str, object] = {
        "owner": owner,
        "uid": uid,
        "type": TokenType.RFID,
        "contract_id": f"{owner.country}-{owner.party}-C{uid}",
        "issuer": "Laddnav",
        "valid": True,
        "whitelist": Whitelist.ALLOWED,
        "last_updated": LONG_AGO,
    }
    return Token(**fields | changes)  # type: ignore[arg-type]


async def settle_in(unit: Unit) -> Station:
    """Our party with its place, tariff and own card, and the connected Station ST1 behind both Evses, left in peace."""
    await parties.add(unit, party(ref=unit.new_id()))
    await tariffs.keep(unit, US, tariff())
    await locations.keep(unit, US, location())
    await tokens.keep(unit, US, token())
    one = await locations.add_station(unit, US, "ST1", password="a-password-of-16-bytes")
    await locations.attach(unit, "ST1", 1, WHERE)
    await locations.attach(unit, "ST1", 2, EvseRef("LOC1", "EVSE2"))
    await locations.provision(unit, "ST1", Provisioning(on_connect="none"))
    locations.connected(unit, one, process="test", protocol="ocpp1.6")
    return await locations.station(unit, "ST1")


async def settled(database: Database) -> Station:
    async with database.unit() as unit:
        return await settle_in(unit)


async def spread(database: Database, evses: int) -> None:
    """So many Evses at LOC1: ST1 behind the first two as before, X1, X2, … behind one each, all on the line."""
    async with database.unit() as unit:
        whole = location(evses=tuple(evse(f"EVSE{number}") for number in range(1, evses + 1)), last_updated=unit.now)
        await locations.keep(unit, US, whole)
        for number in range(3, evses + 1):
            one = await locations.add_station(unit, US, f"X{number - 2}", location_id="LOC1")
            await locations.attach(unit, one.id, 1, EvseRef("LOC1", f"EVSE{number}"))
            locations.connected(unit, one, process="test", protocol="ocpp1.6")
