"""The operator API about customers and their contracts."""

from __future__ import annotations

from decimal import Decimal
from functools import partial

from msgspec import Struct

from laddnav.customers import actions
from laddnav.customers.model import Contract, Customer
from laddnav.customers.rules import CustomerSaid, week_energy
from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.parties import actions as parties
from laddnav.people.api import Limit, Page, Route, page, yours
from laddnav.people.model import Role, Visitor


class NewCustomer(CustomerSaid, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`holder` may be left out where only one of our parties can be meant."""

    holder: str | None = None


class ContractSaid(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`week_kwh` and `week_cost` (before VAT) are what its driver may use from Monday to Sunday; None: all."""

    contract_id: str
    driver: str | None = None
    cost_centre: str | None = None
    week_kwh: Decimal | None = None
    week_cost: Decimal | None = None


async def list_customers(
    unit: Unit, by: Visitor, *, limit: Limit = 50, cursor: str | None = None, words: str | None = None
) -> Page[Customer]:
    """Who pays us, in the order in which they came; `words` is any part of a name, an address or a number."""
    found = await actions.page(unit, by.holder, words=words, after=cursor, limit=limit + 1)
    return page(found, limit, lambda one: one.ref)


async def add_customer(unit: Unit, by: Visitor, body: NewCustomer) -> Customer:
    """A new one; what is not said is as it is with most."""
    party = await parties.meant(unit, PartyId.parse(body.holder) if body.holder else by.holder)
    said = CustomerSaid(**{name: getattr(body, name) for name in CustomerSaid.__struct_fields__})
    return await actions.add(unit, yours(by, party.holder), said, by=by.name)


async def fetch_customer(unit: Unit, ref: str) -> Customer:
    """One customer."""
    return await actions.by_ref(unit, ref)


async def change_customer(unit: Unit, by: Visitor, ref: str, body: CustomerSaid) -> Customer:
    """Change what is given, where an empty text takes it away, and leave the rest."""
    return await actions.change(unit, await _theirs(unit, by, ref), body, by=by.name)


async def forget_card(unit: Unit, by: Visitor, ref: str) -> Customer:
    """Its stored card pays nothing any more; who paid by it is sent invoices."""
    return await actions.forget_card(unit, await _theirs(unit, by, ref), by=by.name)


async def list_contracts(unit: Unit, by: Visitor, ref: str) -> Page[Contract]:
    """For whose charges a customer pays."""
    customer = await actions.by_ref(unit, await _theirs(unit, by, ref))
    return Page(items=tuple(await actions.contracts(unit, customer)), next=None)


async def keep_contract(unit: Unit, by: Visitor, ref: str, body: ContractSaid) -> Contract:
    """From now on this customer pays for charges of a contract."""
    return await actions.keep_contract(
        unit,
        await _theirs(unit, by, ref),
        body.contract_id,
        driver=body.driver,
        cost_centre=body.cost_centre,
        week_energy=week_energy(body.week_kwh),
        week_cost=body.week_cost,
        by=by.name,
    )


async def release_contract(unit: Unit, by: Visitor, ref: str, contract_id: str) -> Contract:
    """Whoever charges with it pays again."""
    return await actions.release_contract(unit, await _theirs(unit, by, ref), contract_id, by=by.name)


async def _theirs(unit: Unit, by: Visitor, ref: str) -> str:
    """Raises UnknownCustomer, NotYours."""
    yours(by, (await actions.by_ref(unit, ref)).holder)
    return ref


_CUSTOMER = "/customers/{ref}"

_DESK = partial(Route, needs=Role.SUPPORT, also=(Role.FINANCE,))

ROUTES = (
    Route(method="GET", path="/customers", does=list_customers),
    _DESK(method="POST", path="/customers", does=add_customer, status=201),
    Route(method="GET", path=_CUSTOMER, does=fetch_customer),
    _DESK(method="PATCH", path=_CUSTOMER, does=change_customer),
    _DESK(method="DELETE", path=f"{_CUSTOMER}/card", does=forget_card),
    Route(method="GET", path=f"{_CUSTOMER}/contracts", does=list_contracts),
    _DESK(method="PUT", path=f"{_CUSTOMER}/contracts", does=keep_contract),
    _DESK(method="DELETE", path=f"{_CUSTOMER}/contracts/{{contract_id}}", does=release_contract),
)
