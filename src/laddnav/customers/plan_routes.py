"""The operator API about plans, and what customers subscribe to."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import partial

from msgspec import Struct

from laddnav.customers import actions
from laddnav.customers.actions import subscribing
from laddnav.customers.offered import INCLUDED_MAX, UnfitPlan
from laddnav.customers.plan import Discount, Plan, Standing, Subscription, Version, Where
from laddnav.customers.subscribed import NotSubscribed
from laddnav.db.unit import Unit
from laddnav.kit.energy import kwh
from laddnav.kit.ids import PartyId
from laddnav.parties import actions as parties
from laddnav.people.api import Page, Route, yours
from laddnav.people.model import Role, Visitor


class VersionSaid(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a plan says from the day `since` on, today if that is left out. `fee` is a month's, before VAT."""

    since: date | None = None
    fee: Decimal
    included_kwh: Decimal = Decimal(0)
    included_where: Where = Where.OURS
    price_group: str = ""
    discounts: tuple[Discount, ...] = ()


class NewPlan(VersionSaid, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`holder` and `currency` may be left out where they can be only one."""

    holder: str | None = None
    name: str
    currency: str | None = None
    trial_days: int = 0
    minimum_months: int = 0
    notice_days: int = 0


class Sold(Struct, frozen=True, kw_only=True):
    sold: bool


class Subscribing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`plan` is our ref of it; `on` left out: from today on."""

    plan: str
    on: date | None = None


class TurnsOn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Left out: today, or to end it as early as term and notice let it."""

    on: date | None = None


# ---- Plans


async def list_plans(unit: Unit, by: Visitor) -> Page[Plan]:
    """What is or was sold, by name."""
    return Page(items=tuple(await subscribing.plans(unit, by.holder)), next=None)


async def add_plan(unit: Unit, by: Visitor, body: NewPlan) -> Plan:
    """Begin to sell a plan."""
    party = await parties.meant(unit, PartyId.parse(body.holder) if body.holder else by.holder)
    plan = Plan(
        holder=yours(by, party.holder),
        ref="",
        name=body.name,
        currency=body.currency or party.currency,
        trial_days=body.trial_days,
        minimum_months=body.minimum_months,
        notice_days=body.notice_days,
        versions=(await _version(unit, party.holder, body),),
        last_updated=unit.now,
    )
    return await subscribing.offer(unit, plan, by=by.name)


async def fetch_priced_plan(unit: Unit, ref: str) -> Plan:
    """One plan with all it says, from which day on."""
    return await subscribing.plan(unit, ref)


async def revise_plan(unit: Unit, by: Visitor, ref: str, body: VersionSaid) -> Plan:
    """From a day on it says this, to whoever has it then; what was before that day is billed as it was."""
    plan = await subscribing.plan(unit, ref)
    yours(by, plan.holder)
    return await subscribing.revise(unit, ref, await _version(unit, plan.holder, body), by=by.name)


async def sell_plan(unit: Unit, by: Visitor, ref: str, body: Sold) -> Plan:
    """Whether new customers may have it; who has it keeps it."""
    yours(by, (await subscribing.plan(unit, ref)).holder)
    return await subscribing.sell(unit, ref, body.sold, by=by.name)


async def _version(unit: Unit, holder: PartyId, body: VersionSaid) -> Version:
    """Raises UnfitPlan."""
    if not body.included_kwh.is_finite() or abs(body.included_kwh) > INCLUDED_MAX.kwh:
        raise UnfitPlan("included_kwh", f"0 to {INCLUDED_MAX.kwh}")
    return Version(
        since=body.since or await subscribing.today(unit, holder),
        fee=body.fee,
        included=kwh(body.included_kwh),
        included_where=body.included_where,
        price_group=body.price_group.strip(),
        discounts=body.discounts,
    )


# ---- Subscriptions


async def fetch_subscription(unit: Unit, by: Visitor, ref: str) -> Standing:
    """How a customer's subscription is today, and how much of what this month includes is left."""
    customer = await actions.by_ref(unit, await _theirs(unit, by, ref))
    found = await subscribing.standing(unit, customer)
    if found is None:
        raise NotSubscribed
    return found


async def subscribe(unit: Unit, by: Visitor, ref: str, body: Subscribing) -> Subscription:
    """A customer has a plan from a day on; a trial is for who never had one."""
    return await subscribing.subscribe(unit, await _theirs(unit, by, ref), body.plan, on=body.on, by=by.name)


async def change_subscription(unit: Unit, by: Visitor, ref: str, body: Subscribing) -> Subscription:
    """Another plan from a day on, by the day; one that costs or includes less from a month on, after the term."""
    return await subscribing.change_plan(unit, await _theirs(unit, by, ref), body.plan, on=body.on, by=by.name)


async def pause_subscription(unit: Unit, by: Visitor, ref: str, body: TurnsOn) -> Subscription:
    """From a month on nothing is to pay and nothing included; a minimum term waits meanwhile."""
    return await subscribing.pause(unit, await _theirs(unit, by, ref), on=body.on, by=by.name)


async def resume_subscription(unit: Unit, by: Visitor, ref: str, body: TurnsOn) -> Subscription:
    """It goes on from a day on."""
    return await subscribing.resume(unit, await _theirs(unit, by, ref), on=body.on, by=by.name)


async def end_subscription(unit: Unit, by: Visitor, ref: str, body: TurnsOn) -> Subscription:
    """With a month: as early as term and notice let it, or later; a trial at once."""
    return await subscribing.end(unit, await _theirs(unit, by, ref), on=body.on, by=by.name)


async def keep_subscription(unit: Unit, by: Visitor, ref: str) -> Subscription:
    """An end that is to come is taken back."""
    return await subscribing.keep_on(unit, await _theirs(unit, by, ref), by=by.name)


async def _theirs(unit: Unit, by: Visitor, ref: str) -> str:
    """Raises UnknownCustomer, NotYours."""
    yours(by, (await actions.by_ref(unit, ref)).holder)
    return ref


_PLAN = "/plans/{ref}"
_SUBSCRIPTION = "/customers/{ref}/subscription"
_OFFER = partial(Route, needs=Role.OPERATOR, also=(Role.FINANCE,))
_DESK = partial(Route, needs=Role.SUPPORT, also=(Role.FINANCE,))

ROUTES = (
    Route(method="GET", path="/plans", does=list_plans),
    _OFFER(method="POST", path="/plans", does=add_plan, status=201),
    Route(method="GET", path=_PLAN, does=fetch_priced_plan),
    _OFFER(method="POST", path=f"{_PLAN}/versions", does=revise_plan),
    _OFFER(method="PUT", path=f"{_PLAN}/sold", does=sell_plan),
    Route(method="GET", path=_SUBSCRIPTION, does=fetch_subscription),
    _DESK(method="POST", path=_SUBSCRIPTION, does=subscribe, status=201),
    _DESK(method="PUT", path=f"{_SUBSCRIPTION}/plan", does=change_subscription),
    _DESK(method="POST", path=f"{_SUBSCRIPTION}/pause", does=pause_subscription),
    _DESK(method="POST", path=f"{_SUBSCRIPTION}/resume", does=resume_subscription),
    _DESK(method="POST", path=f"{_SUBSCRIPTION}/end", does=end_subscription),
    _DESK(method="POST", path=f"{_SUBSCRIPTION}/keep", does=keep_subscription),
)
