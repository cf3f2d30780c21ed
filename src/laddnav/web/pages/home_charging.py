"""Charging at home on a company's page: which employees are paid back, at which rate, and what that came to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation

from msgspec import Struct
from starlette.responses import Response

from laddnav.customers import actions as customers
from laddnav.customers.actions import reimbursing, subscribing
from laddnav.customers.home import Home, PaidBackMonth, Rate, UnfitHome
from laddnav.customers.model import Customer
from laddnav.customers.rules import UnknownCustomer
from laddnav.db.unit import Unit
from laddnav.people.api import yours
from laddnav.people.model import Role
from laddnav.web.asked import Asked, Door, do


class HomeCharging(Struct, frozen=True, kw_only=True):
    """`paying`: agreements by which this customer pays, each with its rate today; `paid`: some by which it is paid."""

    paying: Sequence[tuple[Home, Rate | None]]
    paid: Sequence[tuple[Home, Rate | None]]
    names: Mapping[str, str]
    months: Sequence[PaidBackMonth]

    def __bool__(self) -> bool:
        return bool(self.paying or self.paid or self.months)


async def home_of(unit: Unit, customer: Customer) -> HomeCharging:
    today = await subscribing.today(unit, customer.holder)
    found = await reimbursing.homes(unit, customer)
    going_on = [one for one in found if one.ends_on is None or one.ends_on > today]
    rated = [(one, one.rate_on(max(today, one.rates[0].since))) for one in going_on]
    refs = {ref for one in going_on for ref in (one.employer, one.employee)}
    return HomeCharging(
        paying=[each for each in rated if each[0].employer == customer.ref],
        paid=[each for each in rated if each[0].employee == customer.ref],
        names={ref: (await customers.by_ref(unit, ref)).name for ref in refs},
        months=(await reimbursing.months(unit, customer))[:24],
    )


async def agree(asked: Asked) -> Response:
    async with asked.unit() as unit:
        employer = await _theirs(asked, unit)
        one = Home(
            holder=employer.holder,
            ref="",
            employer=employer.ref,
            employee=await _numbered(asked, unit, employer),
            location_id=asked.said("location_id")[:40],
            contract_id=asked.said("contract_id")[:40] or None,
            rates=(await reimbursing.rate_of(unit, employer.holder, _per_kwh(asked), _since(asked)),),
            last_updated=unit.now,
        )
        await reimbursing.agree(unit, one, by=asked.visitor.name)
    return asked.done(
        f"/customers/{employer.ref}", asked.say("Agreed: what is charged there from that day on is paid back.")
    )


async def rate(asked: Asked) -> Response:
    async with asked.unit() as unit:
        employer, home = await _agreed(asked, unit)
        since = await reimbursing.rate_of(unit, home.holder, _per_kwh(asked), _since(asked))
        await reimbursing.rate(unit, home.ref, since, by=asked.visitor.name)
    return asked.done(f"/customers/{employer.ref}", asked.say("The rate holds from that day on."))


async def end(asked: Asked) -> Response:
    async with asked.unit() as unit:
        employer, home = await _agreed(asked, unit)
        await reimbursing.end(unit, home.ref, by=asked.visitor.name)
    return asked.done(f"/customers/{employer.ref}", asked.say("It is not paid back any more, from today on."))


async def _theirs(asked: Asked, unit: Unit) -> Customer:
    """Raises UnknownCustomer, NotYours."""
    customer = await customers.by_ref(unit, asked.part("ref"))
    yours(asked.visitor, customer.holder)
    return customer


async def _agreed(asked: Asked, unit: Unit) -> tuple[Customer, Home]:
    """Raises UnknownHome, NotYours."""
    home = await reimbursing.by_home(unit, asked.part("ref"))
    yours(asked.visitor, home.holder)
    return await customers.by_ref(unit, home.employer), home


async def _numbered(asked: Asked, unit: Unit, employer: Customer) -> str:
    """The ref of the customer of this number. Raises UnknownCustomer."""
    number = asked.said("employee")[:20]
    for one in await customers.page(unit, employer.holder, words=number or "-"):
        if one.number == number:
            return one.ref
    raise UnknownCustomer(number)


def _since(asked: Asked) -> date | None:
    """Raises UnfitHome."""
    try:
        return date.fromisoformat(asked.said("since")) if asked.said("since") else None
    except ValueError as error:
        raise UnfitHome("since", "a day, as 2026-12-01") from error


def _per_kwh(asked: Asked) -> Decimal:
    """Raises UnfitHome."""
    try:
        return Decimal(asked.said("per_kwh").replace(",", ".").replace(" ", ""))
    except InvalidOperation as error:
        raise UnfitHome("per_kwh", "an amount is meant") from error


DOORS: tuple[Door, ...] = (
    do("/customers/{ref}/home-charging", agree, Role.FINANCE),
    do("/home-charging/{ref}/rates", rate, Role.FINANCE),
    do("/home-charging/{ref}/end", end, Role.FINANCE),
)
