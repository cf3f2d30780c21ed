"""Charging at home: whose charges where are paid back to them, who pays that, and at which rate from which day on."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from laddnav.customers.calendar import InThePast
from laddnav.customers.model import Customer, Kind
from laddnav.customers.months import in_coins
from laddnav.kit.energy import Energy
from laddnav.kit.ids import PartyId
from laddnav.kit.refusal import Refusal

RATE_MAX = Decimal(100)
RATE_STEP = Decimal("0.0001")


class UnfitHome(Refusal):
    """Something that is said of charging at home cannot be so; `field` says what."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field, self.why = field, why


class UnknownHome(Refusal):
    """No agreement about charging at home has this ref."""

    def __init__(self, ref: str) -> None:
        super().__init__(f"There is no agreement {ref} about charging at home")
        self.ref = ref


class HomeTaken(Refusal):
    """A charge is paid back once, so a place and contract are in one agreement at a time."""

    def __init__(self, location_id: str) -> None:
        super().__init__(f"Somebody is paid back for charging at {location_id} already; end that agreement first")
        self.location_id = location_id


class Rate(Struct, frozen=True, kw_only=True):
    """From a day on a kWh is paid back with so much; nothing is sold, so there is no VAT on it."""

    since: date
    per_kwh: Decimal
    currency: str


class Home(Struct, frozen=True, kw_only=True):
    """`employer` and `employee` are refs of customers; `location_id` is a Location of ours, where the employee lives.

    `contract_id` None: whatever card is used there. `rates` in order of time, one at least; `ends_on` is the first day
    on which nothing is paid back any more.
    """

    holder: PartyId
    ref: str
    employer: str
    employee: str
    location_id: str
    contract_id: str | None = None
    rates: tuple[Rate, ...]
    ends_on: date | None = None
    last_updated: datetime

    def rate_on(self, day: date) -> Rate | None:
        """None: nothing is paid back for that day."""
        if self.ends_on is not None and day >= self.ends_on:
            return None
        return max((one for one in self.rates if one.since <= day), key=lambda one: one.since, default=None)


class PaidBack(Struct, frozen=True, kw_only=True):
    """For a CDR, once; for a Credit CDR what is taken back, below zero. `day` is the one on which the charge began.

    `rated_in` is the currency of the rate, where that is another than the charge's: then the amount is nothing.
    """

    holder: PartyId
    owner: PartyId
    cdr_id: str
    home: str
    employer: str
    employee: str
    day: date
    energy: Energy
    per_kwh: Decimal
    amount: Decimal
    currency: str
    rated_in: str | None = None


class PaidBackMonth(Struct, frozen=True, kw_only=True):
    """What an employee charged at home in a month, and what was paid back for it.

    `rated_in` is a currency: nothing was, for these charges are in another than their rate.
    """

    holder: PartyId
    employer: str
    employee: str
    name: str
    month: date
    charges: int
    energy: Energy
    amount: Decimal
    currency: str
    rated_in: str | None = None


def checked(one: Home, employer: Customer, employee: Customer) -> Home:
    """Raises UnfitHome."""
    if employer.kind is not Kind.BUSINESS:
        raise UnfitHome("employer", "a company pays for its employees; say first that it is one")
    if employee.ref == employer.ref or employee.holder != employer.holder:
        raise UnfitHome("employee", "another customer of the same party")
    for rate in one.rates:
        if not rate.per_kwh.is_finite() or not 0 <= rate.per_kwh <= RATE_MAX or rate.per_kwh % RATE_STEP:
            raise UnfitHome("per_kwh", f"0 to {RATE_MAX} a kWh, with four decimals at most")
    return one


def rated(one: Home, rate: Rate, today: date) -> Home:
    """It pays so much from a day on; what it paid for days that are over stays. Raises InThePast."""
    if rate.since < today:
        raise InThePast(rate.since, today)
    others = (each for each in one.rates if each.since != rate.since)
    return replace(one, rates=tuple(sorted((*others, rate), key=lambda each: each.since)))


def ended(one: Home, on: date, today: date) -> Home:
    """Raises InThePast."""
    if on < today:
        raise InThePast(on, today)
    return replace(one, ends_on=on)


def paid_back(one: Home, *, owner: PartyId, cdr_id: str, day: date, energy: Energy, currency: str) -> PaidBack | None:
    """For what was charged, at the rate of the day on which it began; None: nothing.

    Where the charge is in another currency than the rate, it is said that nothing was paid, and why: none is changed
    into the other.
    """
    rate = one.rate_on(day)
    owed = None if rate is None else in_coins(energy.kwh * rate.per_kwh, rate.currency)
    if rate is None or not owed:
        return None
    apart = rate.currency != currency
    return PaidBack(
        holder=one.holder,
        owner=owner,
        cdr_id=cdr_id,
        home=one.ref,
        employer=one.employer,
        employee=one.employee,
        day=day,
        energy=energy,
        per_kwh=rate.per_kwh,
        amount=Decimal(0) if apart else owed,
        currency=currency,
        rated_in=rate.currency if apart else None,
    )


def taken_back(was: PaidBack, cdr_id: str) -> PaidBack:
    """By a Credit CDR: as much as was paid, at the rate of then."""
    return replace(was, cdr_id=cdr_id, energy=Energy(-was.energy.wh), amount=-was.amount)
