"""How much is in a battery, how much has to be, and how long it takes to get there; pure.

What nobody can know exactly is a stated guess: it is said how sure each is, and a departure is judged by the low end.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from msgspec.structs import replace

from laddnav.fleets.model import HUNDRED, Block, Content, How, Need, NeedUnit, Trip, Vehicle
from laddnav.kit.energy import NO_ENERGY, Energy
from laddnav.kit.power import Power
from laddnav.kit.time import hours
from laddnav.locations.model import Connector

# Of what a meter counts, so much comes to be in the battery.
EFFICIENCY = Decimal("0.9")
# Direct current is given slower the fuller a battery is: over a whole charge, this share of the most.
DIRECT = Decimal("0.6")
VOLTS = Decimal(230)

# How sure it is: of the battery, of what was counted, of what was driven.
TOLD_WITHIN = Decimal("0.02")
COUNTED_WITHIN = Decimal("0.05")
DRIVEN_WITHIN = Decimal("0.2")

_SECOND = timedelta(seconds=1)
_PHASES = {"AC_1_PHASE": 1, "AC_2_PHASE": 2, "AC_2_PHASE_SPLIT": 2, "AC_3_PHASE": 3}


def needed(need: Need, vehicle: Vehicle) -> Energy:
    """What has to be in it when it leaves."""
    if need.unit is NeedUnit.PERCENT:
        return vehicle.share(need.amount)
    return used(need, vehicle) + vehicle.reserve


def used(need: Need, vehicle: Vehicle) -> Energy:
    """What it uses before it is back; of one that leaves so and so full, all but the reserve."""
    match need.unit:
        case NeedUnit.KM:
            return Energy(vehicle.per_100_km.wh * need.amount / HUNDRED)
        case NeedUnit.KWH:
            return Energy(need.amount * 1000)
        case NeedUnit.PERCENT:
            return _at_least_nothing(vehicle.share(need.amount) - vehicle.reserve)


# How full it is -------------------------------------------------------------------------------------------------------


def unknown(at: datetime) -> Content:
    """Nobody ever said: counted as empty, so that it asks for all that its departure needs."""
    return Content(at=at, energy=NO_ENERGY, sure=NO_ENERGY, how=How.UNKNOWN)


def told(
    vehicle: Vehicle,
    percent: Decimal,
    at: datetime,
    *,
    charged: Energy = NO_ENERGY,
    odometer: Decimal | None = None,
) -> Content:
    """Its state of charge, as a station, the vehicle or a person says it."""
    sure = Energy(vehicle.battery.wh * TOLD_WITHIN)
    return Content(at=at, energy=vehicle.share(percent), sure=sure, how=How.TOLD, charged=charged, odometer=odometer)


def counted(content: Content, vehicle: Vehicle, charged: Energy, at: datetime) -> Content:
    """With what a meter has counted of the charge under way since; what it gave back took more out of the battery.

    It holds no more than its battery, and no less than nothing.
    """
    more = (charged - content.charged).wh
    if not more:
        return content
    gained = Energy(more * EFFICIENCY if more > 0 else more / EFFICIENCY)
    return replace(
        content,
        at=at,
        energy=_at_least_nothing(_at_most(content.energy + gained, vehicle.battery)),
        sure=content.sure + Energy(abs(gained.wh) * COUNTED_WITHIN),
        how=How.COUNTED if content.how is How.TOLD else content.how,
        charged=charged,
    )


def over(content: Content) -> Content:
    """The charge under way ended."""
    return replace(content, charged=NO_ENERGY)


def driven(content: Content, vehicle: Vehicle, trips: Sequence[Trip], at: datetime) -> Content:
    """After the trips that began meanwhile, as they were to be."""
    for trip in trips:
        if content.at < trip.departs_at <= at:
            content = _less(content, used(trip.need, vehicle), trip.departs_at)
    return content


def read(content: Content, vehicle: Vehicle, odometer: Decimal, at: datetime) -> Content:
    """By the distance since its odometer was read last; where it never was, from now on."""
    if content.odometer is None or odometer <= content.odometer:
        return replace(content, odometer=odometer)
    distance = Need(odometer - content.odometer, NeedUnit.KM)
    return replace(_less(content, used(distance, vehicle), at), odometer=odometer)


def _less(content: Content, energy: Energy, at: datetime) -> Content:
    return replace(
        content,
        at=at,
        energy=_at_least_nothing(content.energy - energy),
        sure=content.sure + Energy(energy.wh * DRIVEN_WITHIN),
        how=How.UNKNOWN if content.how is How.UNKNOWN else How.ESTIMATED,
    )


# How fast it fills ----------------------------------------------------------------------------------------------------


def power_at(vehicle: Vehicle, connector: Connector) -> Power:
    """What the two can do together, over a whole charge."""
    if connector.power_type == "DC":
        if vehicle.dc_max is None:
            return Power(Decimal(0))
        most = Decimal(connector.power_max or connector.voltage_max * connector.amperage_max)
        return Power(min(most, vehicle.dc_max.watts) * DIRECT)
    phases = min(_PHASES.get(connector.power_type, 3), vehicle.ac_phases)
    watts = min(Decimal(connector.amperage_max), vehicle.ac_amps_max) * VOLTS * phases
    return Power(watts if connector.power_max is None else min(watts, Decimal(connector.power_max)))


def gained(power: Power, length: timedelta) -> Energy:
    """What comes to be in the battery."""
    return Energy(power.watts * hours(max(length, timedelta())) * EFFICIENCY)


def time_for(energy: Energy, power: Power) -> timedelta | None:
    """To the second that is enough; None: never."""
    if energy.wh <= 0:
        return timedelta()
    if power.watts <= 0:
        return None
    seconds = energy.wh * 3600 / (power.watts * EFFICIENCY)
    return timedelta(seconds=int(seconds)) + _SECOND


def reached(energy: Energy, blocks: Sequence[Block], since_at: datetime, until_at: datetime) -> datetime | None:
    """When so much has come to be in the battery by what is planned in this time; None: not by its end."""
    left = energy
    for block in _within(blocks, since_at, until_at):
        enough = time_for(left, block.power)
        if enough is not None and enough <= block.length + _SECOND:
            return min(block.begin_at + enough, until_at)
        left = left - gained(block.power, block.length)
    return None


def planned(blocks: Sequence[Block], since_at: datetime, until_at: datetime) -> Energy:
    """What comes to be in the battery by what is planned in this time."""
    return sum((gained(one.power, one.length) for one in _within(blocks, since_at, until_at)), NO_ENERGY)


def _within(blocks: Sequence[Block], since_at: datetime, until_at: datetime) -> list[Block]:
    cut = [
        replace(one, begin_at=max(one.begin_at, since_at), end_at=min(one.end_at, until_at))
        for one in sorted(blocks, key=lambda one: one.begin_at)
    ]
    return [one for one in cut if one.begin_at < one.end_at]


def _at_least_nothing(energy: Energy) -> Energy:
    return max(energy, NO_ENERGY)


def _at_most(energy: Energy, most: Energy) -> Energy:
    return min(energy, most)
