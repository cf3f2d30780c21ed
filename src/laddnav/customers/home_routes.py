"""The operator API about charging at home: who is paid back by whom, at which rate, and what was, month by month."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import partial

from msgspec import Struct

from laddnav.customers import actions
from laddnav.customers.actions import reimbursing
from laddnav.customers.home import Home, PaidBackMonth
from laddnav.customers.model import Customer
from laddnav.db.unit import Unit
from laddnav.people.api import Page, Route, yours
from laddnav.people.model import Role, Visitor


class HomeSaid(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`employee` is the ref of a customer, `location_id` of a Location of ours; `contract_id` None: whatever card.

    `since` None: from today on.
    """

    employee: str
    location_id: str
    contract_id: str | None = None
    per_kwh: Decimal
    since: date | None = None


class RateSaid(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    per_kwh: Decimal
    since: date | None = None


class EndSaid(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """None: from today on."""

    on: date | None = None


async def list_home_charging(unit: Unit, by: Visitor, ref: str) -> Page[Home]:
    """Agreements of which a customer is the employer, or the employee."""
    return Page(items=tuple(await reimbursing.homes(unit, await _theirs(unit, by, ref))), next=None)


async def list_home_months(unit: Unit, by: Visitor, ref: str) -> Page[PaidBackMonth]:
    """What was paid back, by employee and month, the last month first."""
    return Page(items=tuple(await reimbursing.months(unit, await _theirs(unit, by, ref))), next=None)


async def agree_home_charging(unit: Unit, by: Visitor, ref: str, body: HomeSaid) -> Home:
    """A company pays back what an employee charges at home, from a day on."""
    employer = await _theirs(unit, by, ref)
    one = Home(
        holder=employer.holder,
        ref="",
        employer=employer.ref,
        employee=body.employee,
        location_id=body.location_id,
        contract_id=body.contract_id,
        rates=(await reimbursing.rate_of(unit, employer.holder, body.per_kwh, body.since),),
        last_updated=unit.now,
    )
    return await reimbursing.agree(unit, one, by=by.name)


async def rate_home_charging(unit: Unit, by: Visitor, ref: str, body: RateSaid) -> Home:
    """Another rate from a day on; what was charged before is paid back as it was."""
    one = await _agreed(unit, by, ref)
    rate = await reimbursing.rate_of(unit, one.holder, body.per_kwh, body.since)
    return await reimbursing.rate(unit, ref, rate, by=by.name)


async def end_home_charging(unit: Unit, by: Visitor, ref: str, body: EndSaid) -> Home:
    """Nothing is paid back from a day on."""
    await _agreed(unit, by, ref)
    return await reimbursing.end(unit, ref, body.on, by=by.name)


async def _theirs(unit: Unit, by: Visitor, ref: str) -> Customer:
    """Raises UnknownCustomer, NotYours."""
    customer = await actions.by_ref(unit, ref)
    yours(by, customer.holder)
    return customer


async def _agreed(unit: Unit, by: Visitor, ref: str) -> Home:
    """Raises UnknownHome, NotYours."""
    one = await reimbursing.by_home(unit, ref)
    yours(by, one.holder)
    return one


_OF_CUSTOMER = "/customers/{ref}/home-charging"
_HOME = "/home-charging/{ref}"
_MONEY = partial(Route, needs=Role.FINANCE)

ROUTES = (
    Route(method="GET", path=_OF_CUSTOMER, does=list_home_charging),
    Route(method="GET", path=f"{_OF_CUSTOMER}/months", does=list_home_months),
    _MONEY(method="POST", path=_OF_CUSTOMER, does=agree_home_charging, status=201),
    _MONEY(method="POST", path=f"{_HOME}/rates", does=rate_home_charging),
    _MONEY(method="POST", path=f"{_HOME}/end", does=end_home_charging),
)
