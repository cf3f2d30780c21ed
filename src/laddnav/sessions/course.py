"""A charge as it went, for people who look at it: how fast, how much and for what, stretch by stretch; pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from msgspec import Struct

from laddnav.kit.energy import NO_ENERGY, Energy
from laddnav.kit.power import Power, mean_power
from laddnav.metering import periods as metering
from laddnav.metering.model import Activity, Fact, Stretch
from laddnav.pricing.model import Line
from laddnav.pricing.rounding import rounded
from laddnav.pricing.tab import opened, priced
from laddnav.sessions.model import Session
from laddnav.sessions.preferred import priced_on
from laddnav.sessions.rules import meter_at_start, whole
from laddnav.tariffs.model import TariffDimension


class Step(Struct, frozen=True, kw_only=True):
    """What one stretch brought; `energy` and `cost` are the whole charge's so far, `cost` None without a tariff."""

    started_at: datetime
    ended_at: datetime
    power: Power
    energy: Energy
    cost: Decimal | None
    activity: Activity


class Band(Struct, frozen=True, kw_only=True):
    """While this lasted, a kWh or an hour (as `unit` says) cost `price` before taxes."""

    started_at: datetime
    ended_at: datetime
    price: Decimal
    unit: str


class Course(Struct, frozen=True, kw_only=True):
    """`lines` are those of the Session's own Tab, which add up to its cost."""

    steps: tuple[Step, ...] = ()
    bands: tuple[Band, ...] = ()
    lines: tuple[Line, ...] = ()


def course(session: Session, facts: Iterable[Fact]) -> Course:
    """The same fold as the running price, with a look at every step of it. A partner's Session has no steps."""
    if session.meter is None:
        return Course()
    tab = session.tab
    if tab is not None:
        tab = opened(tab.tariffs[0], tab.opened_at, tab.zone, reserved=session.reserved is not None)
    energy, steps = NO_ENERGY, list[Step]()
    for stretch in _stretches(session, facts):
        energy += stretch.energy
        if tab is not None:
            tab = priced_on(tab, session.preferred, stretch)
        steps.append(
            Step(
                started_at=stretch.started_at,
                ended_at=stretch.ended_at,
                power=mean_power(stretch.energy, stretch.length),
                energy=energy,
                cost=None if tab is None else priced(tab).total.excl,
                activity=stretch.activity,
            )
        )
    lines = () if session.tab is None else rounded(priced(session.tab)).lines
    return Course(steps=tuple(steps), bands=_bands(lines), lines=lines)


def _stretches(session: Session, facts: Iterable[Fact]) -> Iterable[Stretch]:
    if session.ended_at is not None:
        yield from (stretch for stretch in whole(session, facts).stretches if stretch.length)
        return
    meter = meter_at_start(session)
    for fact in sorted(facts, key=metering.order):
        more = metering.measured(meter, fact)
        meter = more.meter
        yield from (stretch for stretch in more.stretches if stretch.length)


def _bands(lines: Iterable[Line]) -> tuple[Band, ...]:
    """Of the energy where it has a price, else of the time; and of standing there afterwards."""
    by_dimension: dict[str, list[Band]] = {}
    for line in lines:
        band = Band(started_at=line.started_at, ended_at=line.ended_at, price=line.unit_price, unit=line.unit)
        by_dimension.setdefault(line.dimension, []).append(band)
    charging = by_dimension.get(TariffDimension.ENERGY) or by_dimension.get(TariffDimension.TIME) or []
    return tuple(
        sorted(charging + by_dimension.get(TariffDimension.PARKING_TIME, []), key=lambda band: band.started_at)
    )
