"""What may happen to a subscription, and from which day on at the earliest.

A month that is begun is paid: what lessens it (an end, a pause, a plan that costs or includes less) begins with a
month, so that nobody uses what a month includes and leaves before it is paid. A plan's minimum term counts months that
are paid: a pause moves its end, and another plan does not shorten it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta

from msgspec.structs import replace

from laddnav.customers.calendar import DAY, InThePast, first_of, month_after
from laddnav.customers.months import Known, NotThen, months_paid, state_on, steps
from laddnav.customers.plan import Move, Plan, State, Subscription, Turn, Version, Where
from laddnav.kit.energy import NO_ENERGY, Energy
from laddnav.kit.refusal import Refusal

TERM_MAX = 240  # months that are looked through for the end of a term


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


class TooEarly(Refusal):
    """A month that is begun, a term or a notice keeps it as it is for longer."""

    def __init__(self, on: date, earliest: date) -> None:
        super().__init__(f"{on} is too early for that; the earliest day is {earliest}")
        self.on, self.earliest = on.isoformat(), earliest.isoformat()


class TermWaits(Refusal):
    """A minimum term counts months that are paid, and in a pause none is."""

    def __init__(self) -> None:
        super().__init__("It is paused within its minimum term, which goes on when it does: let it go on first")


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


# ---- Moves


def moved(one: Subscription, move: Move, plans: Mapping[str, Plan], today: date) -> Subscription:
    """With this move among its others, if all of them still make sense and none comes too early.

    Raises InThePast, NotThen, TooEarly, TermWaits.
    """
    if move.on < today:
        raise InThePast(move.on, today)
    after = replace(one, moves=tuple(sorted((*one.moves, move), key=lambda each: each.on)))
    begins = state_on(after, max(move.on, one.begins_on))
    if begins is None or move.on < one.begins_on:
        raise NotThen(move.turn, State.ENDED, move.on)
    for each, was, then in list(steps(after)):
        new = each is move
        if each.on < today or (each.on == today and not new):
            continue
        earliest = _earliest(after, plans, each, was, then, today if new else each.on - DAY)
        if each.on < earliest:
            raise TooEarly(each.on, earliest)
    return after


def _earliest(one: Subscription, plans: Mapping[str, Plan], move: Move, was: Known, then: Known, today: date) -> date:
    """On which day this move may come, if it is said today and not before. Raises TermWaits."""
    unpaid_until = max(one.begins_on, one.trial_until)
    if move.on < unpaid_until or today < unpaid_until == move.on:  # nobody has had anything of it, or on trial
        return move.on
    earliest = max(move.on, today)
    if was[0] is State.ACTIVE and _lessens(plans, was, then, move.on):
        earliest = max(_first_from(move.on), month_after(today))
    if then[0] is State.ENDED or _is_cheaper(plans, was, then, move.on):
        earliest = _after_terms(replace(one, moves=tuple(_until(one, move))), plans, earliest)
    return earliest


def _until(one: Subscription, move: Move) -> Iterator[Move]:
    for each in one.moves:
        if each is move:
            return
        yield each


def _first_from(day: date) -> date:
    """The first day of a month, this one or a later one."""
    return day if day == first_of(day) else month_after(day)


def _lessens(plans: Mapping[str, Plan], was: Known, then: Known, on: date) -> bool:
    """Whether a month gives or costs less by it."""
    if then[0] is not State.ACTIVE:
        return True
    before, after = plans[was[1]].version_on(on), plans[then[1]].version_on(on)
    return after.fee < before.fee or any(_gives(after, where) < _gives(before, where) for where in Where)


def _gives(version: Version, where: Where) -> Energy:
    return version.included if version.included_where in (where, Where.EVERYWHERE) else NO_ENERGY


def _is_cheaper(plans: Mapping[str, Plan], was: Known, then: Known, on: date) -> bool:
    return plans[then[1]].version_on(on).fee < plans[was[1]].version_on(on).fee


# ---- Terms


def _after_terms(one: Subscription, plans: Mapping[str, Plan], day: date) -> date:
    """This day, or the first of a later month, when the minimum terms of all plans that it had are paid.

    Raises TermWaits where they never are, for it is paused.
    """
    until = day
    for since, months in _terms(one, plans, day):
        paid = months_paid(one, plans, since, until)
        for _ in range(TERM_MAX):
            if paid >= months:
                break
            after = month_after(until)
            paid += months_paid(one, plans, until, after)
            until = after
        else:
            raise TermWaits
    # A plan that it has by then, because of the others, binds too.
    return day if until == day else _after_terms(one, plans, until)


def _terms(one: Subscription, plans: Mapping[str, Plan], until: date) -> Iterator[tuple[date, int]]:
    """(from when on it is paid, how many months bind) of each plan that it had; what was never paid binds nobody."""
    since, plan = max(one.begins_on, one.trial_until), one.plan
    for move, _, then in steps(one, until):
        if then[1] != plan:
            if since < move.on:
                yield since, plans[plan].minimum_months
            since, plan = max(move.on, one.trial_until), then[1]
    if since < until:
        yield since, plans[plan].minimum_months


# ---- Its end


def earliest_end(one: Subscription, plans: Mapping[str, Plan], today: date) -> date | None:
    """The first day without it, if its customer says so today: a trial ends at once, else by month, term and notice.

    None: it is paused within its term, and has to go on first.
    """
    found = state_on(one, today)
    if found is None or found[0] is State.TRIAL:
        return max(today, one.begins_on)
    day = today + timedelta(days=plans[found[1]].notice_days)
    kept = replace(one, moves=tuple(move for move in one.moves if move.turn is not Turn.ENDED))
    at = state_on(kept, day)
    if at is not None and at[0] is State.ACTIVE:
        day = max(_first_from(day), month_after(today))
    try:
        return _after_terms(kept, plans, day)
    except TermWaits:
        return None


def ended(one: Subscription, plans: Mapping[str, Plan], on: date | None, today: date) -> Subscription:
    """From that day on, or as early as may be; what was to come after it comes no more.

    Raises TooEarly, TermWaits, InThePast, NotThen.
    """
    earliest = earliest_end(one, plans, today)
    if earliest is None:
        raise TermWaits
    end = on or earliest
    if end < earliest:
        raise TooEarly(end, earliest)
    moves = (move for move in one.moves if move.turn is not Turn.ENDED and (move.on < end or move.on <= today))
    return moved(replace(one, moves=tuple(moves)), Move(on=end, turn=Turn.ENDED), plans, today)


def earliest_turn(one: Subscription, turn: Turn, plan: str | None, plans: Mapping[str, Plan], today: date) -> date:
    """From which day on it may be paused, go on or have this plan, if that is said today. Raises NotThen, TermWaits."""
    day = max(today, one.begins_on)
    try:
        moved(one, Move(on=day, turn=turn, plan=plan), plans, today)
    except TooEarly as error:
        return date.fromisoformat(error.earliest)
    return day


def stays(one: Subscription, today: date) -> Subscription:
    """Its end is taken back. Raises NotSubscribed where there is none to come."""
    if one.ends_on is None or one.ends_on <= today:
        raise NotSubscribed
    return replace(one, moves=tuple(move for move in one.moves if move.turn is not Turn.ENDED))
