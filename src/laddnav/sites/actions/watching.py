"""What there is to be read of a site: the plan in force, how it stands now, and what was."""

from __future__ import annotations

from datetime import datetime, timedelta

from laddnav.db.forgetting import BITE, forget
from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import PartyId
from laddnav.readings import actions as readings
from laddnav.sessions.model import Session
from laddnav.sites import planning, roof, store
from laddnav.sites.actions.setting_up import fetch, site_of
from laddnav.sites.actions.steering import Memory, gathered
from laddnav.sites.lone_phase import lone_phase
from laddnav.sites.model.now import Picture
from laddnav.sites.model.plan import Quarter, SitePlan
from laddnav.sites.model.standing import BatteryTold, RoofTold
from laddnav.sites.picture import picture


async def plan_of(unit: Unit, holder: PartyId, site_id: str) -> SitePlan | None:
    """The plan in force; None: none was made yet. Raises UnknownSite."""
    return await store.plans.find(unit, await fetch(unit, holder, site_id))


async def moment_of(unit: Unit, holder: PartyId, site_id: str) -> Picture:
    """How it stands now. Raises UnknownSite."""
    return picture(await gathered(unit, await fetch(unit, holder, site_id), Memory()))


async def battery_of(unit: Unit, holder: PartyId, site_id: str) -> BatteryTold | None:
    """What the battery is to do now; None: it goes by itself. Raises UnknownSite."""
    told, _ = await store.steering.told(unit, await fetch(unit, holder, site_id))
    return None if told is None or unit.now >= told.until_at else told


async def roof_of(unit: Unit, holder: PartyId, site_id: str) -> RoofTold | None:
    """What the roof may give now; None: it cannot be told. Raises UnknownSite."""
    _, told = await store.steering.told(unit, await fetch(unit, holder, site_id))
    return None if told is None else roof.heard(told, unit.now)


async def lone_phase_of(unit: Unit, session: Session) -> int | None:
    """By its Station's own number, where a car on one phase is to be; None: no site knows better than its Station."""
    if session.station_id is None or session.evse_no is None:
        return None
    site = await site_of(unit, session.holder, session.station_id, session.evse_no)
    if site is None:
        return None
    here = (session.station_id, session.evse_no)
    member = next((one for one in site.members if (one.station_id, one.evse_no) == here), None)
    return None if member is None else lone_phase(await gathered(unit, site, Memory()), member)


async def history(unit: Unit, holder: PartyId, site_id: str, since: datetime, until: datetime) -> tuple[Quarter, ...]:
    """What was planned and what happened, quarter by quarter, with what the cars drew. Raises UnknownSite."""
    site = await fetch(unit, holder, site_id)
    known = {one.at: one for one in await store.quarters.between(unit, site, since, until)}
    evses = [(one.station_id, one.evse_no) for one in site.members]
    cars = await readings.drawn_by_quarter(unit, holder, evses, since, until)
    return tuple(planning.with_cars(known.get(at) or Quarter(at=at), cars.get(at)) for at in sorted({*known, *cars}))


async def forget_old(database: Database, keep: timedelta, bite: int = BITE) -> int:
    """What happened longer ago; says how much it was."""
    rows = (store.quarters.forget, store.told.forget_limits, store.told.forget_forecasts, store.told.forget_prices)
    return await forget(database, [(one, keep) for one in rows], bite)
