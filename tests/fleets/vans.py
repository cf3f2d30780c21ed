"""A small fleet for tests: vans of 60 kWh at one depot, and what they have to do on a Monday in November."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from laddnav.fleets.model import (
    Block,
    Content,
    CostCentre,
    Departure,
    Depot,
    Fleet,
    How,
    Need,
    NeedUnit,
    Plugged,
    Standing,
    Trip,
    Vehicle,
)
from laddnav.fleets.written_departures import DepartureSaid
from laddnav.fleets.written_vehicles import VehicleSaid
from laddnav.kit.energy import NO_ENERGY, kwh
from laddnav.kit.power import Power, kw
from tests.things import LONG_AGO, US

ZONE = "Europe/Stockholm"
NOW = datetime(2026, 11, 23, 18, tzinfo=UTC)  # Monday, 19:00 at the depot
SIX = datetime(2026, 11, 24, 5, tzinfo=UTC)  # Tuesday, 06:00 at the depot
TUESDAY = date(2026, 11, 24)
HOUR = timedelta(hours=1)


def hours(many: float) -> timedelta:
    return timedelta(hours=many)


def km(amount: int) -> Need:
    return Need(Decimal(amount), NeedUnit.KM)


def fleet(**changes: object) -> Fleet:
    fields: dict[str, object] = {
        "holder": US,
        "ref": "F1",
        "name": "Nordpost",
        "customer": "Nordpost AB",
        "depots": (Depot(id="GBG", name="Kajen", location_id="LOC1", time_zone=ZONE),),
        "cost_centres": (CostCentre(code="4010", name="Post"), CostCentre(code="4020", name="Parcels")),
        "last_updated": LONG_AGO,
    }
    return Fleet(**fields | changes)  # type: ignore[arg-type]


def van(ref: str = "V1", **changes: object) -> Vehicle:
    """60 kWh, of which 6 stay; 20 kWh for 100 km; 16 A on three phases."""
    fields: dict[str, object] = {
        "holder": US,
        "fleet": "F1",
        "ref": ref,
        "id": ref,
        "depot": "GBG",
        "battery": kwh(60),
        "ac_amps_max": Decimal(16),
        "ac_phases": 3,
        "per_100_km": kwh(20),
        "last_updated": LONG_AGO,
    }
    return Vehicle(**fields | changes)  # type: ignore[arg-type]


def content(amount: float, sure: float = 0, at: datetime = NOW, how: How = How.TOLD) -> Content:
    return Content(at=at, energy=kwh(str(amount)), sure=kwh(str(sure)), how=how)


def trip(vehicle: str = "V1", departs_at: datetime = SIX, **changes: object) -> Trip:
    """150 km, which are 30 kWh, beside the 6 that stay."""
    fields: dict[str, object] = {
        "departure": f"D-{vehicle}",
        "id": f"D-{vehicle}",
        "on": departs_at.date(),
        "vehicle": vehicle,
        "departs_at": departs_at,
        "back_at": departs_at + 8 * HOUR,
        "need": km(150),
    }
    return Trip(**fields | changes)  # type: ignore[arg-type]


def plugged(since_at: datetime = NOW, power: Power | None = None, **changes: object) -> Plugged:
    """10 kW, of which 9 come to be in the battery."""
    fields: dict[str, object] = {
        "session": "S1",
        "location_id": "LOC1",
        "evse": "1",
        "since_at": since_at,
        "energy": NO_ENERGY,
        "power_max": power or kw(10),
    }
    return Plugged(**fields | changes)  # type: ignore[arg-type]


def block(begins: datetime, length: timedelta, power: Power) -> Block:
    return Block(begin_at=begins, end_at=begins + length, power=power)


def standing(vehicle: Vehicle | None = None, inside: float = 6, **changes: object) -> Standing:
    fields: dict[str, object] = {
        "vehicle": vehicle or van(),
        "content": content(inside),
        "home_at": None,
        "plugged": None,
        "fastest": kw(10),
    }
    return Standing(**fields | changes)  # type: ignore[arg-type]


def departure(**changes: object) -> Departure:
    """On weekdays at six."""
    fields: dict[str, object] = {
        "holder": US,
        "fleet": "F1",
        "ref": "D1",
        "id": "D1",
        "vehicle": "V1",
        "days": (1, 2, 3, 4, 5),
        "at": time(6),
        "back": time(14),
        "need": km(150),
        "last_updated": LONG_AGO,
    }
    return Departure(**fields | changes)  # type: ignore[arg-type]


def vehicle_said(id: str = "V1", **changes: object) -> VehicleSaid:
    fields: dict[str, object] = {
        "id": id,
        "battery_kwh": Decimal(60),
        "ac_amps": Decimal(16),
        "kwh_per_100_km": Decimal(20),
    }
    return VehicleSaid(**fields | changes)  # type: ignore[arg-type]


def departure_said(id: str = "D1", vehicle: str = "V1", **changes: object) -> DepartureSaid:
    fields: dict[str, object] = {
        "id": id,
        "vehicle": vehicle,
        "days": "Mon-Fri",
        "at": "06:00",
        "back": "14:00",
        "need": "150 km",
    }
    return DepartureSaid(**fields | changes)  # type: ignore[arg-type]
