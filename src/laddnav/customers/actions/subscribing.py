"""Verbs about plans: sell one, change what a customer has, and say what a month of it costs and takes off charges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from msgspec.structs import replace

from laddnav.customers import months, offered
from laddnav.customers import subscribed as rules
from laddnav.customers.actions.keeping import lock
from laddnav.customers.calendar import first_of, month_after
from laddnav.customers.events import CustomerChanged
from laddnav.customers.model import Customer
from laddnav.customers.offered import PlanExists, UnknownPlan
from laddnav.customers.plan import (
    Fee,
    Move,
    Plan,
    Standing,
    State,
    Subscription,
    Taken,
    Turn,
    Version,
    Where,
)
from laddnav.customers.store import customers
from laddnav.customers.store import plans as store
from laddnav.customers.subscribed import NotSubscribed, SubscribedAlready
from laddnav.db.unit import Unit
from laddnav.kit.energy import NO_ENERGY, Energy
from laddnav.kit.ids import PartyId
from laddnav.parties import actions as parties
from laddnav.parties.rules import zone_of
from laddnav.people import actions as people

_AHEAD = timedelta(hours=14)  # on some calendar it is tomorrow already


async def today(unit: Unit, holder: PartyId) -> date:
    """On the holder's calendar. Raises UnknownParty."""
    return unit.now.astimezone(zone_of(await parties.fetch(unit, holder))).date()


# ---- Plans


async def offer(unit: Unit, plan: Plan, *, by: str) -> Plan:
    """Begin to sell one; its `ref` is given here. Raises UnfitPlan, PlanExists."""
    one = offered.checked(replace(plan, ref=unit.new_id(), last_updated=unit.now))
    if not await store.insert_plan(unit, one):
        raise PlanExists(one.name)
    people.note(unit, by, "offer plan", f"plan {one.ref}", one.name)
    return one


async def revise(unit: Unit, ref: str, version: Version, *, by: str) -> Plan:
    """It says this from a day on, to whoever has it then. Raises UnknownPlan, UnfitPlan, InThePast."""
    before = await _plan(unit, ref, lock=True)
    after = offered.with_version(before, version, await today(unit, before.holder))
    if after == before:
        return before
    people.note(unit, by, "revise plan", f"plan {ref}", f"from {version.since}: {version.fee} {before.currency}")
    return _kept(unit, after)


async def sell(unit: Unit, ref: str, sold: bool, *, by: str) -> Plan:
    """Whether new customers may have it; who has it keeps it. Raises UnknownPlan."""
    before = await _plan(unit, ref, lock=True)
    if before.sold == sold:
        return before
    people.note(unit, by, "sell plan" if sold else "stop selling plan", f"plan {ref}", before.name)
    return _kept(unit, replace(before, sold=sold))


def _kept(unit: Unit, plan: Plan) -> Plan:
    plan = replace(plan, last_updated=unit.now)
    store.update_plan(unit, plan)
    return plan


async def plan(unit: Unit, ref: str) -> Plan:
    """Raises UnknownPlan."""
    return await _plan(unit, ref)


async def plans(unit: Unit, holder: PartyId | None) -> Sequence[Plan]:
    """By their names, those too that are not sold any more."""
    return await store.plans(unit, holder)


async def subscribers(unit: Unit, plan: Plan) -> int:
    """How many began with it and go on."""
    return await store.many(unit, plan, await today(unit, plan.holder))


async def _plan(unit: Unit, ref: str, *, lock: bool = False) -> Plan:
    found = await store.plan(unit, ref, lock=lock)
    if found is None:
        raise UnknownPlan(ref)
    return found


# ---- Subscriptions


async def subscribe(unit: Unit, customer_ref: str, plan_ref: str, *, on: date | None = None, by: str) -> Subscription:
    """From that day on, or from today. A trial is for who never had a subscription.

    Raises UnknownCustomer, UnknownPlan, SubscribedAlready, PlanNotSold, InThePast.
    """
    customer = await lock(unit, customer_ref)
    plan = await _of(unit, customer, plan_ref)
    day = await today(unit, customer.holder)
    begins_on = on or day
    last = await store.newest(unit, customer.holder, customer.ref)
    if last is not None and (last.ends_on is None or last.ends_on > begins_on):
        raise SubscribedAlready
    one = rules.begun(
        plan, ref=unit.new_id(), customer=customer.ref, on=begins_on, today=day, now=unit.now, trial=last is None
    )
    return _put(unit, one, "subscribe", plan.name, by)


async def change_plan(unit: Unit, customer_ref: str, plan_ref: str, *, on: date | None = None, by: str) -> Subscription:
    """Another plan from that day on, or from the first on which it may be.

    Raises UnknownCustomer, UnknownPlan, PlanNotSold, NotSubscribed, NotThen, TooEarly, TermWaits, InThePast.
    """
    customer, one = await _going_on(unit, customer_ref)
    plan = await _of(unit, customer, plan_ref)
    if not plan.sold:
        raise rules.PlanNotSold(plan.name)
    return await _turn(unit, one, Turn.CHANGED, plan, on, f"change plan to {plan.name}", by)


async def pause(unit: Unit, customer_ref: str, *, on: date | None = None, by: str) -> Subscription:
    """Nothing is to pay and nothing included from that day on, or from the beginning of the next month.

    Raises UnknownCustomer, NotSubscribed, NotThen, TooEarly, TermWaits, InThePast.
    """
    _, one = await _going_on(unit, customer_ref)
    return await _turn(unit, one, Turn.PAUSED, None, on, "pause subscription", by)


async def resume(unit: Unit, customer_ref: str, *, on: date | None = None, by: str) -> Subscription:
    """Raises UnknownCustomer, NotSubscribed, NotThen, InThePast."""
    _, one = await _going_on(unit, customer_ref)
    return await _turn(unit, one, Turn.RESUMED, None, on, "resume subscription", by)


async def end(unit: Unit, customer_ref: str, *, on: date | None = None, by: str) -> Subscription:
    """As early as month, term and notice let it, or with a later month.

    Raises UnknownCustomer, NotSubscribed, TooEarly, TermWaits, NotThen, InThePast.
    """
    customer, one = await _going_on(unit, customer_ref)
    after = rules.ended(one, await _plans(unit, one), on, await today(unit, customer.holder))
    return _put(unit, after, "end subscription", f"from {after.ends_on}", by)


async def keep_on(unit: Unit, customer_ref: str, *, by: str) -> Subscription:
    """An end that is to come is taken back. Raises UnknownCustomer, NotSubscribed."""
    customer, one = await _going_on(unit, customer_ref)
    return _put(unit, rules.stays(one, await today(unit, customer.holder)), "keep subscription", "", by)


async def _turn(
    unit: Unit, one: Subscription, turn: Turn, plan: Plan | None, on: date | None, deed: str, by: str
) -> Subscription:
    day, plans, ref = await today(unit, one.holder), dict(await _plans(unit, one)), None
    if plan is not None:
        ref, plans[plan.ref] = plan.ref, plan
    day_on = on or rules.earliest_turn(one, turn, ref, plans, day)
    after = rules.moved(one, Move(on=day_on, turn=turn, plan=ref), plans, day)
    return _put(unit, after, deed, f"from {day_on}", by)


async def _going_on(unit: Unit, customer_ref: str) -> tuple[Customer, Subscription]:
    customer = await lock(unit, customer_ref)
    one = await store.newest(unit, customer.holder, customer.ref, lock=True)
    if one is None or (one.ends_on is not None and one.ends_on <= await today(unit, customer.holder)):
        raise NotSubscribed
    return customer, one


async def _of(unit: Unit, customer: Customer, plan_ref: str) -> Plan:
    """Raises UnknownPlan for another party's too."""
    found = await _plan(unit, plan_ref)
    if found.holder != customer.holder:
        raise UnknownPlan(plan_ref)
    return found


def _put(unit: Unit, one: Subscription, deed: str, detail: str, by: str) -> Subscription:
    one = replace(one, last_updated=unit.now)
    store.put(unit, one)
    people.note(unit, by, deed, f"customer {one.customer}", detail)
    unit.announce(CustomerChanged(holder=one.holder, customer=one.customer))
    return one


# ---- Reads


async def standing(unit: Unit, customer: Customer) -> Standing | None:
    """How the newest subscription is today, or will be when it begins; None: there never was one."""
    one = await store.newest(unit, customer.holder, customer.ref)
    if one is None:
        return None
    day = max(await today(unit, customer.holder), one.begins_on)
    plans = await _plans(unit, one)
    found = months.state_on(one, day)
    assert found is not None, "the day is not before its beginning"
    state, ref = found
    given, left = await _allowance(unit, one, plans, first_of(day), Where.OURS, state)
    plan = plans[ref]
    return Standing(
        holder=one.holder,
        subscription=one,
        state=state,
        plan=plan,
        version=plan.version_on(day),
        included=given,
        left=left,
    )


async def price_group(unit: Unit, holder: PartyId, contract_id: str, at: datetime) -> str:
    """By the Tariffs of which group this contract charges at our stations then; "" is what holds for everybody."""
    customer = await customers.of_contract(unit, holder, contract_id)
    if customer is None:
        return ""
    day = at.astimezone(zone_of(await parties.fetch(unit, holder))).date()
    one = await store.on_day(unit, holder, customer.ref, day, lock=False)
    found = None if one is None else months.state_on(one, day)
    if found is None or found[0] not in (State.TRIAL, State.ACTIVE):
        return ""
    return (await _plan(unit, found[1])).version_on(day).price_group


async def _plans(unit: Unit, one: Subscription) -> Mapping[str, Plan]:
    refs = [one.plan, *(move.plan for move in one.moves if move.plan is not None)]
    return await store.several(unit, one.holder, refs)


async def _allowance(
    unit: Unit, one: Subscription, plans: Mapping[str, Plan], month: date, where: Where, state: State
) -> tuple[Energy, Energy]:
    """(what a month gives at such a place on a day of this state, what of it is left)."""
    parts = months.of_trial(months.stretches(one, plans, month, month_after(month)), state)
    given = months.included(parts, where)
    shared = any(part.version.included_where is Where.EVERYWHERE for part in parts)
    used = await store.used(unit, one, month, (Where.OURS, Where.PARTNERS) if shared else (where,))
    return given, max(given - used, NO_ENERGY)


# ---- What billing asks


async def take_off(
    unit: Unit,
    customer: Customer,
    *,
    owner: PartyId,
    cdr_id: str,
    day: date,
    energy: Energy,
    energy_cost: Decimal,
    cost: Decimal,
    currency: str,
    location_id: str,
) -> Taken | None:
    """What the plan that they had on that day takes off a CDR; None: nothing. Again it is the same.

    `cost` and `energy_cost` are before VAT, `day` is the one on which the charge began.
    """
    before = await store.taken(unit, customer.holder, owner, cdr_id)
    if before is not None:
        return before
    one = await store.on_day(unit, customer.holder, customer.ref, day, lock=True)
    found = None if one is None else months.state_on(one, day)
    if one is None or found is None or found[0] not in (State.TRIAL, State.ACTIVE):
        return None
    plans = await _plans(unit, one)
    plan = plans[found[1]]
    if plan.currency != currency:
        return None
    where = Where.OURS if owner == customer.holder else Where.PARTNERS
    version = plan.version_on(day)
    counts = version.included_where in (where, Where.EVERYWHERE)
    left = NO_ENERGY
    if counts:
        _, left = await _allowance(unit, one, plans, first_of(day), where, found[0])
    off = offered.covered(
        version,
        left=left,
        energy=energy,
        energy_cost=energy_cost,
        cost=cost,
        currency=currency,
        where=where,
        location_id=location_id,
    )
    if not off.included and not off.discount:
        return None
    taken = Taken(
        holder=customer.holder,
        owner=owner,
        cdr_id=cdr_id,
        subscription=one.ref,
        plan=plan.name,
        month=first_of(day),
        where=where,
        energy=off.energy,
        included=off.included,
        percent=off.percent,
        discount=off.discount,
    )
    store.take(unit, taken)
    return taken


async def give_back(unit: Unit, holder: PartyId, *, owner: PartyId, cdr_id: str, credits: str) -> Taken | None:
    """A Credit CDR takes back what was taken off the CDR that it `credits`; what was used of a month is free again."""
    before = await store.taken(unit, holder, owner, cdr_id)
    if before is not None:
        return before
    was = await store.taken(unit, holder, owner, credits)
    if was is None:
        return None
    back = replace(was, cdr_id=cdr_id, energy=NO_ENERGY - was.energy, included=-was.included, discount=-was.discount)
    store.take(unit, back)
    return back


async def to_bill(unit: Unit, limit: int = 100) -> Sequence[tuple[PartyId, str]]:
    """(holder, ref) of subscriptions of which a month may be over and not billed."""
    this_month = first_of((unit.now + _AHEAD).date())
    return await store.to_bill(unit, this_month, limit)


async def month_to_bill(unit: Unit, holder: PartyId, ref: str) -> tuple[Subscription, date, tuple[Fee, ...]] | None:
    """The first month of it that is over and not billed, locked until the Unit ends; None: there is none."""
    found = await store.locked(unit, holder, ref)
    if found is None:
        return None
    one, month = found
    after = month_after(month)
    if after > await today(unit, holder) or (one.ends_on is not None and one.ends_on <= month):
        return None
    return one, month, months.fees(months.stretches(one, await _plans(unit, one), month, after))


def billed(unit: Unit, one: Subscription, month: date) -> None:
    store.billed(unit, one, month)
