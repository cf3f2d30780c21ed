"""The same energy, charged at other hours: at once, at the cheapest, the greenest or the dearest, or for an amount.

Each way is a Tab that is advanced as if it had happened; what is foretold is what the bill will say if it comes true.
Nothing here knows of other cars: what a shared fuse leaves is for a plan to say.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from itertools import pairwise

from msgspec import Struct

from laddnav.kit.energy import NO_ENERGY, Energy
from laddnav.kit.power import Power
from laddnav.metering.model import Activity, Stretch
from laddnav.pricing.ahead.course import component, parked, time_for
from laddnav.pricing.ahead.estimate import remaining
from laddnav.pricing.model import Amount, Stint, Tab
from laddnav.pricing.plain.rates import of_one
from laddnav.pricing.rounding import rounded
from laddnav.pricing.tab import advanced, priced
from laddnav.tariffs.model import PriceComponent, Tariff

QUARTER = timedelta(minutes=15)
LONGEST = timedelta(days=7)  # further ahead nobody plans a charge
# So many later starts are tried beside the cheapest quarters of an hour, for tariffs by which pauses cost too.
STARTS = 24
_MICRO = Decimal("1e-6")
# Multiplied first: a third of an hour is no decimal, and what it gives is.
_MICROSECOND, _MICROSECONDS_AN_HOUR = timedelta(microseconds=1), 3_600_000_000


class Draw(Struct, frozen=True):
    """So much energy, evenly, between two instants."""

    begin_at: datetime
    end_at: datetime
    energy: Energy


class Grams(Struct, frozen=True):
    """From `begin_at` on, a kWh carries so many grams of CO2 equivalents."""

    begin_at: datetime
    end_at: datetime
    per_kwh: Decimal


class Way(Struct, frozen=True, kw_only=True):
    """`draws` in order, the last over `ready_at`; `tab` as it will stand then, or when the car leaves later.

    `missing`: what there is no time for. `total` is that of the whole charge, rounded as it would be paid.
    """

    draws: tuple[Draw, ...]
    energy: Energy
    missing: Energy
    ready_at: datetime
    tab: Tab
    total: Amount

    @property
    def cost(self) -> Decimal:
        """With taxes, where they are known."""
        return _paid(self.total)


def at_once(tab: Tab, energy: Energy, power: Power, until: datetime | None = None) -> Way:
    """From the end of the Tab on, all the time; not longer than `until`, when the car leaves. Raises CannotPrice."""
    start = tab.ended_at
    most = energy if until is None else min(energy, _given(until - start, power))
    return along(tab, _one(start, most, power), energy, until)


def cheapest(tab: Tab, energy: Energy, power: Power, until: datetime) -> Way:
    """The cheapest that is found of all that are ready `until` the car leaves; never dearer than at once.

    Where only the hour makes the price of a kWh, none is cheaper: the cheapest hours are taken first. Where pauses
    cost, standing there full does, or prices depend on how much was charged before, later starts without a pause are
    tried too. Raises CannotPrice.
    """
    until = min(until, tab.ended_at + LONGEST)
    steps = _steps(tab, until, power)
    tried = [at_once(tab, energy, power, until), along(tab, _picked(steps, energy, power, _cost), energy, until)]
    if _pauses_cost_or_amounts_count(tab.tariff):
        tried += [along(tab, draws, energy, until) for draws in _later(steps, energy, power, until)]
    return min(tried, key=lambda way: (way.missing, way.cost, way.ready_at))


def dearest(tab: Tab, energy: Energy, power: Power, until: datetime) -> Way:
    """What it costs when the hours are somebody else's choice and all fall badly. Raises CannotPrice."""
    until = min(until, tab.ended_at + LONGEST)
    steps = _steps(tab, until, power)
    tried = [
        at_once(tab, energy, power, until),
        along(tab, _picked(steps, energy, power, lambda step: -step.cost), energy, until),
    ]
    return max(tried, key=lambda way: (-way.missing.wh, way.cost))


def greenest(tab: Tab, energy: Energy, power: Power, until: datetime, grams: Sequence[Grams]) -> Way:
    """In the hours with the least carbon; those of which nobody says anything come last. Raises CannotPrice."""
    until = min(until, tab.ended_at + LONGEST)
    worst = max((one.per_kwh for one in grams), default=Decimal(0)) + 1
    carbon = _looked_up(grams)

    def weight(step: _Step) -> Decimal:
        found = carbon(step.begin_at)
        return worst if found is None else found

    return along(tab, _picked(_steps(tab, until, power), energy, power, weight), energy, until)


def affordable(tab: Tab, amount: Decimal, power: Power, within: timedelta = LONGEST) -> Way | None:
    """At once, and no further than the whole charge costs `amount` with its taxes; None: that is never used up."""
    reach = remaining(tab, amount=amount, power=power, within=within)
    return None if reach.energy is None else at_once(tab, reach.energy, power)


def along(tab: Tab, draws: tuple[Draw, ...], energy: Energy, leaves_at: datetime | None = None) -> Way:
    """Of so much energy these draws, one after the other, with pauses by the charging point between them.

    Full, the car stands there until it `leaves_at`; None: it leaves at once.
    """
    start, at = tab.ended_at, tab.ended_at
    for draw in draws:
        if draw.begin_at > at:
            waits = Stretch(started_at=at, ended_at=draw.begin_at, energy=NO_ENERGY, activity=Activity.SUSPENDED_EVSE)
            tab = advanced(tab, waits)
        tab = advanced(tab, Stretch(started_at=draw.begin_at, ended_at=draw.end_at, energy=draw.energy))
        at = draw.end_at
    given = sum((draw.energy for draw in draws), NO_ENERGY)
    if leaves_at is not None:
        tab = parked(tab, until=leaves_at)
    return Way(
        draws=draws,
        energy=given,
        missing=max(energy - given, NO_ENERGY),
        ready_at=draws[-1].end_at if draws else start,
        tab=tab,
        total=rounded(priced(tab)).total,
    )


def carried(draws: Iterable[Draw], grams: Sequence[Grams]) -> Decimal | None:
    """Grams of all this energy; None where of some of it nobody says anything."""
    total = Decimal(0)
    for draw in draws:
        known = timedelta()
        for one in grams:
            shared = min(draw.end_at, one.end_at) - max(draw.begin_at, one.begin_at)
            if shared > timedelta():
                known += shared
                total += draw.energy.during(shared, draw.end_at - draw.begin_at).kwh * one.per_kwh
        if known < draw.end_at - draw.begin_at:
            return None
    return total


def prices(tab: Tab, power: Power, until: datetime) -> tuple[tuple[datetime, datetime, Decimal], ...]:
    """(from, to, what a kWh costs with the time that it takes), for a car that charges all the time."""
    found = list[tuple[datetime, datetime, Decimal]]()
    for step in _steps(tab, until, power):
        begin_at = step.begin_at
        if found and found[-1][2] == step.cost:
            begin_at, _, _ = found.pop()
        found.append((begin_at, step.end_at, step.cost))
    return tuple(found)


# What a way is made of ------------------------------------------------------------------------------------------------


class _Step(Struct, frozen=True):
    """A stretch of time in which a kWh costs the same; `cost` is that of a kWh, with the time that it takes."""

    begin_at: datetime
    end_at: datetime
    cost: Decimal


def _cost(step: _Step) -> Decimal:
    return step.cost


def _steps(tab: Tab, until: datetime, power: Power) -> list[_Step]:
    """Quarters of an hour, cut where a price becomes another for a car that charges all the time."""
    start = tab.ended_at
    if until <= start:
        return []
    going = advanced(tab, Stretch(started_at=start, ended_at=until, energy=_given(until - start, power)))
    stints = [stint for stint in going.stints if stint.ended_at > start]
    ends = [stint.ended_at for stint in stints]
    borders = sorted({start, until, *_quarters(start, until), *(end for end in ends if start < end < until)})
    costs = [_of_kwh(going, stint, power) for stint in stints]
    return [
        _Step(begin_at, end_at, costs[min(bisect_right(ends, begin_at), len(costs) - 1)])
        for begin_at, end_at in pairwise(borders)
    ]


def _quarters(start: datetime, until: datetime) -> Iterable[datetime]:
    first = datetime.fromtimestamp(start.timestamp() // 900 * 900, UTC) + QUARTER
    while first < until:
        yield first
        first += QUARTER


def _of_kwh(tab: Tab, stint: Stint, power: Power) -> Decimal:
    return _each(tab, component(tab, stint.energy_by)) + _each(tab, component(tab, stint.time_by)) / power.kw


def _each(tab: Tab, one: PriceComponent | None) -> Decimal:
    return Decimal(0) if one is None else _paid(of_one(tab.tariff, one))


def _picked(
    steps: Sequence[_Step], energy: Energy, power: Power, weight: Callable[[_Step], Decimal]
) -> tuple[Draw, ...]:
    """The lightest steps first, of those alike the earliest, until there is enough."""
    rest, chosen = energy, dict[datetime, Draw]()
    ends = {step.end_at: step.begin_at for step in steps}
    for step in sorted(steps, key=lambda one: (weight(one), one.begin_at)):
        if not rest:
            break
        whole = _given(step.end_at - step.begin_at, power)
        if whole <= rest:
            chosen[step.begin_at] = Draw(step.begin_at, step.end_at, whole)
            rest -= whole
            continue
        length = time_for(rest, power)
        # The rest of it joins what follows, where only that is chosen, so that the car is not paused for it.
        late = step.end_at in chosen and ends.get(step.begin_at) not in chosen
        begin_at = step.end_at - length if late else step.begin_at
        chosen[step.begin_at] = Draw(begin_at, begin_at + length, rest)
        rest = NO_ENERGY
    return _joined(sorted(chosen.values(), key=lambda draw: draw.begin_at))


def _joined(draws: Iterable[Draw]) -> tuple[Draw, ...]:
    joined: list[Draw] = []
    for draw in draws:
        if draw.end_at <= draw.begin_at:
            continue
        if joined and joined[-1].end_at == draw.begin_at:
            draw = Draw(joined[-1].begin_at, draw.end_at, joined.pop().energy + draw.energy)
        joined.append(draw)
    return tuple(joined)


def _later(steps: Sequence[_Step], energy: Energy, power: Power, until: datetime) -> Iterable[tuple[Draw, ...]]:
    """Without a pause, begun where a kWh begins to cost something else, or as late as can be."""
    length = time_for(energy, power)
    turns = [after.begin_at for before, after in pairwise(steps) if before.cost != after.cost]
    for start in dict.fromkeys((*turns[:STARTS], until - length)):
        if steps and steps[0].begin_at < start and start + length <= until:
            yield _one(start, energy, power)


def _one(start: datetime, energy: Energy, power: Power) -> tuple[Draw, ...]:
    return (Draw(start, start + time_for(energy, power), energy),) if energy else ()


def _given(length: timedelta, power: Power) -> Energy:
    """In that time, down to the microwatt-hour."""
    if length <= timedelta():
        return NO_ENERGY
    return Energy((power.watts * (length // _MICROSECOND) / _MICROSECONDS_AN_HOUR).quantize(_MICRO, ROUND_FLOOR))


def _pauses_cost_or_amounts_count(tariff: Tariff) -> bool:
    """Whether the price of a kWh is more than a question of the hour."""
    for element in tariff.elements:
        said = element.restriction
        if any(one.type not in ("ENERGY", "FLAT") for one in element.components):
            return True
        if any(
            (said.energy_min, said.energy_max, said.duration_min, said.duration_max, said.power_min, said.power_max)
        ):
            return True
    return tariff.price_min is not None or tariff.price_max is not None


def _looked_up(grams: Sequence[Grams]) -> Callable[[datetime], Decimal | None]:
    begins = [one.begin_at for one in grams]

    def at(instant: datetime) -> Decimal | None:
        place = bisect_right(begins, instant) - 1
        return grams[place].per_kwh if place >= 0 and instant < grams[place].end_at else None

    return at


def _paid(amount: Amount) -> Decimal:
    paid = amount.excl if amount.incl is None else amount.incl
    assert paid is not None, "one side of a price is always known"
    return paid
