"""A site as a problem to be planned: what cars need, what fuses and others leave, what energy will cost; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from laddnav.kit.notes import Note
from laddnav.kit.power import Power
from laddnav.market.model import Drawn as FromGrid
from laddnav.market.model import GridTariff, Series
from laddnav.scheduling import site as problems
from laddnav.scheduling.notes import NoteKind, noted
from laddnav.scheduling.room import fallback_of, fuses_of
from laddnav.scheduling.site import Floats, Steps
from laddnav.scheduling.terms import MixedCurrencies, Terms, terms
from laddnav.sessions.model import Session, Stay
from laddnav.sites import fuses, needs
from laddnav.sites.awaited import Awaited, awaited
from laddnav.sites.battery import taken
from laddnav.sites.beside import building
from laddnav.sites.facts import Facts, allowed, kw_of
from laddnav.sites.model.site import Aim, Member, Site
from laddnav.sites.model.told import Covers, Expected, Place
from laddnav.sites.moment import outlet
from laddnav.sites.needs import Need
from laddnav.sites.quarters import expected, kw
from laddnav.sites.roof import held_down


class Outlook(Struct, frozen=True, kw_only=True):
    """What else a plan goes by: prices, the grid's tariff, and what the site drew before, mean kW by the quarter.

    `stays`: charges of the last days, by which it is guessed who will come beside those whom others expect; none where
    no room is kept for them.

    `export_prices`: what a kWh out earns where somebody told so; else it is what the grid tariff says.
    """

    prices: Series | None = None
    export_prices: Series | None = None
    carbon: Series | None = None
    tariff: GridTariff | None = None
    of_month: Sequence[FromGrid] = ()
    building: Mapping[datetime, float] = {}
    solar: Mapping[datetime, float] = {}
    foretold: Mapping[Place, Mapping[datetime, float]] = {}
    stays: Sequence[Stay] = ()
    expected: Sequence[Expected] = ()


class Wanting(Struct, frozen=True):
    """A car that a plan is made for."""

    member: Member
    session: Session
    need: Need
    phases: tuple[int, ...]


class Problem(Struct, frozen=True, kw_only=True):
    """`site` is what is solved, and `honest` the same without what was added to make its load even.

    `expected` are those whom room is kept for.
    """

    cars: tuple[Wanting, ...]
    site: problems.Site
    honest: problems.Site
    expected: Awaited
    terms: Terms
    notes: tuple[Note, ...]


def problem(facts: Facts, outlook: Outlook, steps: Steps) -> Problem:
    """Whatever is missing is supposed, and said in `notes`."""
    notes: list[Note] = []
    paid = _terms(facts.site, outlook, steps, notes)
    cars = tuple(wanting(facts))
    load = _load(facts, outlook, steps)
    measured = facts.fresh(Place.SOLAR)
    shines = None if measured is None else max(0.0, kw(measured.amps, facts.site.volts))
    solar = _solar(facts, outlook, steps, shines)
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
        import_max=_allowed(facts, steps, Covers.SITE),
        cars_max=_allowed(facts, steps, Covers.CARS),
        export_max=_may_go_out(facts, steps),
        bends=facts.site.solar_follows,
        battery=_battery(facts, notes),
        peaks=paid.peaks,
    )
    solved = honest if facts.site.aim is not Aim.EVEN else replace(honest, peaks=(*paid.peaks, _even(honest)))
    return Problem(
        cars=cars,
        site=solved,
        honest=honest,
        expected=_expected(facts, outlook),
        terms=paid,
        notes=tuple(notes),
    )


def _expected(facts: Facts, outlook: Outlook) -> Awaited:
    if not outlook.stays and not outlook.expected:
        return Awaited()
    arrivals = [one for expected in outlook.expected for one in expected.arrivals]
    theirs = frozenset(id for expected in outlook.expected for id in expected.charges)
    return awaited(facts, outlook.stays, arrivals, theirs)


def wanting(facts: Facts) -> list[Wanting]:
    """Those that want something, and whose Station has not been taken out."""
    found = []
    for member in facts.site.members:
        key = (member.station_id, member.evse_no)
        session, standing = facts.sessions.get(key), facts.standings.get(key)
        if session is None or (standing is not None and standing.ban is not None):
            continue
        need = _afforded(facts, member, session)
        if (need.missing > 0 and not need.sated) or gives_back(facts, member, session, need) > 0:
            found.append(Wanting(member, session, need, outlet(facts, member).phases))
    return found


def gives_back(facts: Facts, member: Member, session: Session, need: Need) -> float:
    """Amperes at most; nought where it may not, or has nothing to spare."""
    if need.lends <= 0:
        return 0.0
    return needs.gives_back_most(facts.site, member, session, outlet(facts, member).phases)


def _afforded(facts: Facts, member: Member, session: Session) -> Need:
    """What the car still needs, as far as its driver's budget goes."""
    need = facts.need(session)
    most = needs.affordable(session, facts.at, Power(member.amps_max * facts.site.volts * len(member.phases)))
    return need if most is None else replace(need, missing=min(need.missing, most))


def _terms(site: Site, outlook: Outlook, steps: Steps, notes: list[Note]) -> Terms:
    none = Series(zone=site.bidding_zone or "")
    prices = outlook.prices or none
    if not prices.steps:
        notes.append(
            noted(NoteKind.NO_ZONE) if site.bidding_zone is None else noted(NoteKind.NO_PRICES, zone=site.bidding_zone)
        )
    earned, carbon, drawn = outlook.export_prices, outlook.carbon, outlook.of_month
    try:
        return terms(steps, prices, outlook.tariff, earned=earned, carbon=carbon, drawn=drawn)
    except MixedCurrencies as error:
        notes.append(noted(NoteKind.TWO_CURRENCIES, prices=error.prices, tariff=error.tariff))
        return terms(steps, none, outlook.tariff, carbon=carbon, drawn=drawn)


def _solar(facts: Facts, outlook: Outlook, steps: Steps, shines: float | None) -> Floats:
    """(step) kW that the roof could give; what one gives that is held down says nothing of that."""
    foretold = outlook.foretold.get(Place.SOLAR)
    usual = expected(steps, outlook.solar, None, foretold=foretold)
    if shines is not None and held_down(facts, shines) and shines < usual[0]:
        return usual
    return expected(steps, outlook.solar, shines, foretold=foretold)


def _load(facts: Facts, outlook: Outlook, steps: Steps) -> Floats:
    """(phase, step) kW: what was measured on each phase, or what the site says of each, on average as was usual."""
    most = np.array([float(amps) for amps in facts.site.building])
    measured = building_kw(facts)
    shape = most if not any(measured) else np.array(measured)
    shape = np.ones(3) if not shape.any() else shape
    now = None if not any(measured) else float(sum(measured))
    unknown = float(most.sum()) * float(facts.site.volts) / 1000 if not outlook.building else 0.0
    foretold = outlook.foretold.get(Place.BUILDING)
    whole = expected(steps, outlook.building, now, otherwise=unknown if now is None else now, foretold=foretold)
    return np.outer(shape / shape.sum(), whole)


def building_kw(facts: Facts) -> tuple[float, float, float]:
    """By phase, all that is drawn beside cars and battery now; noughts where no meter says."""
    outlets = tuple(outlet(facts, member) for member in facts.site.members)
    amps = building(facts, outlets)
    if amps is None:
        return 0.0, 0.0, 0.0
    takes = taken(facts)
    each = [
        max(0.0, one - of_battery) * float(facts.site.volts) / 1000 for one, of_battery in zip(amps, takes, strict=True)
    ]
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


def _may_go_out(facts: Facts, steps: Steps) -> Floats:
    """(step) kW."""
    begins = [steps.start_at + steps.length * number for number in range(steps.count)]
    said = [allowed(facts, Covers.EXPORT, at, at + steps.length) for at in begins]
    if not any(one is not None for one in said):
        return np.zeros(0)
    return np.array([np.inf if one is None else one for one in said])


def _allowed(facts: Facts, steps: Steps, covers: Covers) -> Floats:
    """(step) kW that others leave these cars; a limit that holds for a part of a step counts for the whole of it.

    Who cannot be told may draw what it falls back to, whatever the grid says: that is not there for the others.
    """
    begins = [steps.start_at + steps.length * number for number in range(steps.count)]
    said = [allowed(facts, covers, at, at + steps.length) for at in begins]
    if not any(one is not None for one in said):
        return np.zeros(0)
    taken = 0.0
    for member in facts.site.members:
        one = outlet(facts, member)
        if not one.reachable or one.ban is not None:
            taken += kw_of(facts.site, fallback_of(one), one.phases)
    return np.array([np.inf if one is None else max(one - taken, 0.0) for one in said])


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
        discharge_amps_max=gives_back(facts, member, one.session, need) if online else 0.0,
        discharge_efficiency=float(needs.GIVES_BACK_OF),
        lends=float(need.lends),
        ceilings=tuple(most if limit is None else limit for limit in limits) if any(limits) else (),
    )


def _battery(facts: Facts, notes: list[Note]) -> problems.Battery | None:
    own, measured = facts.site.battery, facts.measurements.get(Place.BATTERY)
    if own is None:
        return None
    if measured is None or measured.stored_kwh is None:
        notes.append(noted(NoteKind.BATTERY_UNKNOWN))
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
