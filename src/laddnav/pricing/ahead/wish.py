"""What somebody would like to charge, within what a charge can be; and what that comes to."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from msgspec import Struct

from laddnav.kit.energy import Energy
from laddnav.kit.power import Power
from laddnav.kit.refusal import Refusal
from laddnav.pricing.ahead.course import LONGEST
from laddnav.pricing.ahead.estimate import Estimate, Reach, estimated, reach
from laddnav.tariffs.model import Tariff

# The batteries of the largest lorries hold a megawatt-hour; no connector gives more than the Megawatt Charging System.
KWH = Decimal("0.001"), Decimal(1000)
KW = Decimal("0.1"), Decimal(4000)
MONEY = Decimal("0.01"), Decimal(100_000)
MINUTES = Decimal(0), Decimal(7 * 24 * 60)
A_WEEK = timedelta(days=7)


class NotThatMuch(Refusal):
    """A number lies outside what a charge can be; `about` names it, `least` and `most` are in `unit`."""

    def __init__(self, about: str, least: Decimal, most: Decimal, unit: str) -> None:
        super().__init__(f"{about} has to be between {least} and {most} {unit}".rstrip())
        self.about, self.least, self.most, self.unit = about, least, most, unit


class EnergyOrAmount(Refusal):
    """Either how much energy or for how much money."""

    def __init__(self) -> None:
        super().__init__("Say either how much energy or for how much money")


class TooSlow(Refusal):
    """At this power it takes longer than a week."""

    def __init__(self) -> None:
        super().__init__("At this power it takes longer than a week; ask for less energy or more power")


class TooFarAhead(Refusal):
    """The start is more than a year from now."""

    def __init__(self) -> None:
        super().__init__("The start has to be within a year from now")


class Wish(Struct, frozen=True, kw_only=True):
    """So much energy, or as much as an amount of money (taxes included) pays for; then `parked` so long."""

    energy: Energy | None = None
    amount: Decimal | None = None
    power: Power
    start: datetime
    parked: timedelta = timedelta()


class Foretold(Struct, frozen=True, kw_only=True):
    """What a Wish comes to. `reach` only where it was for money; `estimate` None where that is never used up."""

    estimate: Estimate | None
    reach: Reach | None = None


def sensible(wish: Wish, now: datetime) -> Wish:
    """Raises EnergyOrAmount, NotThatMuch, TooSlow, TooFarAhead."""
    if (wish.energy is None) == (wish.amount is None):
        raise EnergyOrAmount
    _within("power", wish.power.kw, KW, "kW")
    if wish.energy is not None:
        _within("energy", wish.energy.kwh, KWH, "kWh")
    if wish.amount is not None:
        _within("amount", wish.amount, MONEY, "")
    _within("parked", Decimal(wish.parked // timedelta(minutes=1)), MINUTES, "min")
    if abs(wish.start - now) > LONGEST:
        raise TooFarAhead
    if wish.energy is not None and wish.energy.wh > wish.power.watts * (A_WEEK // timedelta(hours=1)):
        raise TooSlow
    return wish


def foretold(tariff: Tariff, wish: Wish, zone: str) -> Foretold:
    """Of a sensible Wish. Raises CannotPrice."""
    found: Reach | None = None
    energy = wish.energy
    if wish.amount is not None:
        found = reach(tariff, amount=wish.amount, power=wish.power, start=wish.start, zone=zone, within=A_WEEK)
        energy = found.energy
    if energy is None:
        return Foretold(estimate=None, reach=found)
    estimate = estimated(tariff, energy=energy, start=wish.start, power=wish.power, zone=zone, parked=wish.parked)
    return Foretold(estimate=estimate, reach=found)


def _within(about: str, value: Decimal, bounds: tuple[Decimal, Decimal], unit: str) -> None:
    if not (value.is_finite() and bounds[0] <= value <= bounds[1]):
        raise NotThatMuch(about, *bounds, unit)
