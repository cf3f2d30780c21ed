"""A depot for pages: vans of which one is ready, one charges, one has to be plugged in, and one will be late."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from laddnav.fleets import actions as fleets
from laddnav.kit.energy import wh
from laddnav.kit.ids import PartyId
from laddnav.sessions import actions as sessions
from laddnav.tokens.model import Allowed, Authorization
from tests.clock import SetClock
from tests.fleets.vans import departure_said, vehicle_said
from tests.things import US, settled, token
from tests.web.site import Site

NIGHT = datetime(2026, 11, 24, 2, tzinfo=UTC)  # Tuesday, 03:00 at the depot


async def empty_fleet(site: Site, holder: PartyId = US, name: str = "Nordpost") -> str:
    async with site.database.unit() as unit:
        one = await fleets.found(unit, holder, name=name, customer=f"{name} AB", by="a test")
    return one.ref


async def depot(site: Site, clock: SetClock) -> str:
    """The ref of its fleet; in the night before its vans leave."""
    station = await settled(site.database)
    clock.set(NIGHT - timedelta(hours=3))
    ref = await empty_fleet(site)
    async with site.database.unit() as unit:
        fleet = await fleets.add_depot(unit, ref, id="KAJ", name="", location_id="LOC1")
        await fleets.add_cost_centre(unit, ref, code="4010", name="Post")
        await fleets.add_cost_centre(unit, ref, code="4020", name="Parcels")
        vans = {}
        for number, (name, plate, percent, card) in enumerate(
            [("Ida", "MLB 41A", 92, ""), ("Elsa", "MLB 42B", 35, "CARD1"), ("Hugo", "MLB 43C", 30, ""),
             ("Sixten", "TRE 88X", 12, ""), ("Maja", "TRE 89Y", 88, "")], 1
        ):  # fmt: skip
            said = vehicle_said(f"V{number}", name=name, plate=plate, cards=card, cost_centre="4010")
            vans[name] = await fleets.keep_vehicle(unit, ref, said)
            await fleets.tell(unit, fleet, vans[name].ref, percent=Decimal(percent))
        for id, vehicle, at, need, note in (
            ("P1", "V1", "06:00", "150 km", "Hisingen"),
            ("P2", "V2", "06:30", "120 km", "Mölndal"),
            ("P3", "V3", "09:15", "140 km", "Kungälv"),
            ("P4", "V4", "06:00", "150 km", "Partille"),
        ):
            await fleets.keep_departure(
                unit, ref, departure_said(id, vehicle, at=at, back="15:00", need=need, note=note)
            )
    async with site.database.unit() as unit:
        session = await sessions.begin(
            unit,
            station=station,
            evse_no=1,
            uid="CARD1",
            given=Authorization(allowed=Allowed.ALLOWED, token=token()),
            at=clock.now(),
            register=wh(0),
        )
        assert await fleets.vehicles(unit, fleet)
    await fleets_hear(site, session.id)
    clock.set(NIGHT)
    await fleets.look_after(site.database)
    return ref


async def fleets_hear(site: Site, session_id: str) -> None:
    """That a car charges; the pages of tests hear little by themselves."""
    from laddnav.sessions.events import SessionStarted

    await fleets.vehicle_plugged_in(site.database, SessionStarted(holder=US, owner=str(US), session_id=session_id))
