"""What the battery of a site is to do now: as planned, as far as fuse, limits and its own fill leave it; pure.

What it gives makes no room at a fuse, for it may stop at any moment. What it takes is drawn beside the cars: it is told
no more than still fits what the site says is drawn there at most, beside which all fallbacks fit, and what cars may
draw by now. Who is not told again within LASTS goes by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from math import floor

from msgspec.structs import replace

from laddnav.scheduling import committed
from laddnav.scheduling.outlets import NO_AMPS, Amps, Moment, Outlet
from laddnav.sites.beside import looked
from laddnav.sites.facts import Facts, at_step
from laddnav.sites.fuses import floats
from laddnav.sites.model.standing import BatteryTold, BatteryWhy
from laddnav.sites.model.told import Place

LASTS = timedelta(minutes=5)
# It is told to take more once both meters have had so long to show what it was told before.
SEEN_AFTER = timedelta(seconds=30)
# So much is left in it, and free, as far as its own word on that is exact.
MARGIN = 0.01
_STEP = 0.1  # kW


def told(facts: Facts, now: Moment, asked: Mapping[str, float]) -> BatteryTold | None:
    """None: it goes by itself, as nobody can say how it is. `asked`: amperes that outlets are asked in this tick."""
    own, does = facts.site.battery, facts.fresh(Place.BATTERY)
    if own is None or does is None or does.stored_kwh is None or now.building is None:
        return None
    if facts.plan is None or not facts.plan.battery:
        return None
    planned = at_step(facts.plan, facts.plan.battery, facts.at)
    planned = min(max(planned, -float(own.discharge_kw)), float(own.charge_kw))
    stored, capacity = float(does.stored_kwh), float(own.capacity_kwh)
    kw, why = planned, BatteryWhy.AS_PLANNED
    if planned > 0 and stored >= capacity * (1 - MARGIN):
        kw, why = 0.0, BatteryWhy.FULL
    elif planned < 0 and stored <= capacity * MARGIN:
        kw, why = 0.0, BatteryWhy.EMPTY
    elif planned > (room := _may_take(facts, now, asked)):
        kw, why = room, BatteryWhy.NO_ROOM
    elif planned < -(room := _may_give(facts, now)):
        kw, why = -room, BatteryWhy.NO_ROOM
    kw = floor(abs(kw) / _STEP + 1e-6) * _STEP * (1 if kw > 0 else -1)
    return _steady(facts, BatteryTold(at=facts.at, kw=round(kw, 1) + 0.0, until_at=facts.at + LASTS, why=why))


def _steady(facts: Facts, now: BatteryTold) -> BatteryTold:
    """The same again only when half of its time is over; more to take only when what was told before has been seen."""
    before = facts.battery_told
    if before is None or facts.at >= before.until_at:
        return now
    unseen = before.kw > 0 or max(taken(facts)) > 0
    if unseen and now.kw > max(before.kw, 0.0) and facts.at - before.at < facts.pace.length(SEEN_AFTER):
        now = replace(now, kw=before.kw, why=before.why)
    if (now.kw, now.why) != (before.kw, before.why):
        return now
    renewed = before.until_at - facts.at < LASTS / 2
    return replace(before, until_at=now.until_at) if renewed else before


def on_its_way(facts: Facts) -> Amps:
    """What it was told to take and is not measured to take yet: that is drawn beside the cars as well."""
    order = facts.battery_told
    if order is None or order.kw <= 0 or facts.at >= order.until_at:
        return NO_AMPS
    each = order.kw * 1000 / float(facts.site.volts) / 3
    takes = taken(facts)
    return max(0.0, each - takes[0]), max(0.0, each - takes[1]), max(0.0, each - takes[2])


def taken(facts: Facts) -> Amps:
    """What it is measured to take, by phase."""
    does = facts.fresh(Place.BATTERY)
    amps = NO_AMPS if does is None else floats(does.amps)
    return max(0.0, amps[0]), max(0.0, amps[1]), max(0.0, amps[2])


def _may_take(facts: Facts, now: Moment, asked: Mapping[str, float]) -> float:
    """kW, a third on each phase, with all that cars may draw until they can be told otherwise."""
    assert now.building is not None, "else it were not told"
    end_at = now.at + committed.LEASE
    cars = [(one, max(committed.most(one, now.at, end_at), asked.get(one.id, 0.0))) for one in now.outlets]
    takes, pending, rating = taken(facts), on_its_way(facts), now.panels[0].amps_max
    others = [max(0.0, now.building[phase] - takes[phase] - pending[phase]) for phase in range(3)]
    of_cars = [sum(amps for one, amps in cars if phase in one.phases) for phase in range(3)]
    left = [min(now.building_max[phase], rating[phase] - of_cars[phase]) - others[phase] for phase in range(3)]
    kw = 3 * min(left) * now.volts / 1000
    if now.kw_max is not None:
        kw = min(kw, now.kw_max - (sum(others) + sum(of_cars)) * now.volts / 1000)
    return max(0.0, kw)


def _may_give(facts: Facts, now: Moment) -> float:
    """kW, a third on each phase, that go out at most, were every car to stop.

    Beside roof and cars that give, each phase carries no more than its fuse, and no more goes out than others let.
    """
    solar, end_at = facts.fresh(Place.SOLAR), now.at + committed.LEASE
    shines = NO_AMPS if solar is None else floats(solar.amps)
    cars = [(one, committed.given_back(one, now.at, end_at)) for one in now.outlets]
    of_cars = [sum(amps for one, amps in cars if phase in one.phases) for phase in range(3)]
    out = [max(0.0, shines[phase]) + of_cars[phase] for phase in range(3)]
    kw = 3 * min(now.panels[0].amps_max[phase] - out[phase] for phase in range(3)) * now.volts / 1000
    if now.export_kw_max is not None:
        kw = min(kw, now.export_kw_max + surely_drawn(facts, now.outlets) - sum(out) * now.volts / 1000)
    return max(0.0, kw)


def surely_drawn(facts: Facts, outlets: Sequence[Outlet]) -> float:
    """kW that the building draws at the least, by all meters together."""
    measured, look = facts.fresh(Place.BUILDING), looked(facts, outlets)
    drawn = floats(measured.amps) if measured is not None else NO_AMPS if look is None else look.least
    takes = NO_AMPS if measured is not None else taken(facts)
    return max(0.0, sum(drawn) - sum(takes)) * float(facts.site.volts) / 1000


def about_to_give(facts: Facts) -> float:
    """kW that it was told to give and does not yet."""
    order, does = facts.battery_told, facts.fresh(Place.BATTERY)
    gives = 0.0 if does is None else max(0.0, -sum(floats(does.amps))) * float(facts.site.volts) / 1000
    told = max(0.0, -order.kw) if order is not None and facts.at < order.until_at else 0.0
    return max(0.0, told - gives)
