"""What a subscription is on each day, what its months cost, and what it takes off a charge.

Every day belongs to one stretch, a month's stretches cost what the month costs, and what is rounded is rounded once a
month: each part is the difference of two rounded sums, so that it does not matter into how many parts a month falls.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

from msgspec.structs import replace

from laddnav.customers.plan import (
    Covered,
    Discount,
    Example,
    Fee,
    Move,
    Plan,
    State,
    Stretch,
    Subscription,
    Turn,
    Version,
    Where,
)
from laddnav.kit.energy import NO_ENERGY, Energy
from laddnav.kit.money import minor_unit
from laddnav.kit.refusal import Refusal

ZERO = Decimal(0)
FEE_MAX = Decimal(100_000)
INCLUDED_MAX = Energy(Decimal(100_000_000))
NAME_MAX = 60
DAY = timedelta(days=1)


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


class PlanNotSold(Refusal):
    """This plan is kept for those who have it."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is not sold any more")
        self.name = name


class SubscribedAlready(Refusal):
    """A customer has one subscription at a time; its plan can be changed."""

    def __init__(self) -> None:
        super().__init__("This customer has a subscription already; change its plan instead")


class NotSubscribed(Refusal):
    """This customer has no subscription that goes on."""

    def __init__(self) -> None:
        super().__init__("This customer has no subscription that goes on")


class NotNow(Refusal):
    """What a subscription is on that day does not allow this."""

    def __init__(self, turn: Turn, state: State, on: date) -> None:
        super().__init__(f"A subscription that is {state.value} on {on} cannot be {turn.value}")
        self.turn, self.state, self.on = turn.value, state.value, on.isoformat()


class TooEarly(Refusal):
    """A term or a notice keeps it longer."""

    def __init__(self, on: date, earliest: date) -> None:
        super().__init__(f"It cannot end on {on}; the earliest day is {earliest}")
        self.on, self.earliest = on.isoformat(), earliest.isoformat()


class InThePast(Refusal):
    """What was is billed as it was; a change is from today on or later."""

    def __init__(self, on: date, today: date) -> None:
        super().__init__(f"{on} is over; say {today} or a later day")
        self.on, self.today = on.isoformat(), today.isoformat()


# ---- What can happen to a subscription

_MOVES = {
    (State.TRIAL, Turn.CHANGED): State.TRIAL,
    (State.TRIAL, Turn.ENDED): State.ENDED,
    (State.ACTIVE, Turn.CHANGED): State.ACTIVE,
    (State.ACTIVE, Turn.PAUSED): State.PAUSED,
    (State.ACTIVE, Turn.ENDED): State.ENDED,
    (State.PAUSED, Turn.CHANGED): State.PAUSED,
    (State.PAUSED, Turn.RESUMED): State.ACTIVE,
    (State.PAUSED, Turn.ENDED): State.ENDED,
}


def state_on(one: Subscription, day: date) -> tuple[State, str] | None:
    """With the ref of its plan; None: it has not begun. Raises NotNow where its moves contradict each other."""
    if day < one.begins_on:
        return None
    state, plan = State.TRIAL if one.begins_on < one.trial_until else State.ACTIVE, one.plan
    for move in one.moves:
        if move.on > day:
            break
        state = _grown(one, state, move.on)
        if (state, move.turn) not in _MOVES:
            raise NotNow(move.turn, state, move.on)
        state, plan = _MOVES[state, move.turn], move.plan or plan
    return _grown(one, state, day), plan


def _grown(one: Subscription, state: State, day: date) -> State:
    return State.ACTIVE if state is State.TRIAL and day >= one.trial_until else state


def begun(plan: Plan, *, ref: str, customer: str, on: date, today: date, now: datetime, trial: bool) -> Subscription:
    """Raises PlanNotSold, InThePast."""
    if not plan.sold:
        raise PlanNotSold(plan.name)
    if on < today:
        raise InThePast(on, today)
    return Subscription(
        holder=plan.holder,
        ref=ref,
        customer=customer,
        plan=plan.ref,
        begins_on=on,
        trial_until=on + timedelta(days=plan.trial_days if trial else 0),
        last_updated=now,
    )


def moved(one: Subscription, move: Move, today: date) -> Subscription:
    """With this move among its others, if all of them still make sense. Raises InThePast, NotNow."""
    if move.on < today:
        raise InThePast(move.on, today)
    after = replace(one, moves=tuple(sorted((*one.moves, move), key=lambda each: each.on)))
    begins = state_on(after, max(move.on, one.begins_on))
    if begins is None or move.on < one.begins_on:
        raise NotNow(move.turn, State.ENDED, move.on)
    state_on(after, date.max)
    return after


def earliest_end(one: Subscription, plans: Mapping[str, Plan], today: date) -> date:
    """The first day without it, if its customer says so today: a trial ends at once, the rest by term and notice."""
    found = state_on(one, today)
    if found is None or found[0] is State.TRIAL:
        return max(today, one.begins_on)
    plan = plans[found[1]]
    return max(today + timedelta(days=plan.notice_days), months_after(one.trial_until, plan.minimum_months))


def ended(one: Subscription, plans: Mapping[str, Plan], on: date | None, today: date) -> Subscription:
    """From that day on, or as early as may be; what was to come after it comes no more.

    Raises TooEarly, InThePast, NotNow.
    """
    earliest = earliest_end(one, plans, today)
    end = on or earliest
    if end < earliest:
        raise TooEarly(end, earliest)
    kept = replace(one, moves=tuple(move for move in one.moves if move.on < end and move.turn is not Turn.ENDED))
    return moved(kept, Move(on=end, turn=Turn.ENDED), today)


def stays(one: Subscription, today: date) -> Subscription:
    """Its end is taken back. Raises NotSubscribed where there is none to come."""
    if one.ends_on is None or one.ends_on <= today:
        raise NotSubscribed
    return replace(one, moves=tuple(move for move in one.moves if move.turn is not Turn.ENDED))


# ---- Days


def stretches(one: Subscription, plans: Mapping[str, Plan], begin: date, end: date) -> tuple[Stretch, ...]:
    """What it is from one day to another, in order and without what comes before its beginning and after its end."""
    known = (plans[one.plan], *(plans[move.plan] for move in one.moves if move.plan is not None))
    cuts = {
        begin,
        end,
        one.begins_on,
        one.trial_until,
        *(move.on for move in one.moves),
        *(version.since for plan in known for version in plan.versions),
    }
    found: list[Stretch] = []
    for since, until in pairwise(sorted(day for day in cuts if begin <= day <= end)):
        state = state_on(one, since)
        if state is None or state[0] is State.ENDED:
            continue
        plan = plans[state[1]]
        each = Stretch(begin=since, end=until, state=state[0], plan=plan, version=plan.version_on(since))
        last = found[-1] if found else None
        if (
            last is not None
            and last.end == since
            and (last.state, last.plan, last.version)
            == (
                each.state,
                plan,
                each.version,
            )
        ):
            found[-1] = replace(last, end=until)
        else:
            found.append(each)
    return tuple(found)


def fees(parts: Sequence[Stretch]) -> tuple[Fee, ...]:
    """What the stretches of one month cost, in order; those that cost nothing are left out."""
    exact, found = ZERO, []
    for part in parts:
        if part.state is not State.ACTIVE:
            continue
        of_days = days_of(part.begin)
        before = in_coins(exact, part.plan.currency)
        exact += part.version.fee * part.days / of_days
        amount = in_coins(exact, part.plan.currency) - before
        if amount:
            found.append(
                Fee(
                    begin=part.begin,
                    end=part.end,
                    days=part.days,
                    of_days=of_days,
                    plan=part.plan,
                    fee=part.version.fee,
                    amount=amount,
                )
            )
    return tuple(found)


def included(parts: Iterable[Stretch], where: Where) -> Energy:
    """What the stretches of one month give at such a place, down to whole watt-hours."""
    exact = sum(
        (
            part.version.included.wh * part.days / days_of(part.begin)
            for part in parts
            if part.state in (State.TRIAL, State.ACTIVE) and part.version.included_where in (where, Where.EVERYWHERE)
        ),
        ZERO,
    )
    # A third of a month is no finite fraction; what is missing to a watt-hour by that alone is not cut off.
    return Energy(Decimal(int(exact + Decimal("1e-12"))))


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


# ---- The calendar


def days_of(day: date) -> int:
    """Of its month."""
    return monthrange(day.year, day.month)[1]


def first_of(day: date) -> date:
    return day.replace(day=1)


def month_after(day: date) -> date:
    """Its first day."""
    return first_of(day.replace(day=28) + 4 * DAY)


def months_after(day: date, months: int) -> date:
    """The same day so many months later; the last one of the month where that has fewer days."""
    number = day.year * 12 + day.month - 1 + months
    first = date(number // 12, number % 12 + 1, 1)
    return first.replace(day=min(day.day, days_of(first)))


def in_coins(amount: Decimal, currency: str) -> Decimal:
    return amount.quantize(minor_unit(currency), ROUND_HALF_UP)


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
