"""Who has a place gets a share of what is earned there: the agreement, and what it comes to, charge by charge.

Pure. A share never exceeds what is shared, and the shares of a charge never exceed the charge; only a month's fixed sum
and its guarantee are owed whatever was earned.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from msgspec import Struct

from laddnav.billing.sums import shared_out
from laddnav.kit.ids import PartyId, fold
from laddnav.kit.money import minor_unit
from laddnav.kit.refusal import Refusal

_ZERO, _HUNDRED = Decimal(0), Decimal(100)

MOST = Decimal(10_000_000)  # of any sum that is agreed


class Host(Struct, frozen=True, kw_only=True):
    """Who has a place where stations of ours stand, or runs some of them: `id` names it in the ledger.

    With a `vat_number`, the statements that we make in its name bear VAT; without one, none.
    """

    holder: PartyId
    ref: str
    id: str
    name: str
    country: str
    address: str = ""
    vat_number: str = ""
    email: str = ""
    said_at: datetime
    said_by: str


class EnergyFrom(StrEnum):
    """Where the cost of energy comes from that is taken off before anything is shared."""

    NOWHERE = "NOWHERE"  # nothing is taken off
    FIXED = "FIXED"  # so much per kWh
    KNOWN = "KNOWN"  # what it cost by the site's market and grid; while that is unknown, the share waits


class Agreement(Struct, frozen=True, kw_only=True):
    """What a host gets of what is earned at some places, from one day to another, both included.

    `places` are ids of Locations, or `LOCATION/EVSE`. `percent` of the revenue before VAT, after energy where that is
    taken off; `per_kwh`, `per_month` and `minimum` (a month, all together) in the currency.
    """

    holder: PartyId
    ref: str
    host: str
    name: str = ""
    places: tuple[str, ...]
    since: date
    until: date | None = None
    currency: str
    percent: Decimal = _ZERO
    per_kwh: Decimal = _ZERO
    per_month: Decimal = _ZERO
    minimum: Decimal = _ZERO
    energy: EnergyFrom = EnergyFrom.NOWHERE
    energy_per_kwh: Decimal = _ZERO
    said_at: datetime
    said_by: str

    def covers(self, location_id: str, evse_uid: str, day: date) -> bool:
        if not self.since <= day or (self.until is not None and day > self.until):
            return False
        here = {fold(location_id), fold(f"{location_id}/{evse_uid}")}
        return any(fold(place) in here for place in self.places)


class UnfitAgreement(Refusal):
    """An agreement names places, says what is shared, and leaves no more than the whole to all hosts together."""


class UnknownHost(Refusal):
    """There is no host of this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no host {name}")
        self.name = name


class UnknownAgreement(Refusal):
    """There is no agreement of this ref."""

    def __init__(self, ref: str) -> None:
        super().__init__(f"There is no agreement {ref}")
        self.ref = ref


class Earned(Struct, frozen=True, kw_only=True):
    """What one charge earned: `revenue` before VAT, in coins, below zero where a CDR is taken back.

    `energy_cost` None: nobody knows yet what its energy cost.
    """

    revenue: Decimal
    kwh: Decimal
    currency: str
    energy_cost: Decimal | None = None


class Part(Struct, frozen=True, kw_only=True):
    """One host's share of one charge: `of` is what was shared, after `energy_cost`; `capped`: it asked for more."""

    agreement: str
    host: str
    of: Decimal
    energy_cost: Decimal = _ZERO
    amount: Decimal
    capped: bool = False


class Shared(Struct, frozen=True, kw_only=True):
    """A charge shared out: `kept` and the parts are its revenue, to the coin."""

    revenue: Decimal
    parts: tuple[Part, ...]

    @property
    def kept(self) -> Decimal:
        return self.revenue - sum((one.amount for one in self.parts), _ZERO)


def fit(one: Agreement, others: Sequence[Agreement] = ()) -> Agreement:
    """`others` are all of the same holder. Raises UnfitAgreement."""
    if not one.places or not all(0 < len(place) <= 80 for place in one.places):
        raise UnfitAgreement("Name at least one Location, or LOCATION/EVSE")
    if one.until is not None and one.until < one.since:
        raise UnfitAgreement("It ends before it begins")
    sums = (one.percent, one.per_kwh, one.per_month, one.minimum, one.energy_per_kwh)
    if not all(amount.is_finite() and 0 <= amount <= MOST for amount in sums) or one.percent > _HUNDRED:
        raise UnfitAgreement(f"A percentage is 0 to 100, a sum 0 to {MOST:,}")
    if not (one.percent or one.per_kwh or one.per_month or one.minimum):
        raise UnfitAgreement("It shares nothing: say percent, per kWh, per month or a minimum")
    if one.energy is EnergyFrom.FIXED and not one.energy_per_kwh:
        raise UnfitAgreement("Say what a kWh costs that is taken off first")
    if max(-int(amount.as_tuple().exponent) for amount in (one.per_month, one.minimum)) > _digits(one.currency):
        raise UnfitAgreement(f"A sum is said in whole {minor_unit(one.currency)} {one.currency}")
    beside = [other for other in others if other.ref != one.ref and _together(one, other)]
    points = {fold(place) for each in (one, *beside) for place in each.places}
    for point in points:
        if not _holds_at(one, point):
            continue
        if sum((each.percent for each in (one, *beside) if _holds_at(each, point)), _ZERO) > _HUNDRED:
            raise UnfitAgreement("With what others get at these places, it is more than all of the revenue")
    return one


def _digits(currency: str) -> int:
    return -int(minor_unit(currency).as_tuple().exponent)


def _together(one: Agreement, other: Agreement) -> bool:
    """On some day."""
    return max(one.since, other.since) <= min(one.until or date.max, other.until or date.max)


def _holds_at(one: Agreement, point: str) -> bool:
    """At a folded `location` or `location/evse`."""
    return any(point == fold(place) or point.startswith(f"{fold(place)}/") for place in one.places)


# ---- A charge


def shared(earned: Earned, agreements: Sequence[Agreement]) -> Shared | None:
    """None: the cost of its energy has to be known first. A CDR that is taken back gives back what it had shared."""
    sign = Decimal(-1) if earned.revenue < 0 else Decimal(1)
    revenue, kwh = abs(earned.revenue), abs(earned.kwh)
    coin = minor_unit(earned.currency)
    wanted: list[Decimal] = []
    bases: list[tuple[Decimal, Decimal]] = []
    asked: list[Decimal] = []
    for one in agreements:
        cost = _cost(one, earned, kwh)
        if cost is None:
            return None
        cost = min(cost.quantize(coin, ROUND_HALF_UP), revenue) if cost > 0 else _ZERO
        of = revenue - cost
        whole = of * one.percent / _HUNDRED + kwh * one.per_kwh
        asked.append(whole)
        wanted.append(min(whole, of))
        bases.append((of, cost))
    together = sum(wanted, _ZERO)
    if together > revenue:
        wanted = [one * revenue / together for one in wanted]
        together = revenue
    total = min(together.quantize(coin, ROUND_HALF_UP), revenue)
    amounts = shared_out(total, wanted, earned.currency) if wanted else []
    return Shared(
        revenue=earned.revenue,
        parts=tuple(
            Part(
                agreement=one.ref,
                host=one.host,
                of=of,
                energy_cost=cost,
                amount=sign * amount,
                capped=whole > want,
            )
            for one, (of, cost), whole, want, amount in zip(agreements, bases, asked, wanted, amounts, strict=True)
        ),
    )


def _cost(one: Agreement, earned: Earned, kwh: Decimal) -> Decimal | None:
    if one.energy is EnergyFrom.NOWHERE:
        return _ZERO
    if one.energy is EnergyFrom.FIXED:
        return kwh * one.energy_per_kwh
    return None if earned.energy_cost is None else abs(earned.energy_cost)


# ---- A month


class Granted(Struct, frozen=True, kw_only=True):
    """What statements said so far of one agreement and month."""

    shares: Decimal = _ZERO
    fixed: Decimal = _ZERO
    guarantee: Decimal = _ZERO


class MonthPart(Struct, frozen=True, kw_only=True):
    """What a statement adds of a month beside its shares: of the fixed sum, and of what the guarantee lacks.

    Below zero, so much of it was stated before and is not owed any more. It held on `days` of `of_days`.
    """

    month: str
    fixed: Decimal
    guarantee: Decimal
    days: int
    of_days: int


def days_held(one: Agreement, month: str) -> tuple[int, int]:
    """(days of the month on which it held, days of the month)."""
    year, number = int(month[:4]), int(month[5:])
    first, last = date(year, number, 1), date(year, number, monthrange(year, number)[1])
    begin, end = max(one.since, first), min(one.until or date.max, last)
    return max((end - begin).days + 1, 0), last.day


def month_parts(
    one: Agreement, month: str, *, before: Mapping[str, Granted], new: Mapping[str, Decimal], stated: Collection[str]
) -> list[MonthPart]:
    """What the statement of `month` adds, of this month and of earlier ones, the oldest first.

    `before` is what was granted of each, `new` the shares of each that come with this statement. Of a month that has
    its own statement (`stated`) what changed since is said here: shares came late, were taken back, or more was agreed.
    All together, a month comes to its shares and fixed sum, or to the minimum where that is more.
    """
    earlier = {*new, *(known for known in stated if known >= one.since.strftime("%Y-%m"))}
    found = []
    for each in sorted({name for name in earlier if name < month} | {month}):
        days, of_days = days_held(one, each)
        known = before.get(each, Granted())
        fixed, minimum = (_part(whole, days, of_days, one.currency) for whole in (one.per_month, one.minimum))
        shares = known.shares + new.get(each, _ZERO)
        part = MonthPart(
            month=each,
            fixed=fixed - known.fixed,
            guarantee=max(minimum - fixed - shares, _ZERO) - known.guarantee,
            days=days,
            of_days=of_days,
        )
        if each in new or part.fixed or part.guarantee or (each == month and days):
            found.append(part)
    return found


def _part(whole: Decimal, days: int, of_days: int, currency: str) -> Decimal:
    """Part of a month is its part of the sums, by days."""
    return (whole * days / of_days).quantize(minor_unit(currency), ROUND_HALF_UP)


def month_before(now: datetime, zone: ZoneInfo) -> str:
    """The last one that is over on this calendar, six hours and more: charges that end at midnight close after it."""
    here = (now - timedelta(hours=6)).astimezone(zone)
    return (here.replace(day=1) - timedelta(days=1)).strftime("%Y-%m")


class Kept(Struct, frozen=True, kw_only=True):
    """A share as it is kept, with the charge that it is of."""

    cdr_id: str
    cdr_ref: str
    agreement: str
    place: str
    evse_id: str
    ended_at: datetime
    month: str
    currency: str
    kwh: Decimal
    revenue: Decimal
    energy_cost: Decimal
    amount: Decimal
    capped: bool


class Stated(Struct, frozen=True, kw_only=True):
    """What one agreement comes to on a statement: the shares of `many` charges, and what the month adds.

    `month` is an earlier one where shares of it came late; empty on statements that told such shares with their own.
    """

    agreement: str
    month: str = ""
    name: str
    many: int
    kwh: Decimal
    revenue: Decimal
    shares: Decimal
    fixed: Decimal = _ZERO
    guarantee: Decimal = _ZERO
    days: int
    of_days: int

    @property
    def amount(self) -> Decimal:
        return self.shares + self.fixed + self.guarantee


class Statement(Struct, frozen=True, kw_only=True):
    """What a host gets for a month, which we bill to ourselves in its name; `invoice_ref` None: it comes to nothing."""

    holder: PartyId
    ref: str
    host: str
    month: str
    currency: str
    lines: tuple[Stated, ...]
    invoice_ref: str | None = None
    made_at: datetime

    @property
    def amount(self) -> Decimal:
        return sum((one.amount for one in self.lines), _ZERO)


def months(first: str, last: str) -> list[str]:
    """From one to the other, both included."""
    found, year, number = [], int(first[:4]), int(first[5:])
    while (name := f"{year:04}-{number:02}") <= last:
        found.append(name)
        year, number = (year + 1, 1) if number == 12 else (year, number + 1)
    return found
