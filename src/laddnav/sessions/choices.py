"""What a driver may choose between, each with its price, when it is ready and how sure that is; pure.

Each choice is what the bill will say of it (`pricing.ahead.ways`). Who picks the hours decides how much can be said:
the driver's own word, where nobody else shares the fuse, or the plan of a site, whose hours the driver does not choose.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from laddnav.kit.energy import NO_ENERGY, Energy
from laddnav.kit.power import Power, kw, mean_power
from laddnav.kit.time import hours
from laddnav.locations.model import Connector
from laddnav.metering.model import Activity
from laddnav.pricing.ahead.course import going_on, parking_fee_starts
from laddnav.pricing.ahead.ways import (
    Draw,
    Grams,
    Way,
    affordable,
    along,
    at_once,
    carried,
    cheapest,
    dearest,
    greenest,
)
from laddnav.pricing.model import Tab
from laddnav.pricing.tab import opened, switched
from laddnav.scheduling.model import ChargingProfile, ProfileLimit, RateUnit
from laddnav.sessions.model import Budget, Preferences, ProfileType
from laddnav.tariffs.model import Tariff

LONG_ENOUGH = timedelta(minutes=1)
# What most cars take from a socket of alternating current; a station of direct current gives what it can.
USUAL_POWER = kw(11)


class Kind(StrEnum):
    """What a driver is asked: at once, by a time, for so much money, or with the least carbon."""

    NOW = "NOW"
    BY = "BY"
    BUDGET = "BUDGET"
    GREENEST = "GREENEST"


PROFILES = {
    Kind.NOW: ProfileType.FAST,
    Kind.BY: ProfileType.CHEAP,
    Kind.BUDGET: ProfileType.REGULAR,
    Kind.GREENEST: ProfileType.GREEN,
}


class Hours(StrEnum):
    """Who picks the hours in which a car charges: nobody can, the driver's word does, or a site plans for all cars."""

    AT_ONCE = "AT_ONCE"
    DRIVERS = "DRIVERS"
    SITES = "SITES"


class Need(Struct, frozen=True, kw_only=True):
    """`energy` is that of the whole charge; `power` what the car draws when it may. `amount` with taxes."""

    energy: Energy
    power: Power
    departs_at: datetime
    amount: Decimal


class Around(Struct, frozen=True, kw_only=True):
    """`power_sure` is what the Evse has even when every car of its site charges; None: no site, nobody shares.

    `gives_back`: a car that can give back could do so there.
    """

    zone: str
    now: datetime
    hours: Hours
    power_sure: Power | None = None
    grams: tuple[Grams, ...] = ()
    planned: tuple[Draw, ...] = ()  # as the plan of its site has it for the charge that goes on
    gives_back: bool = False


class Choice(Struct, frozen=True, kw_only=True):
    """`wants` is what is said by choosing it, `way` how it goes, `tariff` by what it is priced.

    `cost_most` is what the same energy may cost where a site picks other hours; the same as the way's where the hours
    are the driver's. `energy_sure`: what is had in time even when every car there charges, of `energy`, counted from
    the charge's beginning as that is; None: nobody shares, and only the car itself can take less.
    `carbon` in grams of what is still to come; None: not known. `parking_fee_at`: when standing there full costs more,
    which is in the price of what has a time to leave at, and in no other; None: it never does. `planned`: its hours
    are those of the plan in force.
    """

    kind: Kind
    wants: Preferences
    tariff: Tariff
    way: Way
    energy: Energy
    missing: Energy
    cost: Decimal
    cost_most: Decimal
    energy_sure: Energy | None
    carbon: Decimal | None
    parking_fee_at: datetime | None = None
    planned: bool = False

    @property
    def ready_at(self) -> datetime:
        return self.way.ready_at

    @property
    def draws(self) -> Sequence[Draw]:
        return self.way.draws


def choices(
    need: Need,
    tariffs: Mapping[ProfileType, Tariff],
    around: Around,
    tab: Tab | None = None,
    *,
    holds: Kind | None = None,
) -> tuple[Choice, ...]:
    """Of a charge that begins now, or goes on (`tab`) with what `holds`. Raises CannotPrice.

    By a time, and greenest, are offered only where somebody can shift the hours; greenest where the carbon is known;
    for an amount where it is used up at all.
    """
    found = list[Choice]()
    for kind, profile in PROFILES.items():
        if kind in (Kind.BY, Kind.GREENEST) and around.hours is Hours.AT_ONCE:
            continue
        if kind is Kind.GREENEST and not around.grams:
            continue
        tariff = tariffs[profile]
        started = _started(tab, tariff, need, around)
        planned = kind is holds and kind is not Kind.BUDGET and _planned(started, need, around)
        way = planned or _way(kind, started, need, around)
        if way is not None:
            found.append(_choice(kind, way, started, tariff, need, around, planned=bool(planned)))
    return tuple(found)


def wants(kind: Kind, need: Need, currency: str) -> Preferences:
    """What is said by choosing it."""
    profile = PROFILES[kind]
    match kind:
        case Kind.NOW:
            return Preferences(profile=profile, energy=need.energy)
        case Kind.BUDGET:
            return Preferences(profile=profile, budget=Budget(amount=need.amount, currency=currency))
        case _:
            return Preferences(profile=profile, departs_at=need.departs_at, energy=need.energy)


def chosen(wants: Preferences) -> Kind:
    """Which of the choices these preferences come to, whoever said them."""
    if wants.budget is not None:
        return Kind.BUDGET
    return {ProfileType.CHEAP: Kind.BY, ProfileType.GREEN: Kind.GREENEST}.get(wants.profile, Kind.NOW)


def _started(tab: Tab | None, tariff: Tariff, need: Need, around: Around) -> Tab:
    if tab is None:
        return opened(tariff, around.now, around.zone)
    waits = bool(tab.stints) and tab.stints[-1].activity is Activity.SUSPENDED_EVSE
    power = Power(Decimal(0)) if waits else need.power
    return switched(going_on(tab, until=around.now, power=power), tariff)


def usual_power(connector: Connector) -> Power:
    """What a car is expected to draw where nobody says more."""
    most = None if connector.power_max is None else Power(Decimal(connector.power_max))
    if connector.power_type == "DC":
        return most or kw(50)
    return USUAL_POWER if most is None else min(most, USUAL_POWER)


def drawn(tab: Tab | None) -> Power | None:
    """What the car drew, on the mean, while the last price held; None: it has not charged for long enough to tell."""
    stint = next((one for one in reversed(tab.stints) if one.activity is Activity.CHARGING), None) if tab else None
    if stint is None or stint.length < LONG_ENOUGH or not stint.energy:
        return None
    return mean_power(stint.energy, stint.length)


def following(draws: Sequence[Draw], now: datetime, watts: Decimal) -> ChargingProfile:
    """The hours of a choice as the Station is told them: nothing between the draws, all that it has in them.

    After the last it may go on: a car that took less than was supposed still gets its energy before it leaves.
    """
    limits, at = list[ProfileLimit](), now
    for draw in draws:
        if draw.begin_at > at:
            limits.append(ProfileLimit(at - now, Decimal(0)))
        limits.append(ProfileLimit(draw.begin_at - now, watts))
        at = draw.end_at
    return ChargingProfile(unit=RateUnit.WATT, started_at=now, limits=tuple(limits))


def _way(kind: Kind, tab: Tab, need: Need, around: Around) -> Way | None:
    left = max(need.energy - tab.used, NO_ENERGY)
    match kind:
        case Kind.NOW:
            return at_once(tab, left, need.power)
        case Kind.BUDGET:
            return affordable(tab, need.amount, need.power)
        case Kind.BY:
            return cheapest(tab, left, need.power, need.departs_at)
        case Kind.GREENEST:
            return greenest(tab, left, need.power, need.departs_at, around.grams)


def _planned(started: Tab, need: Need, around: Around) -> Way | None:
    """What is still to come of the plan in force; None: nothing is planned for this car."""
    left = max(need.energy - started.used, NO_ENERGY)
    rest, draws = left, list[Draw]()
    for draw in around.planned:
        begin_at = max(draw.begin_at, started.ended_at)
        if draw.end_at <= begin_at or not rest:
            continue
        energy = min(draw.energy.during(draw.end_at - begin_at, draw.end_at - draw.begin_at), rest)
        draws.append(Draw(begin_at, draw.end_at, energy))
        rest -= energy
    return along(started, tuple(draws), left, need.departs_at) if draws else None


def _choice(kind: Kind, way: Way, started: Tab, tariff: Tariff, need: Need, around: Around, *, planned: bool) -> Choice:
    most = way.cost
    shared = around.hours is Hours.SITES and kind is not Kind.BUDGET
    if shared:
        left = max(need.energy - started.used, NO_ENERGY)
        until = max(need.departs_at, way.ready_at)
        most = max(most, dearest(started, left, need.power, until).cost)
    return Choice(
        kind=kind,
        wants=wants(kind, need, tariff.currency),
        tariff=tariff,
        way=way,
        energy=way.tab.used,
        missing=way.missing,
        cost=way.cost,
        cost_most=most,
        energy_sure=_sure(way, started, need, around) if shared else None,
        carbon=carried(way.draws, around.grams) if around.grams else None,
        planned=planned,
        parking_fee_at=_parking_fee(kind, way, need),
    )


def _parking_fee(kind: Kind, way: Way, need: Need) -> datetime | None:
    """Who leaves at a time pays it before that, or never."""
    since_at = parking_fee_starts(way.tab, way.ready_at)
    if kind in (Kind.NOW, Kind.BUDGET) or since_at is None or since_at < need.departs_at:
        return since_at
    return None


def _sure(way: Way, started: Tab, need: Need, around: Around) -> Energy | None:
    if around.power_sure is None:
        return None
    length = max(hours(need.departs_at - started.ended_at), Decimal(0))
    return min(started.used + Energy(min(around.power_sure, need.power).watts * length), way.tab.used)
