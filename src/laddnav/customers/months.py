"""What a subscription is on each day, and what its months cost and give.

Every day belongs to one stretch, a month's stretches cost what the month costs, and what is rounded is rounded once a
month: each part is the difference of two rounded sums, so that it does not matter into how many parts a month falls.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import pairwise

from msgspec.structs import replace

from laddnav.customers.calendar import days_of, first_of, month_after
from laddnav.customers.plan import Fee, Move, Plan, State, Stretch, Subscription, Turn, Where
from laddnav.kit.energy import Energy
from laddnav.kit.money import minor_unit
from laddnav.kit.refusal import Refusal

ZERO = Decimal(0)


class NotThen(Refusal):
    """What a subscription is on that day does not allow this."""

    def __init__(self, turn: Turn, state: State, on: date) -> None:
        super().__init__(f"A subscription that is {state.value} on {on} cannot be {turn.value}")
        self.turn, self.state, self.on = turn.value, state.value, on.isoformat()


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


Known = tuple[State, str]  # with the ref of the plan


def steps(one: Subscription, until: date = date.max) -> Iterator[tuple[Move, Known, Known]]:
    """Each move until that day, with what was before and is after it. Raises NotThen where they make no sense."""
    known = _first(one)
    for move in one.moves:
        if move.on > until:
            return
        before = _grown(one, known[0], move.on), known[1]
        if (before[0], move.turn) not in _MOVES:
            raise NotThen(move.turn, before[0], move.on)
        known = _MOVES[before[0], move.turn], move.plan or before[1]
        yield move, before, known


def state_on(one: Subscription, day: date) -> Known | None:
    """None: it has not begun. Raises NotThen where its moves until then contradict each other."""
    if day < one.begins_on:
        return None
    state, plan = [_first(one), *(after for _, _, after in steps(one, day))][-1]
    return _grown(one, state, day), plan


def _first(one: Subscription) -> Known:
    return State.TRIAL if one.begins_on < one.trial_until else State.ACTIVE, one.plan


def _grown(one: Subscription, state: State, day: date) -> State:
    return State.ACTIVE if state is State.TRIAL and day >= one.trial_until else state


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


def months_paid(one: Subscription, plans: Mapping[str, Plan], begin: date, end: date) -> Fraction:
    """How many months are paid from one day to another: a day is as much of one as its month has days."""
    paid, month = Fraction(0), first_of(begin)
    while month < end:
        after = month_after(month)
        parts = stretches(one, plans, max(month, begin), min(after, end))
        paid += Fraction(sum(part.days for part in parts if part.state is State.ACTIVE), days_of(month))
        month = after
    return paid


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


def of_trial(parts: Sequence[Stretch], state: State) -> Sequence[Stretch]:
    """What of a month's stretches gives energy on a day of this state: a trial, which may end at once, has its own."""
    return [part for part in parts if part.state is State.TRIAL] if state is State.TRIAL else parts


def in_coins(amount: Decimal, currency: str) -> Decimal:
    return amount.quantize(minor_unit(currency), ROUND_HALF_UP)
