"""What planning was worth: the same cars and the same energy, as it was charged and as soon as it could be; pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

import numpy as np
from msgspec import Struct

from laddnav.market.model import Series
from laddnav.readings.model import Flow
from laddnav.scheduling import site as problems
from laddnav.scheduling.at_once import at_once
from laddnav.scheduling.cost import cost
from laddnav.scheduling.site import Floats, Steps
from laddnav.scheduling.table import laid_out
from laddnav.scheduling.terms import terms
from laddnav.sessions.model import Session
from laddnav.sites import fuses, needs
from laddnav.sites.facts import Key
from laddnav.sites.model.plan import Quarter, Savings
from laddnav.sites.model.site import Member, Site
from laddnav.sites.problem import Outlook
from laddnav.sites.quarters import QUARTER, quarter_of

_CENT = Decimal("0.01")


class Past(Struct, frozen=True, kw_only=True):
    """What happened in a time: the charges, what each Evse counted by the quarter, and what was measured beside."""

    site: Site
    begin_at: datetime
    end_at: datetime
    charges: Sequence[Session]
    flows: Sequence[Flow]
    quarters: Sequence[Quarter]
    outlook: Outlook


class Charged(Struct):
    """What one charge drew, and gave back, kWh."""

    drawn: float = 0.0
    returned: float = 0.0

    @property
    def kept(self) -> float:
        """By its battery; below zero where more left it than came in."""
        return self.drawn - self.returned / float(needs.GIVES_BACK_OF)


def savings(past: Past) -> Savings:
    """By what meters counted in whole quarters; a car is thought to have been free until it left."""
    steps = steps_of(past)
    of_charge, cars_kw = _charged(past, steps)
    paid = terms(
        steps,
        past.outlook.prices or Series(zone=past.site.bidding_zone or ""),
        past.outlook.tariff,
        earned=past.outlook.export_prices,
        carbon=past.outlook.carbon,
        drawn=past.outlook.of_month,
    )
    members = {(one.station_id, one.evse_no): one for one in past.site.members}
    charges = [one for one in past.charges if one.id in of_charge]
    lent = sum(max(0.0, -one.kept) for one in of_charge.values())
    building, solar = _measured(past, steps)
    site = problems.Site(
        steps=steps,
        panels=fuses.panels(past.site),
        cars=tuple(
            _car(past, members[one.station_id or "", one.evse_no or 0], one, of_charge[one.id].kept) for one in charges
        ),
        prices=paid.prices,
        feed_in=paid.feed_in,
        carbon=paid.carbon,
        load=np.tile(building / 3, (3, 1)),
        solar=solar,
        volts=float(past.site.volts),
        peaks=paid.peaks,
    )
    instead, table = at_once(site), laid_out(site)
    grid = table.net + cars_kw
    return Savings(
        begin_at=past.begin_at,
        end_at=past.end_at,
        currency=paid.currency or past.site.currency,
        cars=len(charges),
        energy_kwh=_exact(cars_kw.sum() * steps.hours),
        cost=_exact(cost(site, table, grid) + lent * _mean(table.prices)),
        cost_at_once=_exact(instead.cost),
        returned_kwh=_exact(sum(one.returned for one in of_charge.values())),
        lent_kwh=_exact(lent),
        missed_kwh=_exact(instead.unmet.sum()),
        carbon=_carbon(paid.carbon, cars_kw, steps, lent),
        carbon_at_once=_carbon(paid.carbon, instead.power.sum(axis=0), steps),
    )


def steps_of(past: Past) -> Steps:
    start_at = quarter_of(past.begin_at)
    return Steps(start_at=start_at, length=QUARTER, count=max(1, -(-(past.end_at - start_at) // QUARTER)))


def _charged(past: Past, steps: Steps) -> tuple[dict[str, Charged], Floats]:
    """(by charge, kW of all cars by the step): a quarter is that of the charge that had most of it."""
    of_charge: dict[str, Charged] = {}
    power = np.zeros(steps.count)
    at_evse: dict[Key, list[Session]] = {}
    for one in past.charges:
        at_evse.setdefault((one.station_id or "", one.evse_no or 0), []).append(one)
    for flow in past.flows:
        number = (flow.at - steps.start_at) // steps.length
        owner = _owner(at_evse.get((flow.station_id, flow.evse_no), ()), flow.at)
        if owner is None or not 0 <= number < steps.count or not (flow.drawn or flow.returned):
            continue
        charged = of_charge.setdefault(owner.id, Charged())
        charged.drawn += float(flow.drawn.kwh)
        charged.returned += float(flow.returned.kwh)
        power[number] += float(flow.net.kwh) / steps.hours
    return of_charge, power


def _owner(charges: Sequence[Session], at: datetime) -> Session | None:
    return max(charges, key=lambda one: _overlap(one, at), default=None)


def _overlap(session: Session, at: datetime) -> float:
    """Seconds of the quarter; below zero where it lies beside."""
    end_at = at + QUARTER if session.ended_at is None else min(session.ended_at, at + QUARTER)
    return (end_at - max(session.started_at, at)).total_seconds()


def _car(past: Past, member: Member, session: Session, kwh: float) -> problems.Car:
    return problems.Car(
        id=session.id,
        panel=fuses.outlet(past.site, member).panel,
        phases=fuses.phases(member),
        since_at=max(session.started_at, past.begin_at),
        until_at=min(session.ended_at or past.end_at, past.end_at),
        energy=max(kwh, 0.0),
        amps_max=float(member.amps_max),
        amps_min=float(member.amps_min),
    )


def _measured(past: Past, steps: Steps) -> tuple[Floats, Floats]:
    """(step) kW of the building and of the roof; where nobody measured the building, what came in beyond the cars."""
    building, solar = np.zeros(steps.count), np.zeros(steps.count)
    cars: dict[datetime, float] = {}
    for flow in past.flows:
        cars[flow.at] = cars.get(flow.at, 0.0) + float(flow.net.kwh) / steps.hours
    for one in past.quarters:
        number = (one.at - steps.start_at) // steps.length
        if not 0 <= number < steps.count:
            continue
        solar[number] = one.solar or 0.0
        if one.building is not None:
            building[number] = one.building
        elif one.grid is not None:
            building[number] = max(0.0, one.grid - cars.get(one.at, 0.0) + solar[number])
    return building, solar


def _carbon(carbon: Floats, kw: Floats, steps: Steps, lent: float = 0.0) -> Decimal | None:
    if not carbon.size:
        return None
    return _exact((float((carbon * kw).sum()) * steps.hours + lent * _mean(carbon)) / 1000)


def _mean(values: Floats) -> float:
    return float(values.mean())


def _exact(amount: float) -> Decimal:
    return Decimal(str(float(amount))).quantize(_CENT)
