"""What a driver's choice stands on at an Evse: whether a site plans for it; and what is done where none does."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from laddnav.db.events import Event
from laddnav.db.unit import Database, Unit
from laddnav.kit.energy import Energy
from laddnav.kit.ids import EvseRef, PartyId, fold
from laddnav.kit.power import Power
from laddnav.kit.time import hours
from laddnav.locations import actions as locations
from laddnav.locations.model import Location
from laddnav.locations.rules import connector_of, evse_of
from laddnav.market import actions as market
from laddnav.pricing.ahead.ways import Draw, Grams
from laddnav.sessions import actions as sessions
from laddnav.sessions.actions import offering
from laddnav.sessions.choices import Around, Hours, usual_power
from laddnav.sessions.events import PreferencesChanged
from laddnav.sessions.model import Session
from laddnav.sites.actions.setting_up import site_of
from laddnav.sites.actions.watching import moment_of, plan_of
from laddnav.sites.model.now import CarNow
from laddnav.sites.model.site import Member, Site

AHEAD = timedelta(hours=48)


async def around(
    unit: Unit, holder: PartyId, location: Location, where: EvseRef, session: Session | None = None
) -> Around:
    """What is known there of the hours ahead, for an Evse of ours, and for a charge that goes on."""
    member = await _member(unit, holder, where)
    if member is None:
        who = await offering.hours_at(unit, holder, where)
        return Around(zone=location.time_zone, now=unit.now, hours=who)
    site, seat = member
    return Around(
        zone=location.time_zone,
        now=unit.now,
        hours=Hours.SITES,
        power_sure=Power(seat.fallback_amps * site.volts * len(seat.phases)),
        grams=await _grams(unit, site),
        gives_back=seat.discharge_amps_max > 0,
        planned=() if session is None else await _planned(unit, site, session),
    )


async def car_of(unit: Unit, session: Session) -> CarNow | None:
    """How the site that feeds it has this car now, and why; None: no site does."""
    if session.station_id is None or session.evse_no is None:
        return None
    site = await site_of(unit, session.holder, session.station_id, session.evse_no)
    if site is None:
        return None
    picture = await moment_of(unit, session.holder, site.id)
    return next((one for one in picture.cars if one.session_id == session.id), None)


async def _planned(unit: Unit, site: Site, session: Session) -> tuple[Draw, ...]:
    """When the plan in force gives this car how much; (): it does not know it."""
    plan = await plan_of(unit, session.holder, site.id)
    car = None if plan is None else next((one for one in plan.cars if one.session_id == session.id), None)
    if plan is None or car is None:
        return ()
    step = timedelta(minutes=plan.step_minutes)
    return tuple(
        Draw(
            plan.start_at + number * step,
            plan.start_at + (number + 1) * step,
            Energy((Decimal(str(kw)) * 1000 * hours(step)).quantize(Decimal("0.001"))),
        )
        for number, kw in enumerate(car.power)
        if kw > 0
    )


async def lead(database: Database, event: Event) -> None:
    """A charge at an Evse that no site plans for is led through the hours that its driver chose."""
    assert isinstance(event, PreferencesChanged)
    async with database.unit() as unit:
        session = await sessions.find(unit, event.holder, event.holder, event.session_id)
        if session is None or event.owner != str(event.holder):
            return
        where = EvseRef(session.location_id, session.evse_uid)
        location = await locations.find(unit, event.holder, event.holder, session.location_id)
        if location is None or not any(fold(one.uid) == fold(where.evse_uid) for one in location.evses):
            return
        stands = await around(unit, event.holder, location, where)
        if stands.hours is Hours.SITES:
            return
        connector = connector_of(evse_of(location, where.evse_uid), session.connector_id)
        await offering.follow(unit, session, connector, stands, usual_power(connector))
    database.wake()


async def _member(unit: Unit, holder: PartyId, where: EvseRef) -> tuple[Site, Member] | None:
    found = await locations.station_at(unit, holder, where)
    site = None if found is None else await site_of(unit, holder, found[0].id, found[1])
    if found is None or site is None:
        return None
    seats = [one for one in site.members if (one.station_id, one.evse_no) == (found[0].id, found[1])]
    return (site, seats[0]) if seats else None


async def _grams(unit: Unit, site: Site) -> tuple[Grams, ...]:
    if site.bidding_zone is None:
        return ()
    known = await market.carbon(unit, site.bidding_zone, unit.now, unit.now + AHEAD)
    return tuple(Grams(step.begin_at, step.end_at, step.value) for step in known.steps)
