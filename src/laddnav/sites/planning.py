"""A site as a problem to be planned, and what comes of its solution; pure, and slow: not for the event loop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from laddnav.kit.energy import Energy
from laddnav.market.model import Drawn as FromGrid
from laddnav.market.model import GridTariff, Series
from laddnav.scheduling import site as problems
from laddnav.scheduling.at_once import at_once
from laddnav.scheduling.cost import cost
from laddnav.scheduling.repair import planned
from laddnav.scheduling.room import fuses_of
from laddnav.scheduling.site import Floats, Plan, Steps
from laddnav.scheduling.table import laid_out
from laddnav.scheduling.terms import MixedCurrencies, Terms, terms
from laddnav.sessions.model import Session
from laddnav.sites import fuses, needs
from laddnav.sites.model import Aim, Covers, Member, Place, PlannedCar, Quarter, Site, SitePlan
from laddnav.sites.needs import Need
from laddnav.sites.quarters import QUARTER, expected, kw, quarter_of
from laddnav.sites.steering import Facts, at_step, building, holds, kw_of, outlet

# Between two plans, on the wall; and how old one may be while cars charge.
SHORTEST = timedelta(seconds=3)
EVERY = timedelta(minutes=5)
# So many kW beside the plan are noticed a while after it was made.
ODD, SURPRISED = 2.0, timedelta(minutes=1)
AT_LEAST, AT_MOST = timedelta(hours=24), timedelta(hours=48)


class Outlook(Struct, frozen=True, kw_only=True):
    """What else a plan goes by: prices, the grid's tariff, and what the site drew before, mean kW by the quarter."""

    prices: Series | None = None
    carbon: Series | None = None
    tariff: GridTariff | None = None
    of_month: Sequence[FromGrid] = ()
    building: Mapping[datetime, float] = {}
    solar: Mapping[datetime, float] = {}


class Wanting(Struct, frozen=True):
    """A car that a plan is made for."""

    member: Member
    session: Session
    need: Need
    phases: tuple[int, ...]


class Problem(Struct, frozen=True, kw_only=True):
    """`site` is what is solved, and `honest` the same without what was added to make its load even."""

    cars: tuple[Wanting, ...]
    site: problems.Site
    honest: problems.Site
    terms: Terms
    notes: tuple[str, ...]


def situation(facts: Facts) -> str:
    """The same as long as nothing has happened for which another plan should be made."""
    cars = []
    for key, one in sorted(facts.sessions.items()):
        need = facts.need(one)
        cars.append((key, one.id, len(one.preferred), need.sated, need.missing > 0, needs.limiters(one)))
    told = (
        facts.site.last_updated,
        cars,
        sorted(key for key, one in facts.standings.items() if one.ban is not None),
        sorted({station_id for station_id, _ in facts.sessions} - facts.online),
        sorted((one.by, one.id, one.kw, one.covers, one.begin_at, one.end_at) for one in facts.limits),
    )
    return blake2b(repr(told).encode(), digest_size=12).hexdigest()


def due(facts: Facts, wanted: str | None) -> str | None:
    """Why another plan should be made; None: the one in force will do."""
    plan = facts.plan
    if plan is None:
        return "the first plan"
    if facts.at - plan.made_at < facts.pace.length(SHORTEST):
        return None
    if wanted is not None:
        return wanted
    if plan.situation != situation(facts):
        return "something happened at the site"
    if facts.sessions and facts.at - plan.made_at >= facts.pace.length(SURPRISED) and surprising(facts, plan):
        return "the building draws otherwise than expected"
    old = facts.at - plan.made_at >= EVERY and bool(facts.sessions)
    return "time went by" if old or quarter_of(facts.at) != quarter_of(plan.made_at) else None


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


def problem(facts: Facts, outlook: Outlook, steps: Steps) -> Problem:
    """Whatever is missing is supposed, and said in `notes`."""
    notes: list[str] = []
    paid = _terms(facts.site, outlook, steps, notes)
    cars = tuple(wanting(facts))
    load = _load(facts, outlook, steps)
    measured = facts.fresh(Place.SOLAR)
    solar = expected(steps, outlook.solar, None if measured is None else max(0.0, kw(measured.amps, facts.site.volts)))
    honest = problems.Site(
        steps=steps,
        panels=_panels_left(facts, cars),
        cars=tuple(_car(facts, one, steps) for one in cars),
        prices=paid.prices,
        feed_in=paid.feed_in,
        carbon=paid.carbon,
        load=load,
        solar=solar,
        volts=float(facts.site.volts),
        unbalance_max=None if facts.site.unbalance_amps is None else float(facts.site.unbalance_amps),
        battery=_battery(facts, notes),
        peaks=paid.peaks,
    )
    solved = honest if facts.site.aim is not Aim.EVEN else replace(honest, peaks=(*paid.peaks, _even(honest)))
    return Problem(cars=cars, site=solved, honest=honest, terms=paid, notes=tuple(notes))


def wanting(facts: Facts) -> list[Wanting]:
    """Those that want something, and whose Station has not been taken out."""
    found = []
    for member in facts.site.members:
        key = (member.station_id, member.evse_no)
        session, standing = facts.sessions.get(key), facts.standings.get(key)
        if session is None or (standing is not None and standing.ban is not None):
            continue
        need = facts.need(session)
        if need.missing > 0 and not need.sated:
            found.append(Wanting(member, session, need, outlet(facts, member).phases))
    return found


def _terms(site: Site, outlook: Outlook, steps: Steps, notes: list[str]) -> Terms:
    none = Series(zone=site.bidding_zone or "")
    prices = outlook.prices or none
    if not prices.steps:
        notes.append(
            "No bidding zone is set, so every hour costs the same"
            if site.bidding_zone is None
            else f"Nothing is known of prices in {site.bidding_zone}, so every hour costs the same"
        )
    try:
        return terms(steps, prices, outlook.tariff, carbon=outlook.carbon, drawn=outlook.of_month)
    except MixedCurrencies as error:
        notes.append(f"{error}; planned without prices")
        return terms(steps, none, outlook.tariff, carbon=outlook.carbon, drawn=outlook.of_month)


def _load(facts: Facts, outlook: Outlook, steps: Steps) -> Floats:
    """(phase, step) kW: what was measured on each phase, or what the site says of each, on average as was usual."""
    most = np.array([float(amps) for amps in facts.site.building])
    measured = building_kw(facts)
    shape = most if not any(measured) else np.array(measured)
    shape = np.ones(3) if not shape.any() else shape
    now = None if not any(measured) else float(sum(measured))
    unknown = float(most.sum()) * float(facts.site.volts) / 1000 if not outlook.building else 0.0
    whole = expected(steps, outlook.building, now, otherwise=unknown if now is None else now)
    return np.outer(shape / shape.sum(), whole)


def building_kw(facts: Facts) -> tuple[float, float, float]:
    """By phase, all that is drawn beside the cars now; noughts where no meter says."""
    outlets = tuple(outlet(facts, member) for member in facts.site.members)
    amps = building(facts, outlets)
    if amps is None:
        return 0.0, 0.0, 0.0
    each = [max(0.0, one) * float(facts.site.volts) / 1000 for one in amps]
    return each[0], each[1], each[2]


def _panels_left(facts: Facts, cars: Sequence[Wanting]) -> tuple[problems.Panel, ...]:
    """What is left for these cars when everybody else may draw what he falls back to, a newcomer too."""
    panels = fuses.panels(facts.site)
    ours = {(one.member.station_id, one.member.evse_no) for one in cars if one.member.station_id in facts.online}
    others = [outlet(facts, member) for member in facts.site.members if (member.station_id, member.evse_no) not in ours]
    if not others:
        return panels
    taken = (fuses_of(panels, others) @ np.array([one.fallback_amps for one in others])).reshape(-1, 3)
    left = [
        [max(0.0, most - used) for most, used in zip(panel.amps_max, row, strict=True)]
        for panel, row in zip(panels, taken.tolist(), strict=True)
    ]
    return tuple(replace(panel, amps_max=(row[0], row[1], row[2])) for panel, row in zip(panels, left, strict=True))


def _car(facts: Facts, one: Wanting, steps: Steps) -> problems.Car:
    member, need = one.member, one.need
    online = member.station_id in facts.online
    begins = [steps.start_at + steps.length * number for number in range(steps.count)]
    limits = [needs.ceiling(facts.site, member, one.session, max(at, facts.at)) for at in begins]
    most = float(member.amps_max)
    return problems.Car(
        id=one.session.id,
        panel=fuses.outlet(facts.site, member).panel,
        phases=one.phases,
        since_at=facts.at,
        until_at=need.departs_at,
        energy=float(need.missing),
        # One that cannot be told draws its fallback, which is kept free for it already.
        amps_max=most if online else 0.0,
        amps_min=float(member.amps_min),
        wish=need.wish,
        discharge_amps_max=float(member.discharge_amps_max) if need.may_discharge else 0.0,
        ceilings=tuple(most if limit is None else limit for limit in limits) if any(limits) else (),
    )


def _battery(facts: Facts, notes: list[str]) -> problems.Battery | None:
    own, measured = facts.site.battery, facts.measurements.get(Place.BATTERY)
    if own is None:
        return None
    if measured is None or measured.stored_kwh is None:
        notes.append("Nobody says how much the battery holds, so it is left out of the plan")
        return None
    capacity = float(own.capacity_kwh)
    return problems.Battery(
        capacity=capacity,
        stored=min(float(measured.stored_kwh), capacity),
        charge_max=float(own.charge_kw),
        discharge_max=float(own.discharge_kw),
        efficiency=float(own.efficiency),
    )


def _even(site: problems.Site) -> problems.Peak:
    """So dear a peak that nothing that prices could save is worth one kW of it."""
    numbers = range(site.steps.count)
    dear = (float(np.abs(site.prices).max(initial=0.0)) + 1.0) * site.steps.count * site.steps.hours
    return problems.Peak(per_kw=dear, hours=tuple((number,) for number in numbers), days=tuple(numbers))


# What comes of it ----------------------------------------------------------------------------------------------------


def solved(facts: Facts, outlook: Outlook, *, number: int, why: str) -> SitePlan:
    """The plan; takes as long as the solver does."""
    steps = steps_of(facts)
    given = problem(facts, outlook, steps)
    plan = planned(given.site)
    instead = at_once(given.honest)
    return told(facts, given, plan, instead, number=number, why=why)


def told(facts: Facts, given: Problem, plan: Plan, instead: Plan, *, number: int, why: str) -> SitePlan:
    steps = given.honest.steps
    even = given.site is not given.honest
    guessed = np.flatnonzero(given.terms.guessed)
    limits = [_limit(facts, steps.start_at + steps.length * at) for at in range(steps.count)]
    late = [
        f"{one.member.station_id}/{one.member.evse_no} will miss {missed:.1f} kWh of {float(one.need.missing):.1f}"
        for one, missed in zip(given.cars, plan.unmet.tolist(), strict=True)
        if missed > 0.05
    ]
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
        battery=_rounded(plan.battery),
        limit=tuple(limits),
        cost=round(cost(given.honest, laid_out(given.honest), plan.grid) if even else plan.cost, 4),
        bound=None if even or plan.bound is None else round(plan.bound, 4),
        at_once=round(instead.cost, 4),
        currency=given.terms.currency or facts.site.currency,
        forecast_from=steps.start_at + steps.length * int(guessed[0]) if guessed.size else None,
        notes=(*given.notes, *plan.notes, *late),
    )


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


def _limit(facts: Facts, at: datetime) -> float:
    """kW at most from the grid then: what the connection gives, or what somebody outside allows."""
    whole = sum(kw_of(facts.site, float(amps), (0,)) for amps in facts.site.amps)
    return round(
        min([whole, *(float(one.kw) for one in facts.limits if one.covers is Covers.SITE and holds(one, at))]), 3
    )


def _rounded(values: Floats) -> tuple[float, ...]:
    return tuple(np.round(values, 4).tolist())


def with_cars(quarter: Quarter, energy: Energy | None) -> Quarter:
    return quarter if energy is None else replace(quarter, cars=float(energy.kwh) * 4)
