"""What can be sold as a plan, what it takes off a charge, and what a month of it would cost somebody."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from msgspec.structs import replace

from laddnav.customers.calendar import InThePast
from laddnav.customers.months import in_coins
from laddnav.customers.plan import Covered, Discount, Example, Plan, Version, Where
from laddnav.kit.energy import NO_ENERGY, Energy
from laddnav.kit.money import minor_unit
from laddnav.kit.refusal import Refusal

ZERO = Decimal(0)
FEE_MAX = Decimal(100_000)
INCLUDED_MAX = Energy(Decimal(100_000_000))
NAME_MAX = 60


class UnfitPlan(Refusal):
    """Something that is said of a plan cannot be so; `field` says what."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field, self.why = field, why


class UnknownPlan(Refusal):
    """No plan has this ref."""

    def __init__(self, ref: str) -> None:
        super().__init__(f"There is no plan {ref}")
        self.ref = ref


class PlanExists(Refusal):
    """A plan is known by its name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is a plan {name} already")
        self.name = name


# ---- Plans


def checked(plan: Plan) -> Plan:
    """Raises UnfitPlan."""
    if not 1 <= len(plan.name.strip()) <= NAME_MAX or not plan.name.isprintable():
        raise UnfitPlan("name", f"1 to {NAME_MAX} printable characters")
    if len(plan.currency) != 3 or not plan.currency.isalpha() or not plan.currency.isupper():
        raise UnfitPlan("currency", "three letters, as SEK")
    for field, most in (("trial_days", 366), ("minimum_months", 36), ("notice_days", 366)):
        if not 0 <= getattr(plan, field) <= most:
            raise UnfitPlan(field, f"0 to {most}")
    if not plan.versions:
        raise UnfitPlan("versions", "a plan says something from some day on")
    for version in plan.versions:
        checked_version(version, plan.currency)
    if len({version.since for version in plan.versions}) != len(plan.versions):
        raise UnfitPlan("since", "only one version begins on a day")
    return replace(plan, name=plan.name.strip(), versions=tuple(sorted(plan.versions, key=lambda one: one.since)))


def checked_version(version: Version, currency: str) -> None:
    """Raises UnfitPlan."""
    if not version.fee.is_finite() or not ZERO <= version.fee <= FEE_MAX or version.fee % minor_unit(currency):
        raise UnfitPlan("fee", f"0 to {FEE_MAX} {currency} a month, in whole coins")
    if not version.included.wh.is_finite() or not NO_ENERGY <= version.included <= INCLUDED_MAX:
        raise UnfitPlan("included", "0 to 100 000 kWh a month")
    if version.included.wh % 1:
        raise UnfitPlan("included", "whole watt-hours")
    for one in version.discounts:
        if not one.percent.is_finite() or not 0 < one.percent <= 100:
            raise UnfitPlan("percent", "more than 0 and at most 100")


def with_version(plan: Plan, version: Version, today: date) -> Plan:
    """It says this from a day on; what it said of days that are over stays. Raises UnfitPlan, InThePast."""
    if version.since < today:
        raise InThePast(version.since, today)
    others = tuple(one for one in plan.versions if one.since != version.since)
    return checked(replace(plan, versions=(*others, version)))


# ---- What a plan takes off a charge


def covered(
    version: Version,
    *,
    left: Energy,
    energy: Energy,
    energy_cost: Decimal,
    cost: Decimal,
    currency: str,
    where: Where,
    location_id: str,
) -> Covered:
    """Of a charge that costs `cost` before VAT, and its energy `energy_cost` of that. Rounded once each.

    Included energy costs what energy costs on average in this charge: who charged cheaply has used no more of it.
    """
    free = max(min(left, energy), NO_ENERGY)
    share = in_coins(energy_cost * free.wh / energy.wh, currency) if free and energy_cost > 0 else ZERO
    if not share:
        free = NO_ENERGY
    percent = max((one.percent for one in version.discounts if fits(one, where, location_id)), default=ZERO)
    rest = max(cost - share, ZERO)
    return Covered(energy=free, included=share, percent=percent, discount=in_coins(rest * percent / 100, currency))


def fits(one: Discount, where: Where, location_id: str) -> bool:
    """A place of one name is another one at a partner's, so a discount at a place is at one of ours."""
    if one.location_id is not None:
        return where is Where.OURS and one.location_id.casefold() == location_id.casefold()
    return one.where in (where, Where.EVERYWHERE)


# ---- What somebody would pay


def example(version: Version, energy: Energy, per_kwh: Decimal, currency: str) -> Example:
    """A whole month at our stations, before VAT, for who charges so much at this price."""
    cost = in_coins(energy.kwh * per_kwh, currency)
    off = covered(
        version,
        left=version.included if version.included_where is not Where.PARTNERS else NO_ENERGY,
        energy=energy,
        energy_cost=cost,
        cost=cost,
        currency=currency,
        where=Where.OURS,
        location_id="",
    )
    return Example(
        energy=energy,
        fee=version.fee,
        charges=cost,
        included=off.included,
        discount=off.discount,
    )
