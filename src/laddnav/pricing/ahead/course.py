"""What lies ahead of a Tab: the same Tab, advanced as the car is expected to go on, and looked at.

Nothing here computes a price. A supposed stretch goes the way of a measured one, so what is foretold is what the bill
will say if it comes true.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from msgspec import Struct

from laddnav.kit.energy import NO_ENERGY, Energy
from laddnav.kit.power import Power
from laddnav.kit.time import utc
from laddnav.metering.model import Activity, Stretch
from laddnav.pricing.limits import PRICE_MAX
from laddnav.pricing.model import CannotPrice, Choice, Stint, Tab
from laddnav.pricing.tab import advanced, opened, priced
from laddnav.tariffs.model import PriceComponent, Tariff, TariffDimension

_MICROSECOND = timedelta(microseconds=1)
# In a thousandth of an hour a constant power gives an amount of energy that decimals can write.
_TICK = timedelta(milliseconds=3600)
# What takes longer is no charge, and further ahead no price is worth asking for.
LONGEST = timedelta(days=366)
A_WEEK = timedelta(days=7)


class Change(Struct, frozen=True, kw_only=True):
    """From `at` on, with `used` on the Tab, a kWh or an hour (as `dimension` says) costs what `after` says.

    `before` None: until then it was free, or not counted, as parking is not while the car charges; `after` None: free.
    """

    at: datetime
    used: Energy
    dimension: TariffDimension
    before: PriceComponent | None
    after: PriceComponent | None


class Now(Struct, frozen=True, kw_only=True):
    """A running charge at one moment: what a kWh and an hour cost, and what comes next if it goes on as it does.

    `start` is the fee that was due when it began. Of what is None nothing is paid.
    `parking_fee_at`: when standing there begins to cost if the car stops charging now, in the past if it has begun;
    None if it never does. `capped`: the tariff's highest price is reached.
    """

    start: PriceComponent | None
    energy: PriceComponent | None
    time: PriceComponent | None
    next: Change | None
    capped: bool
    parking_fee_at: datetime | None


def changes(tariff: Tariff, *, since: datetime, until: datetime, zone: str, power: Power) -> tuple[Change, ...]:
    """When which price becomes another, for a car that charges all the time. Raises CannotPrice."""
    return changes_on(going_on(opened(tariff, utc(since), zone), until=until, power=power))


def changes_on(tab: Tab, *, after: datetime | None = None) -> tuple[Change, ...]:
    """Those of a Tab as it went; only what came later than `after`, where that is given."""
    return tuple(change for change in _changes(tab) if after is None or change.at > after)


def now(tab: Tab, at: datetime, *, power: Power, within: timedelta = A_WEEK) -> Now:
    """`power` is what the car draws; a price that does not change `within` that time is not said to change."""
    done = priced(tab)
    going = going_on(tab, until=max(at, tab.ended_at) + within, power=power)
    held = next((stint for stint in going.stints if stint.ended_at > at), None)
    return Now(
        start=component(tab, tab.flat),
        energy=None if held is None else component(tab, held.energy_by),
        time=None if held is None else component(tab, held.time_by),
        next=next(iter(changes_on(going, after=at)), None),
        capped=any(line.dimension == PRICE_MAX for line in done.lines),
        parking_fee_at=parking_fee_starts(tab, at, within=within),
    )


def parking_fee_starts(tab: Tab, at: datetime, *, within: timedelta = A_WEEK) -> datetime | None:
    """When standing there begins to cost for a car that charges no more from `at` on; None: not `within` that time.

    In the past where the car stands already and the fee has begun.
    """
    standing = parked(tab, until=max(at, tab.ended_at) + within)
    since: datetime | None = None
    for stint in reversed(standing.stints):
        if stint.activity is not Activity.SUSPENDED_EV:
            break
        fee = component(standing, stint.time_by)
        if fee is not None and fee.price:
            since = stint.started_at
        elif stint.started_at <= at:  # a fee that was due on an earlier day of the same stay is over by now
            break
    return since


def charged(tab: Tab, energy: Energy, power: Power) -> Tab:
    """The Tab when so much more has been charged. Raises CannotPrice."""
    for stretch in charging(tab.ended_at, energy, power):
        tab = advanced(tab, stretch)
    return tab


def going_on(tab: Tab, *, until: datetime, power: Power) -> Tab:
    """The Tab as it will be, at the earliest, `until`: the car stands if it stands already, else draws `power`.

    A power of nothing is a pause by the charging point.
    """
    if tab.stints and tab.stints[-1].activity is Activity.SUSPENDED_EV:
        return parked(tab, until=until)
    length = until - tab.ended_at
    if length <= timedelta():
        return tab
    ticks = -(-length // _TICK)
    paused = power.watts <= 0
    return advanced(
        tab,
        Stretch(
            started_at=tab.ended_at,
            ended_at=tab.ended_at + ticks * _TICK,
            energy=NO_ENERGY if paused else Energy(power.watts * ticks / 1000),
            activity=Activity.SUSPENDED_EVSE if paused else Activity.CHARGING,
        ),
    )


def parked(tab: Tab, *, until: datetime) -> Tab:
    """The Tab when the car has stood there `until` then and asked for no more power."""
    if until <= tab.ended_at:
        return tab
    return advanced(
        tab,
        Stretch(started_at=tab.ended_at, ended_at=until, energy=NO_ENERGY, activity=Activity.SUSPENDED_EV),
    )


def charging(since: datetime, energy: Energy, power: Power) -> tuple[Stretch, ...]:
    """`energy` drawn at constant `power`. Raises CannotPrice where that takes longer than a charge can.

    In whole ticks as far as they go, so that the energy at each moment is a decimal number and not nearly one: at 11 kW
    there are 22 kWh after two hours, whatever is charged in all.
    """
    length = time_for(energy, power)
    ticks = max(length // _TICK - 1, 0)  # the rest is longer than a tick, or its power would not be nearly `power`
    whole = Energy(power.watts * ticks / 1000)
    middle, until = since + ticks * _TICK, since + length
    pieces = (
        Stretch(started_at=since, ended_at=middle, energy=whole),
        Stretch(started_at=middle, ended_at=until, energy=energy - whole),
    )
    return tuple(piece for piece in pieces if piece.energy)


def time_for(energy: Energy, power: Power) -> timedelta:
    """How long it takes, down to the microsecond. Raises CannotPrice."""
    if energy.wh < 0 or power.watts <= 0:
        raise CannotPrice("A charge that does not flow, or flows back, cannot be foretold")
    microseconds = energy.wh * 3_600_000_000 // power.watts
    if microseconds > LONGEST // _MICROSECOND:
        raise CannotPrice(f"{energy.kwh:f} kWh at {power.kw:f} kW take longer than a year, which is no charge")
    return timedelta(microseconds=int(microseconds))


def component(tab: Tab, choice: Choice | None) -> PriceComponent | None:
    """What a Choice of this Tab names; None is free."""
    if choice is None:
        return None
    return tab.tariffs[choice.tariff].elements[choice.element].components[choice.component]


def _changes(tab: Tab) -> Iterator[Change]:
    used = NO_ENERGY
    known: dict[TariffDimension, PriceComponent | None] = {TariffDimension.PARKING_TIME: None}
    for stint in tab.stints:
        for dimension, choice in _asked(stint):
            after = component(tab, choice)
            before = known.get(dimension, after)
            if _cost(before) != _cost(after):
                yield Change(at=stint.started_at, used=used, dimension=dimension, before=before, after=after)
            known[dimension] = after
        used += stint.energy


def _asked(stint: Stint) -> tuple[tuple[TariffDimension, Choice | None], ...]:
    """What a price is asked for while this goes on."""
    if stint.activity is Activity.SUSPENDED_EV:
        return ((TariffDimension.PARKING_TIME, stint.time_by),)
    return (TariffDimension.ENERGY, stint.energy_by), (TariffDimension.TIME, stint.time_by)


def _cost(of: PriceComponent | None) -> tuple[Decimal, Decimal | None] | None:
    """What makes a difference to whoever pays; a price of nothing is none."""
    return None if of is None or not of.price else (of.price, of.vat)
