"""A garage for tests: six stations, each with one plug, on two panels behind a small connection."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from laddnav.db.unit import Database, Unit
from laddnav.kit.energy import kwh, wh
from laddnav.kit.ids import EvseRef
from laddnav.locations import actions as locations
from laddnav.locations.actions import Provisioning
from laddnav.metering.model import Measurand, Reading
from laddnav.parties import actions as parties
from laddnav.sessions import actions as sessions
from laddnav.sessions.actions import Measurement
from laddnav.sessions.model import Session
from laddnav.sites.model.site import Amps, Member, Panel, Phase, Site
from laddnav.tariffs import actions as tariffs
from laddnav.tokens import actions as tokens
from laddnav.tokens.model import Allowed, Authorization
from tests.things import LONG_AGO, US, evse, location, party, tariff, token

STATIONS = ("G1", "G2", "G3", "G4", "G5", "G6")
PASSWORD = "a-password-of-16-bytes"


def each(amps: float | str | Decimal) -> Amps:
    one = Decimal(str(amps))
    return (one, one, one)


def member(station_id: str = "G1", **changes: Any) -> Member:
    fields: dict[str, Any] = {"station_id": station_id, "evse_no": 1, "amps_max": Decimal(32)}
    return Member(**fields | changes)


def site(**changes: Any) -> Site:
    """Three plugs, 40 A, and a building that never draws more than 10 A."""
    fields: dict[str, Any] = {
        "holder": US,
        "id": "garage",
        "ref": "garage-ref",
        "name": "The garage",
        "time_zone": "Europe/Stockholm",
        "currency": "SEK",
        "amps": each(40),
        "building": each(10),
        "members": tuple(member(id) for id in STATIONS[:3]),
        "last_updated": LONG_AGO,
    }
    return Site(**fields | changes)


def panel(name: str, amps: float, under: str | None = None) -> Panel:
    return Panel(name=name, under=under, amps=each(amps))


async def furnish(unit: Unit) -> None:
    """Everything that the garage stands on, with cards C1 to C6; its stations are known and on no line yet."""
    await parties.add(unit, party(ref=unit.new_id()))
    await tariffs.keep(unit, US, tariff())
    await locations.keep(unit, US, location(evses=tuple(evse(f"E{id}") for id in STATIONS)))
    for number, id in enumerate(STATIONS, 1):
        await tokens.keep(unit, US, token(f"C{number}"))
        await locations.add_station(unit, US, id, password=PASSWORD)
        await locations.attach(unit, id, 1, EvseRef("LOC1", f"E{id}"))
        await locations.provision(unit, id, Provisioning(on_connect="none"))


async def opened(database: Database) -> None:
    """All of its stations are on the line."""
    async with database.unit() as unit:
        await furnish(unit)
    async with database.unit() as unit:
        for id in STATIONS:
            locations.connected(unit, await locations.station(unit, id), process="test", protocol="ocpp2.0.1")


async def plugged_in(database: Database, station_id: str) -> Session:
    async with database.unit() as unit:
        given = Authorization(allowed=Allowed.ALLOWED, token=token(f"C{STATIONS.index(station_id) + 1}"))
        return await sessions.begin(
            unit,
            station=await locations.station(unit, station_id),
            evse_no=1,
            uid=f"C{STATIONS.index(station_id) + 1}",
            given=given,
            at=unit.now,
            register=wh(0),
        )


async def charged(database: Database, station_id: str, since: datetime, until: datetime, energy: str) -> None:
    """A charge that is over, of so many kWh."""
    async with database.unit() as unit:
        given = Authorization(allowed=Allowed.ALLOWED, token=token("C6"))
        station = await locations.station(unit, station_id)
        one = await sessions.begin(unit, station=station, evse_no=1, uid="C6", given=given, at=since, register=wh(0))
    async with database.unit() as unit:
        await sessions.stop(unit, holder=US, session_id=one.id, at=until, register=kwh(energy), reason="Local")


async def metered(
    database: Database, session: Session, amps: float, register: int = 0, uses: Sequence[Phase] = tuple(Phase)
) -> None:
    """Its meter says what it draws from each phase that it uses, and what it has counted."""
    async with database.unit() as unit:
        assert session.station_id is not None
        said = [Reading(at=unit.now, measurand=Measurand.ENERGY_IMPORT_REGISTER, value=Decimal(register))]
        for phase in Phase:
            value = Decimal(str(amps)) if phase in uses else Decimal(0)
            said.append(Reading(at=unit.now, measurand=Measurand.CURRENT_IMPORT, phase=phase.value, value=value))
        station = await locations.station(unit, session.station_id)
        one = Measurement(station=station, evse_no=1, session_id=session.id, readings=tuple(said))
        await sessions.measure(unit, [one])
