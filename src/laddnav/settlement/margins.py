"""What a charge left us: what is paid for it, less what its energy, its roaming, its payment and its host cost.

Pure. What nobody knows is None, with a word that says why; a margin of which a part is unknown is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from enum import StrEnum

from msgspec import Struct

from laddnav.kit.energy import Energy
from laddnav.kit.ids import PartyId
from laddnav.kit.money import minor_unit
from laddnav.kit.refusal import Refusal
from laddnav.market import grid
from laddnav.market.model import GridTariff, MarketStep
from laddnav.metering.model import ChargingPeriod, Stretch

_ZERO = Decimal(0)
_TRILLIONTH = Decimal("1e-12")
LONG = timedelta(hours=1)  # of a period without readings


class Unknown(StrEnum):
    """Why a figure is not known."""

    NO_SITE = "NO_SITE"  # its EVSE belongs to no site, so nobody says where its energy is bought
    NO_ZONE = "NO_ZONE"  # its site has no bidding zone
    NO_PRICES = "NO_PRICES"  # nothing is published for all of its time, in its currency
    NO_READINGS = "NO_READINGS"  # when its energy was drawn is not known any more
    NO_GRID_TARIFF = "NO_GRID_TARIFF"  # its site has none
    NO_PAYMENT = "NO_PAYMENT"  # how its driver paid is not known
    NO_FEE = "NO_FEE"  # the payment provider has not told what it keeps
    NO_ENERGY = "NO_ENERGY"  # the share of its host waits for the cost of energy


class UnfitMargin(Refusal):
    """What was asked of margins is no question."""


class Margin(Struct, frozen=True, kw_only=True):
    """One CDR: amounts before VAT, in its currency; below zero where it takes another one back.

    `paid` is by our driver, `billed` by a partner; of both one is the revenue. `roaming` is what the CPO asks of us,
    `energy` and `grid` what the energy cost, `fees` what the payment provider kept, `shares` what hosts get.
    """

    holder: PartyId
    cdr_owner: PartyId
    cdr_id: str
    cdr_ref: str
    ended_at: datetime
    month: str
    location_id: str
    place: str
    tariff: str
    partner: str
    currency: str
    kwh: Decimal
    paid: Decimal = _ZERO
    billed: Decimal = _ZERO
    roaming: Decimal = _ZERO
    energy: Decimal | None = None
    grid: Decimal | None = None
    fees: Decimal | None = None
    shares: Decimal | None = None
    unknown: tuple[Unknown, ...] = ()

    @property
    def revenue(self) -> Decimal:
        return self.paid + self.billed

    @property
    def margin(self) -> Decimal | None:
        costs = [self.energy, self.grid, self.fees, self.shares]
        known = [one for one in costs if one is not None]
        return self.revenue - self.roaming - sum(known, _ZERO) if len(known) == len(costs) else None

    @property
    def at_most(self) -> Decimal:
        """The revenue less all that is known."""
        known = (one for one in (self.energy, self.grid, self.fees, self.shares) if one is not None)
        return self.revenue - self.roaming - sum(known, _ZERO)


MAY_COME = frozenset({Unknown.NO_PRICES, Unknown.NO_FEE})
OF_SITES = frozenset({Unknown.NO_SITE, Unknown.NO_ZONE, Unknown.NO_GRID_TARIFF})  # set up by somebody, or never
HOURLY = timedelta(days=14)  # prices are published the day before or late, and fees are told when they are captured


def look_again_at(one: Margin, now: datetime) -> datetime | None:
    """When more of it may be known; None: all is, or nothing is owed that waits for it.

    A share that waits is owed to somebody, so it is looked at for as long as it waits.
    """
    if MAY_COME & set(one.unknown) and now < one.ended_at + HOURLY:
        return now + timedelta(hours=1)
    if Unknown.NO_ENERGY in one.unknown and (MAY_COME | OF_SITES) & set(one.unknown):
        return now + timedelta(days=1)
    return None


class By(StrEnum):
    """What margins are summed up by."""

    CHARGE = "charge"
    PLACE = "place"
    TARIFF = "tariff"
    PARTNER = "partner"
    MONTH = "month"


class MarginSum(Struct, frozen=True, kw_only=True):
    """Charges that have something in common. Sums are of what is known; `complete` charges know all of it.

    `margin` is that of the complete ones; None: there are none. `unknown` is why others are not.
    """

    of: str
    name: str
    currency: str
    many: int
    complete: int
    kwh: Decimal
    revenue: Decimal
    roaming: Decimal
    energy: Decimal
    grid: Decimal
    fees: Decimal
    shares: Decimal
    margin: Decimal | None
    unknown: tuple[Unknown, ...] = ()
    cdr_ref: str | None = None


# ---- What energy cost


def drawn(stretches: Iterable[Stretch]) -> tuple[tuple[datetime, datetime, Energy], ...]:
    """(from, until, energy) of what was drawn; what a car gave back is below zero."""
    return tuple((one.started_at, one.ended_at, one.energy) for one in stretches if one.energy)


def drawn_by_periods(
    periods: Sequence[ChargingPeriod], ended_at: datetime
) -> tuple[tuple[datetime, datetime, Energy], ...] | None:
    """The same of a CDR whose readings are not here: each period lasts until the next begins.

    None: one of them is so long that it says little of when its energy was drawn.
    """
    begins = [one.started_at for one in periods]
    ends = [*begins[1:], ended_at]
    found = []
    for period, end in zip(periods, ends, strict=True):
        kwh = sum((one.volume for one in period.dimensions if one.type == "ENERGY"), _ZERO)
        if kwh and end - period.started_at > LONG:
            return None
        if kwh:
            found.append((period.started_at, max(end, period.started_at), Energy(kwh * 1000)))
    return tuple(found)


def by_step(
    drawn: Iterable[tuple[datetime, datetime, Energy]], steps: Sequence[MarketStep]
) -> tuple[tuple[MarketStep, Decimal], ...] | None:
    """(step, kWh in it), where steps cover all of it; None: they do not. Energy flows evenly between two readings.

    `steps` are in order of time. A guess of ours is no price: a step that is a forecast covers nothing.
    """
    published = [one for one in steps if not one.forecast]
    found: list[tuple[MarketStep, Decimal]] = []
    for begin, end, energy in drawn:
        if end <= begin:
            at = next((one for one in published if one.begin_at <= begin < one.end_at), None)
            if at is None:
                return None
            found.append((at, energy.kwh))
            continue
        covered = timedelta()
        for one in published:
            part = min(end, one.end_at) - max(begin, one.begin_at)
            if part > timedelta():
                covered += part
                found.append((one, energy.kwh * _micros(part) / _micros(end - begin)))
        if covered != end - begin:
            return None
    return tuple(found)


def _micros(length: timedelta) -> Decimal:
    return Decimal(length // timedelta(microseconds=1))


def market_cost(found: Iterable[tuple[MarketStep, Decimal]], currency: str) -> Decimal:
    """Rounded once, to the coin."""
    return _coins(sum((step.value * kwh for step, kwh in found), _ZERO), currency)


def grid_cost(found: Iterable[tuple[MarketStep, Decimal]], tariff: GridTariff) -> Decimal:
    """What the grid asks for each kWh, taxes on energy and the seller's markup too; peaks and fees of a month are not
    one charge's.
    """
    calendar = grid.Calendar(tariff)
    whole = sum((grid.per_kwh(tariff, calendar, step.begin_at) * kwh for step, kwh in found), _ZERO)
    return _coins(whole, tariff.currency)


def _coins(amount: Decimal, currency: str) -> Decimal:
    return amount.quantize(_TRILLIONTH, ROUND_HALF_EVEN).quantize(minor_unit(currency), ROUND_HALF_UP)
