"""Whoever looks after the vans of a fleet on a real database, and the cards that they show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from msgspec import Struct

from laddnav.cdrs import actions as cdrs
from laddnav.cdrs.events import CdrAccepted, CdrClosed, CdrReceived
from laddnav.db import stream
from laddnav.db.events import Event
from laddnav.db.outbox import drain
from laddnav.db.unit import Database, Listener
from laddnav.fleets import actions as fleets
from laddnav.fleets.actions.standing import board
from laddnav.fleets.model import Fleet, Outlook, Vehicle
from laddnav.fleets.written_departures import DepartureSaid
from laddnav.fleets.written_vehicles import VehicleSaid
from laddnav.kit import json
from laddnav.kit.energy import wh
from laddnav.locations.model import Station
from laddnav.metering.model import Measurand, Reading
from laddnav.sessions import actions as sessions
from laddnav.sessions.actions import Measurement
from laddnav.sessions.events import SessionEnded, SessionFailed, SessionStarted
from laddnav.sessions.model import Session, StopReason
from laddnav.tokens import actions as tokens
from laddnav.tokens.model import Allowed, Authorization
from tests.clock import SetClock
from tests.things import US, settled, token

EVENING = datetime(2026, 11, 23, 18, tzinfo=UTC)  # Monday, 19:00 at the depot
SIX = datetime(2026, 11, 24, 5, tzinfo=UTC)
TUESDAY = date(2026, 11, 24)
HOUR = timedelta(hours=1)


@pytest.fixture
def hears() -> Mapping[type[Event], Sequence[Listener]]:
    return {
        SessionStarted: [fleets.vehicle_plugged_in],
        SessionEnded: [cdrs.close, fleets.vehicle_unplugged],
        SessionFailed: [fleets.vehicle_unplugged],
        CdrClosed: [fleets.count],
        CdrReceived: [cdrs.check],
        CdrAccepted: [fleets.count],
    }


class Told(Struct):
    """What of an announcement about a departure is looked at here."""

    cause: str


class Desk:
    """Whoever looks after the vans of Nordpost, and the cards that they show at the station."""

    def __init__(self, database: Database, clock: SetClock, station: Station, fleet: Fleet) -> None:
        self.database, self.clock, self.station, self.ref = database, clock, station, fleet.ref

    async def fleet(self) -> Fleet:
        async with self.database.unit() as unit:
            return await fleets.by_ref(unit, self.ref)

    async def add(self, said: VehicleSaid) -> Vehicle:
        async with self.database.unit() as unit:
            return await fleets.keep_vehicle(unit, self.ref, said)

    async def leaves(self, said: DepartureSaid) -> None:
        async with self.database.unit() as unit:
            await fleets.keep_departure(unit, self.ref, said)

    async def tell(self, vehicle: Vehicle, percent: int) -> None:
        async with self.database.unit() as unit:
            await fleets.tell(unit, await fleets.by_ref(unit, self.ref), vehicle.ref, percent=Decimal(percent))

    async def plug_in(self, uid: str = "CARD1", evse_no: int = 1, register: int = 0) -> Session:
        async with self.database.unit() as unit:
            session = await sessions.begin(
                unit,
                station=self.station,
                evse_no=evse_no,
                uid=uid,
                given=Authorization(allowed=Allowed.ALLOWED, token=token(uid)),
                at=self.clock.now(),
                register=wh(register),
            )
        await drain(self.database)
        return session

    async def measure(self, session: Session, register: int, percent: int | None = None) -> None:
        at = self.clock.now()
        said = [Reading(at=at, measurand=Measurand.ENERGY_IMPORT_REGISTER, value=Decimal(register))]
        if percent is not None:
            said.append(Reading(at=at, measurand=Measurand.STATE_OF_CHARGE, value=Decimal(percent), location="EV"))
        one = Measurement(station=self.station, evse_no=1, session_id=session.id, readings=tuple(said))
        async with self.database.unit() as unit:
            await sessions.measure(unit, [one])
        await drain(self.database)

    async def unplug(self, session: Session, register: int) -> None:
        async with self.database.unit() as unit:
            await sessions.stop(
                unit,
                holder=US,
                session_id=session.id,
                at=self.clock.now(),
                register=wh(register),
                reason=StopReason.EV_DISCONNECTED,
            )
        await drain(self.database)

    async def session(self, one: Session) -> Session:
        async with self.database.unit() as unit:
            return await sessions.fetch(unit, US, US, one.id)

    async def looks(self) -> list[Outlook]:
        async with self.database.unit() as unit:
            return [*(await board(unit, await fleets.by_ref(unit, self.ref))).outlooks]

    async def next_look(self, at: datetime) -> list[str]:
        """What is announced about departures when somebody looks then, with its cause."""
        self.clock.set(at)
        async with self.database.unit() as unit:
            cursor = await stream.newest(unit)
        await fleets.look_after(self.database)
        async with self.database.unit() as unit:
            return [
                f"{one.kind} {json.decode(one.body, Told).cause}"
                for one in await stream.after(unit, cursor)
                if one.kind.startswith("Departure")
            ]

    async def spent(self, month: date = date(2026, 11, 1)) -> list[tuple[str | None, int, Decimal, Decimal]]:
        async with self.database.unit() as unit:
            found = await fleets.month(unit, await fleets.by_ref(unit, self.ref), month)
        return [(one.cost_centre, one.charges, one.energy.kwh.normalize(), one.cost.normalize()) for one in found]


@pytest.fixture
async def desk(database: Database, clock: SetClock) -> Desk:
    station = await settled(database)
    async with database.unit() as unit:
        await tokens.keep(unit, US, token("CARD2"))
        fleet = await fleets.found(unit, US, name="Nordpost", customer="Nordpost AB", by="a test")
        await fleets.add_depot(unit, fleet.ref, id="GBG", name="", location_id="loc1")
        await fleets.add_cost_centre(unit, fleet.ref, code="4010", name="Post")
        await fleets.add_cost_centre(unit, fleet.ref, code="4020", name="Parcels")
    clock.set(EVENING)
    return Desk(database, clock, station, fleet)
