"""When a site is planned anew, and the plan that comes of it; pure, and slow: not for the event loop."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import blake2b

import numpy as np
from msgspec.structs import replace

from laddnav.kit.energy import Energy
from laddnav.kit.notes import Note
from laddnav.market.model import Drawn as FromGrid
from laddnav.scheduling.at_once import at_once
from laddnav.scheduling.cost import cost
from laddnav.scheduling.expected import Spared, with_room_to_spare
from laddnav.scheduling.notes import NoteKind, Said, noted
from laddnav.scheduling.site import Floats, Plan, Site, Steps
from laddnav.scheduling.table import Table, laid_out
from laddnav.sites import needs
from laddnav.sites.facts import Facts, allowed, at_step, kw_of
from laddnav.sites.model.plan import PlannedCar, PlannedRoom, Quarter, SitePlan
from laddnav.sites.model.told import Covers
from laddnav.sites.problem import Outlook, Problem, Wanting, building_kw, problem
from laddnav.sites.quarters import QUARTER, quarter_of

# Between two plans, on the wall; and how old one may be while cars charge.
SHORTEST = timedelta(seconds=3)
EVERY = timedelta(minutes=5)
# So many kW beside the plan are noticed a while after it was made.
ODD, SURPRISED = 2.0, timedelta(minutes=1)
AT_LEAST, AT_MOST = timedelta(hours=24), timedelta(hours=48)


def situation(facts: Facts) -> str:
    """The same as long as nothing has happened for which another plan should be made."""
    cars = []
    for key, one in sorted(facts.sessions.items()):
        need = facts.need(one)
        wants = (need.sated, need.missing > 0, need.lends > 0)
        cars.append((key, one.id, len(one.preferred), wants, needs.limiters(one)))
    told = (
        facts.site.last_updated,
        cars,
        sorted(key for key, one in facts.standings.items() if one.ban is not None),
        sorted({station_id for station_id, _ in facts.sessions} - facts.online),
        sorted((one.by, one.id, one.kw, one.covers, one.begin_at, one.end_at) for one in facts.limits),
    )
    return blake2b(repr(told).encode(), digest_size=12).hexdigest()


def due(facts: Facts, wanted: Said | None) -> Said | None:
    """Why another plan should be made; None: the one in force will do."""
    plan = facts.plan
    if plan is None:
        return noted(NoteKind.FIRST_PLAN)
    if facts.at - plan.made_at < facts.pace.length(SHORTEST):
        return None
    if wanted is not None:
        return wanted
    if plan.situation != situation(facts):
        return noted(NoteKind.SITE_CHANGED)
    if facts.sessions and facts.at - plan.made_at >= facts.pace.length(SURPRISED) and surprising(facts, plan):
        return noted(NoteKind.BUILDING_SURPRISES)
    old = facts.at - plan.made_at >= EVERY and bool(facts.sessions)
    return noted(NoteKind.TIME_WENT_BY) if old or quarter_of(facts.at) != quarter_of(plan.made_at) else None


def surprising(facts: Facts, plan: SitePlan) -> bool:
    """Whether what is measured beside the cars is clearly not what the plan counted on."""
    measured = sum(building_kw(facts))
    return measured > 0 and abs(measured - at_step(plan, plan.building, facts.at)) > ODD


def steps_of(facts: Facts) -> Steps:
    """From this quarter on, until the last car leaves, a day at least and two at most."""
    start_at = quarter_of(facts.at)
    last = max((facts.need(one).departs_at for one in facts.sessions.values()), default=facts.at)
    length = min(max(last - start_at, AT_LEAST), AT_MOST)
    return Steps(start_at=start_at, length=QUARTER, count=-(-length // QUARTER))


# What comes of it ----------------------------------------------------------------------------------------------------


def solved(facts: Facts, outlook: Outlook, *, number: int, why: Said) -> SitePlan:
    """The plan; takes as long as the solver does."""
    steps = steps_of(facts)
    given = problem(facts, outlook, steps)
    spared = with_room_to_spare(given.site, given.expected.cars)
    instead = at_once(given.honest)
    return told(facts, given, spared, instead, number=number, why=why)


def told(facts: Facts, given: Problem, spared: Spared, instead: Plan, *, number: int, why: Said) -> SitePlan:
    plan, steps, table = spared.plan, given.honest.steps, laid_out(given.honest)
    even = given.site is not given.honest
    guessed = np.flatnonzero(given.terms.guessed)
    begins = [steps.start_at + steps.length * number for number in range(steps.count)]
    limits = [_limit(facts, at, at + steps.length) for at in begins]
    return SitePlan(
        number=number,
        made_at=facts.at,
        why=why,
        situation=situation(facts),
        start_at=steps.start_at,
        step_minutes=int(steps.length.total_seconds() // 60),
        prices=_rounded(given.honest.prices),
        carbon=_rounded(given.honest.carbon),
        cars=tuple(
            _planned(one, power, float(missed))
            for one, power, missed in zip(given.cars, plan.power, plan.unmet, strict=True)
        ),
        grid=_rounded(plan.grid),
        building=_rounded(given.honest.load.sum(axis=0)),
        solar=_rounded(given.honest.solar),
        roof_out=_roof_out(table, given.honest),
        roof_down=_rounded(plan.roof_down),
        battery=_rounded(plan.battery),
        limit=tuple(limits),
        cost=round(cost(given.honest, table, plan.grid) if even else plan.cost, 4),
        bound=None if even or plan.bound is None else round(plan.bound, 4),
        at_once=round(instead.cost, 4),
        room=_room(given, spared),
        currency=given.terms.currency or facts.site.currency,
        forecast_from=steps.start_at + steps.length * int(guessed[0]) if guessed.size else None,
        notes=(*given.notes, *plan.notes, *_turned_down(plan, steps), *_late(given, plan)),
    )


def _room(given: Problem, spared: Spared) -> PlannedRoom | None:
    """What room costs is not told where the plan is for an even load: what makes it even is no money."""
    if not given.expected.cars or not (spared.gave_way or spared.room.size):
        return None
    return PlannedRoom(
        cars=len(given.expected.cars),
        timetabled=given.expected.timetabled,
        energy=round(sum(car.energy for car in given.expected.cars), 3),
        power=_rounded(spared.room),
        dearer=round(spared.dearer, 4) if given.site is given.honest else 0.0,
        gave_way=spared.gave_way,
    )


def _roof_out(table: Table, site: Site) -> tuple[float | None, ...]:
    """() where nothing stands in the way of any of it."""
    if not site.bends or np.isinf(table.lets_out).all():
        return ()
    return tuple(None if np.isinf(kw) else round(float(kw), 4) for kw in table.lets_out)


def _turned_down(plan: Plan, steps: Steps) -> list[Note]:
    down = float(plan.roof_down.sum()) * steps.hours
    return [noted(NoteKind.ROOF_TURNED_DOWN, kwh=round(down, 1))] if down > 0.05 else []


def _late(given: Problem, plan: Plan) -> list[Note]:
    """Who will leave without all that they need."""
    return [
        noted(
            NoteKind.WILL_MISS,
            car=f"{one.member.station_id}/{one.member.evse_no}",
            missed=round(missed, 1),
            wanted=round(float(one.need.missing), 1),
        )
        for one, missed in zip(given.cars, plan.unmet.tolist(), strict=True)
        if missed > 0.05
    ]


def _planned(one: Wanting, power: Floats, missed: float) -> PlannedCar:
    return PlannedCar(
        session_id=one.session.id,
        session_ref=one.session.ref,
        station_id=one.member.station_id,
        evse_no=one.member.evse_no,
        since_at=one.session.started_at,
        departs_at=one.need.departs_at,
        energy=round(float(one.need.missing), 3),
        said=one.need.said,
        wish=one.need.wish,
        amps_max=float(one.member.amps_max),
        power=_rounded(power),
        unmet=round(missed, 3),
    )


def _limit(facts: Facts, begin_at: datetime, end_at: datetime) -> float:
    """kW at most from the grid then: what the connection gives, or what somebody outside allows."""
    whole = sum(kw_of(facts.site, float(amps), (0,)) for amps in facts.site.amps)
    said = allowed(facts, Covers.SITE, begin_at, end_at)
    return round(whole if said is None else min(whole, said), 3)


def _rounded(values: Floats) -> tuple[float, ...]:
    return tuple(np.round(values, 4).tolist())


def with_cars(quarter: Quarter, energy: Energy | None) -> Quarter:
    return quarter if energy is None else replace(quarter, cars=float(energy.kwh) * 4)


def came_in(known: Iterable[Quarter], cars: Mapping[datetime, Energy]) -> list[FromGrid]:
    """What the meter at the connection counted, by the quarter; where it was not heard, what the cars alone drew."""
    by_meter = {one.at: one for one in known}
    found = []
    for at in sorted({*by_meter, *cars}):
        one = by_meter.get(at)
        if one is not None and one.grid is not None and one.grid_seconds >= QUARTER.total_seconds() / 2:
            kwh = Decimal(str(round(one.grid / 4, 6)))
        elif at in cars:
            kwh = cars[at].kwh
        else:
            continue
        found.append(FromGrid(at, QUARTER, max(kwh, Decimal(0)), max(-kwh, Decimal(0))))
    return found
