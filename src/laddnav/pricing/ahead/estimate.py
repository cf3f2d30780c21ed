"""Before a charge: what so much energy will cost, and how far an amount of money reaches.

Both are a Tab that is opened and advanced as if the charge had happened already; there is no second formula.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import accumulate

from msgspec import Struct
from msgspec.structs import replace

from laddnav.kit.energy import NO_ENERGY, Energy
from laddnav.kit.power import Power
from laddnav.kit.time import utc
from laddnav.metering.model import Activity, Stretch
from laddnav.pricing.ahead.course import Change, changes_on, charged, charging, parking_fee_starts, time_for
from laddnav.pricing.limits import PRICE_MAX
from laddnav.pricing.model import Amount, CannotPrice, Priced, Tab
from laddnav.pricing.plain.rates import of_one
from laddnav.pricing.rounding import fine, quotient
from laddnav.pricing.tab import advanced, opened, priced
from laddnav.tariffs.model import Tariff, TariffDimension

A_DAY = timedelta(days=1)
A_MONTH = timedelta(days=31)
_SECOND = timedelta(seconds=1)
# How many of the units that step sizes count in, Wh and seconds, make up one of those that prices are for.
_STEPS_OF_ONE = {TariffDimension.ENERGY: Decimal(1000), TariffDimension.TIME: Decimal(3600)}
_A_HAIR = Decimal("1e-9")  # more than all that is lost in divisions


class Estimate(Struct, frozen=True, kw_only=True):
    """A charge that has not happened: full at `full_at`, gone at `ends_at`, with the `changes` of prices on the way.

    `parking_fee_at`: when standing there full begins to cost; None if it never does.
    """

    started_at: datetime
    full_at: datetime
    ends_at: datetime
    energy: Energy
    power: Power
    priced: Priced
    changes: tuple[Change, ...] = ()
    parking_fee_at: datetime | None = None

    @property
    def per_kwh(self) -> Amount | None:
        """What a kWh comes to, with everything that the charge costs; None where no energy flows."""
        if not self.energy:
            return None
        kwh, total = self.energy.kwh, self.priced.total
        return Amount(
            None if total.excl is None else fine(total.excl / kwh),
            None if total.incl is None else fine(total.incl / kwh),
        )


class Reach(Struct, frozen=True, kw_only=True):
    """How far an amount reaches: the most whole Wh and whole seconds at which the price has never been more.

    Both None where the price does not get there. `total` is the price then, or at the end. `after_taxes` says which
    side of it the amount was held against: the one asked for, or the other where that one is unknown.
    """

    energy: Energy | None
    after: timedelta | None
    total: Amount
    after_taxes: bool


def estimated(
    tariff: Tariff, *, energy: Energy, start: datetime, power: Power, zone: str, parked: timedelta = timedelta()
) -> Estimate:
    """Charged at a constant `power` until full, then left standing for `parked`. Raises CannotPrice."""
    start = utc(start)  # Python adds lengths to a local time as if no clock were ever put forward or back
    full_at = start + time_for(energy, power)
    tab = opened(tariff, start, zone)
    for stretch in supposed(energy=energy, start=start, power=power, parked=parked):
        tab = advanced(tab, stretch)
    return Estimate(
        started_at=start,
        full_at=full_at,
        ends_at=full_at + parked,
        energy=energy,
        power=power,
        priced=priced(tab),
        changes=changes_on(tab),
        parking_fee_at=parking_fee_starts(tab, full_at),
    )


def supposed(*, energy: Energy, start: datetime, power: Power, parked: timedelta = timedelta()) -> tuple[Stretch, ...]:
    """What a meter would say of the charge that is estimated. Raises CannotPrice."""
    start = utc(start)
    full_at = start + time_for(energy, power)
    standing = Stretch(started_at=full_at, ended_at=full_at + parked, energy=NO_ENERGY, activity=Activity.SUSPENDED_EV)
    return (*charging(start, energy, power), *((standing,) if parked else ()))


def reach(
    tariff: Tariff,
    *,
    amount: Decimal,
    power: Power,
    start: datetime,
    zone: str,
    after_taxes: bool = True,
    within: timedelta = A_MONTH,
) -> Reach:
    """Until a pre-authorised amount is used up, by a car that charges all the time. Raises CannotPrice.

    What does not cost the amount `within` a month of charging never does: nobody charges that long.
    """
    tab = opened(tariff, utc(start), zone)
    return remaining(tab, amount=amount, power=power, after_taxes=after_taxes, within=within)


def remaining(
    tab: Tab, *, amount: Decimal, power: Power, after_taxes: bool = True, within: timedelta = A_MONTH
) -> Reach:
    """As `reach`, for a charge under way: how much more, and for how long from the end of its Tab."""
    # Most amounts are used up within a day; a month is looked at only where one day does not tell.
    for length in (min(A_DAY, within), within):
        road = _Road(tab, power, length, after_taxes=after_taxes)
        found = road.reached(amount)
        if found is not None:
            return found
    return road.endless()


class _Road:
    """One long charge, which holds every shorter one: the Tab at any place on it is this Tab, cut there."""

    def __init__(self, tab: Tab, power: Power, length: timedelta, *, after_taxes: bool) -> None:
        self._tab, self._power = tab, power
        self._whole = charged(tab, Energy(power.watts * (length // _SECOND) / 3600), power)
        self._used = list(accumulate((stint.energy for stint in self._whole.stints), initial=NO_ENERGY))
        self._total = priced(self._whole).total
        known = self._total.incl if after_taxes else self._total.excl
        self._after_taxes = after_taxes if known is not None else not after_taxes

    def endless(self) -> Reach:
        return Reach(energy=None, after=None, total=self._total, after_taxes=self._after_taxes)

    def reached(self, amount: Decimal) -> Reach | None:
        """None where the price at the end of the road is not more than the amount, nor anywhere before."""

        def enough(tab: Tab) -> bool:
            return self._cost(tab) <= amount

        watt_hours = _furthest(lambda wh: enough(self._after(Energy(Decimal(wh)))), self._worth_asking(amount))
        if watt_hours is None:
            return None
        energy, next_one = Energy(Decimal(watt_hours)), Energy(Decimal(watt_hours + 1))
        first, last = (time_for(each, self._power) // _SECOND for each in (energy, next_one))
        seconds = _furthest(lambda more: enough(self._until(timedelta(seconds=first + more))), (last - first,))
        return Reach(
            energy=energy,
            after=timedelta(seconds=last if seconds is None else first + seconds),
            total=priced(self._after(energy)).total,
            after_taxes=self._after_taxes,
        )

    def _cost(self, tab: Tab) -> Decimal:
        total = priced(tab).total
        cost = total.incl if self._after_taxes else total.excl
        if cost is None:
            raise CannotPrice("The price is known neither before nor after taxes, so no amount can be held against it")
        return cost

    def _worth_asking(self, amount: Decimal) -> list[int]:
        """The whole Wh between which the price only rises, or only falls: where its components or its limit change.

        A price that does not fall for lasting longer, but for its rounding to a step, which it gives back when another
        component takes over, was nowhere too dear before a turn that is cheaper by more than that.
        """
        turns = [int((used - self._tab.used).wh) for used in self._used if used >= self._tab.used]
        if self._may_fall():
            free = _furthest(lambda wh: not _capped(self._after(Energy(Decimal(wh)))), turns)
            return turns if free is None else sorted((*turns, free, free + 1))
        cheaper = amount - self._dearest_steps()
        first = bisect_right(turns, cheaper, key=lambda wh: self._cost(self._after(Energy(Decimal(wh)))))
        return turns[max(first - 1, 0) :]

    def _may_fall(self) -> bool:
        """A limit before taxes moves the taxes in proportion, so beneath it mixed taxes may make the price fall."""
        tariff = self._tab.tariff
        components = [component for element in tariff.elements for component in element.components]
        limits = [limit for limit in (tariff.price_min, tariff.price_max) if limit is not None]
        mixed = len({component.vat for component in components}) > 1
        return (
            len(self._tab.tariffs) > 1
            or any(component.price < 0 for component in components)
            or (mixed and self._after_taxes and any(limit.incl is None for limit in limits))
        )

    def _dearest_steps(self) -> Decimal:
        """The most that rounding adds."""
        dearest: dict[TariffDimension, Decimal] = {}
        for each in (component for element in self._tab.tariff.elements for component in element.components):
            sides = of_one(self._tab.tariff, each)
            price = max(side for side in (sides.excl, sides.incl) if side is not None)
            step = quotient(price * each.step_size, _STEPS_OF_ONE.get(each.type, Decimal(1)))
            dearest[each.type] = max(dearest.get(each.type, step), step)
        return sum(dearest.values(), _A_HAIR)

    def _after(self, energy: Energy) -> Tab:
        """The Tab when so much more has been charged."""
        return self._cut(self._tab.ended_at + time_for(energy, self._power), self._tab.used + energy)

    def _until(self, length: timedelta) -> Tab:
        """The Tab after so much more time."""
        at = self._tab.ended_at + length
        last = self._stint_at(at)
        stint = self._whole.stints[last]
        return self._cut(at, self._used[last] + stint.energy.during(at - stint.started_at, stint.length))

    def _cut(self, at: datetime, used: Energy) -> Tab:
        if at <= self._tab.ended_at:
            return self._tab
        last = self._stint_at(at)
        stint = replace(self._whole.stints[last], ended_at=at, energy=used - self._used[last])
        return replace(self._whole, used=used, stints=(*self._whole.stints[:last], stint))

    def _stint_at(self, at: datetime) -> int:
        """The place of the Stint that ends then or goes on."""
        return bisect_left(self._whole.stints, at, key=lambda stint: stint.ended_at)


def _furthest(holds: Callable[[int], bool], turns: Iterable[int]) -> int | None:
    """The last number before the first of all for which it does not hold; None if it holds up to the last turn.

    Between two turns it may cease to hold, or hold again, but not both.
    """
    if not holds(0):
        return 0
    low = 0
    for turn in turns:
        if holds(turn):
            low = turn
            continue
        high = turn
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if holds(middle) else (low, middle)
        return low
    return None


def _capped(tab: Tab) -> bool:
    return any(line.dimension == PRICE_MAX for line in priced(tab).lines)
