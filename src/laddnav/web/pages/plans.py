"""Plans: what is sold by the month, and what months of it would cost, while one is thought out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation

from msgspec import Struct
from starlette.responses import Response

from laddnav.customers import offered
from laddnav.customers.actions import subscribing
from laddnav.customers.offered import UnfitPlan
from laddnav.customers.plan import Discount, Example, Plan, Version, Where
from laddnav.db.unit import Unit
from laddnav.kit.energy import kwh
from laddnav.kit.ids import PartyId
from laddnav.parties import actions as parties
from laddnav.people.api import yours
from laddnav.people.model import Role
from laddnav.pricing.rounding import plain
from laddnav.web.asked import Asked, Door, do, see
from laddnav.web.words import N_

WHERES = (
    (Where.OURS, N_("At our stations")),
    (Where.PARTNERS, N_("At partners")),
    (Where.EVERYWHERE, N_("Everywhere")),
)
DRIVERS = (  # kWh a month
    (N_("Drives a little"), Decimal(40)),
    (N_("Drives to work"), Decimal(150)),
    (N_("Drives all day"), Decimal(600)),
)
# Before VAT, to compare with where nobody says another price: what charging costs about, in each currency.
PER_KWH = {"EUR": "0.40", "GBP": "0.40", "CHF": "0.40", "SEK": "4.00", "NOK": "4.00", "DKK": "3.00"}

Say = Callable[[str], str]


class Shown(Struct, frozen=True, kw_only=True):
    """Example months beside the words for who has them; `wrong` is what cannot be, and then there are none."""

    months: tuple[tuple[str, Example], ...] = ()
    wrong: str | None = None


async def list_all(asked: Asked) -> Response:
    async with asked.unit() as unit:
        found = await subscribing.plans(unit, asked.visitor.holder)
        rows = [(one, one.version_on(await subscribing.today(unit, one.holder))) for one in found]
        many = {one.ref: await subscribing.subscribers(unit, one) for one, _ in rows}
    return asked.page("plans.html", rows=rows, many=many, wheres=dict(WHERES))


async def new(asked: Asked) -> Response:
    """The months that are shown follow what stands in the form."""
    holders = _holders(asked)
    holder = PartyId.parse(asked.query("holder") or holders[0][0]) if holders else None
    async with asked.unit() as unit:
        party = None if holder is None else await parties.fetch(unit, yours(asked.visitor, holder))
        today = None if holder is None else await subscribing.today(unit, holder)
    currency = "SEK" if party is None else party.currency
    return asked.page(
        "plan_new.html",
        typed=_query(asked),
        shown=Shown() if today is None else _shown(_query(asked), currency, today),
        holders=holders,
        holder="" if holder is None else str(holder),
        currency=currency,
        vat=None if party is None else party.vat_percent,
        today=today,
        wheres=_wheres(asked),
        per_kwh=PER_KWH.get(currency, "1.00"),
    )


async def add(asked: Asked) -> Response:
    holder = yours(asked.visitor, PartyId.parse(asked.said("holder")))
    async with asked.unit() as unit:
        party = await parties.fetch(unit, holder)
        version = _version(asked.said, await subscribing.today(unit, holder))
        one = await subscribing.offer(unit, _plan(asked, holder, party.currency, version, unit), by=asked.visitor.name)
    return asked.done(f"/plans/{one.ref}", asked.say("The plan is offered. Customers can have it from now on."))


async def one(asked: Asked) -> Response:
    async with asked.unit() as unit:
        plan = await _mine(asked, unit)
        party = await parties.fetch(unit, plan.holder)
        today = await subscribing.today(unit, plan.holder)
        many = await subscribing.subscribers(unit, plan)
    said = _query(asked)
    now, per_kwh = plan.version_on(today), PER_KWH.get(plan.currency, "1.00")
    thought = asked.query("fee") is not None
    return asked.page(
        "plan.html",
        plan=plan,
        now=now,
        today=today,
        many=many,
        vat=party.vat_percent,
        typed=said if thought else _of(now),
        shown=_shown(said, plan.currency, today) if thought else _months(now, Decimal(per_kwh), plan.currency),
        wheres=_wheres(asked),
        words=dict(WHERES),
        per_kwh=per_kwh,
    )


async def revise(asked: Asked) -> Response:
    async with asked.unit() as unit:
        plan = await _mine(asked, unit)
        version = _version(asked.said, await subscribing.today(unit, plan.holder))
        await subscribing.revise(unit, plan.ref, version, by=asked.visitor.name)
    return asked.done(f"/plans/{plan.ref}", asked.say("From that day on the plan says this, to whoever has it then."))


async def sell(asked: Asked) -> Response:
    async with asked.unit() as unit:
        plan = await _mine(asked, unit)
        await subscribing.sell(unit, plan.ref, asked.said("sold") == "yes", by=asked.visitor.name)
    return asked.done(f"/plans/{plan.ref}", asked.say("Done. Whoever has the plan keeps it."))


# ---- What the form says


def _plan(asked: Asked, holder: PartyId, currency: str, version: Version, unit: Unit) -> Plan:
    return Plan(
        holder=holder,
        ref="",
        name=asked.said("name"),
        currency=currency,
        trial_days=_count(asked, "trial_days"),
        minimum_months=_count(asked, "minimum_months"),
        notice_days=_count(asked, "notice_days"),
        versions=(version,),
        last_updated=unit.now,
    )


def _version(said: Say, today: date) -> Version:
    """Raises UnfitPlan."""
    percent = _number("percent", said("percent") or "0")
    try:
        since = date.fromisoformat(said("since")) if said("since") else today
        included_where = Where(said("included_where") or Where.OURS)
        where = Where(said("where") or Where.EVERYWHERE)
    except ValueError as error:
        raise UnfitPlan("since, included_where, where", "a day, and a place of the list") from error
    return Version(
        since=since,
        fee=_number("fee", said("fee") or "0"),
        included=kwh(_number("included", said("included") or "0")),
        included_where=included_where,
        price_group=said("price_group")[:40],
        discounts=(Discount(percent=percent, where=where),) if percent else (),
    )


def _of(version: Version) -> Say:
    """As the form would say it."""
    first = version.discounts[0] if version.discounts else None
    known = {
        "fee": str(plain(version.fee)),
        "included": str(plain(version.included.kwh)),
        "included_where": version.included_where.value,
        "price_group": version.price_group,
        "percent": "" if first is None else str(plain(first.percent)),
        "where": "" if first is None else first.where.value,
    }
    return lambda name: known.get(name, "")


def _query(asked: Asked) -> Say:
    return lambda name: (asked.query(name) or "").strip()


def _shown(said: Say, currency: str, today: date) -> Shown:
    """What is half typed is no refusal: it is said where the months would stand."""
    try:
        version = _version(said, today)
        offered.checked_version(version, currency)
        per_kwh = _number("per_kwh", said("per_kwh") or PER_KWH.get(currency, "1.00"))
        if not 0 <= per_kwh <= 1_000:
            raise UnfitPlan("per_kwh", "0 to 1000")
    except UnfitPlan as error:
        return Shown(wrong=str(error))
    return _months(version, per_kwh, currency)


def _months(version: Version, per_kwh: Decimal, currency: str) -> Shown:
    return Shown(
        months=tuple((word, offered.example(version, kwh(energy), per_kwh, currency)) for word, energy in DRIVERS)
    )


def _number(field: str, text: str) -> Decimal:
    """Raises UnfitPlan."""
    try:
        number = Decimal(text.replace(",", ".").replace("\N{NO-BREAK SPACE}", "").replace(" ", ""))
    except InvalidOperation as error:
        raise UnfitPlan(field, f"{text[:20]!r} is no number") from error
    if not number.is_finite() or abs(number) > 1_000_000 or len(text) > 30:
        raise UnfitPlan(field, "a number that could be")
    return number


def _count(asked: Asked, field: str) -> int:
    """Raises UnfitPlan."""
    number = asked.number(field) if asked.said(field) else 0
    if number is None:
        raise UnfitPlan(field, "a whole number")
    return number


def _wheres(asked: Asked) -> list[tuple[str, str]]:
    return [(where.value, asked.say(word)) for where, word in WHERES]


def _holders(asked: Asked) -> list[tuple[str, str]]:
    mine = asked.visitor.holder
    return [(str(one.holder), f"{one.holder} · {one.name}") for one in asked.parties if mine in (None, one.holder)]


async def _mine(asked: Asked, unit: Unit) -> Plan:
    """Raises UnknownPlan, NotYours."""
    plan = await subscribing.plan(unit, asked.part("ref"))
    yours(asked.visitor, plan.holder)
    return plan


DOORS: tuple[Door, ...] = (
    see("/plans", list_all),
    see("/plans/new", new, Role.OPERATOR, also=(Role.FINANCE,)),
    do("/plans", add, also=(Role.FINANCE,)),
    see("/plans/{ref}", one),
    do("/plans/{ref}/versions", revise, also=(Role.FINANCE,)),
    do("/plans/{ref}/sold", sell, also=(Role.FINANCE,)),
)
