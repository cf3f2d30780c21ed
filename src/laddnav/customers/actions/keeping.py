"""Verbs about customers and which contracts are theirs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from msgspec.structs import replace

from laddnav.customers import rules
from laddnav.customers.events import CustomerChanged
from laddnav.customers.model import CUSTOMER, Contract, Customer
from laddnav.customers.rules import ContractTaken, CustomerSaid, UnknownContract, UnknownCustomer
from laddnav.customers.store import customers as store
from laddnav.db.unit import Unit
from laddnav.kit.energy import Energy
from laddnav.kit.ids import PartyId
from laddnav.people import actions as people
from laddnav.people.actions import links
from laddnav.tokens import actions as tokens


async def add(unit: Unit, holder: PartyId, said: CustomerSaid, *, by: str) -> Customer:
    """Raises UnfitCustomer."""
    number = str(await store.next_number(unit, holder))
    one = rules.begun(said, holder=holder, ref=unit.new_id(), number=number, now=unit.now)
    people.note(unit, by, "add customer", f"customer {one.ref}", one.number)
    return _put(unit, one)


async def change(unit: Unit, ref: str, said: CustomerSaid, *, by: str) -> Customer:
    """Raises UnknownCustomer, UnfitCustomer."""
    before = await lock(unit, ref)
    after = rules.changed(before, said, unit.now)
    if after == before:
        return before
    people.note(unit, by, "change customer", f"customer {ref}", before.number)
    if after.email != before.email:  # whoever reads the former address is nobody here any more
        await links.shut_out(unit, ref, by=by)
    return _put(unit, after)


async def keep_card(unit: Unit, ref: str, card: str, *, by: str) -> Customer:
    """For whoever has just heard from the provider itself that this customer stored it there: nobody types it.

    Raises UnknownCustomer, UnfitCustomer.
    """
    before = await lock(unit, ref)
    after = rules.with_card(before, card, unit.now)
    if after == before:
        return before
    people.note(unit, by, "keep card", f"customer {ref}", before.number)
    return _put(unit, after)


async def forget_card(unit: Unit, ref: str, *, by: str) -> Customer:
    """It pays nothing any more; who paid by it is sent invoices. Raises UnknownCustomer."""
    before = await lock(unit, ref)
    after = rules.with_card(before, None, unit.now)
    if after == before:
        return before
    people.note(unit, by, "forget card", f"customer {ref}", before.number)
    return _put(unit, after)


async def keep_contract(
    unit: Unit,
    ref: str,
    contract_id: str,
    *,
    driver: str | None = None,
    cost_centre: str | None = None,
    week_energy: Energy | None = None,
    week_cost: Decimal | None = None,
    by: str,
) -> Contract:
    """Charges of this contract are this customer's to pay from now on, or are told otherwise of.

    What was charged before stays with whom it was billed to. Raises UnknownCustomer, UnfitCustomer, ContractTaken.
    """
    customer = await lock(unit, ref)
    one = rules.contract(
        customer,
        contract_id,
        driver=driver,
        cost_centre=cost_centre,
        week_energy=week_energy,
        week_cost=week_cost,
        now=unit.now,
    )
    before = await store.contract(unit, customer.holder, one.contract_id, lock=True)
    if before is not None and before.customer != ref:
        raise ContractTaken(one.contract_id)
    if before is not None:
        one = replace(one, since=before.since)
    if one == before:
        return before
    store.put_contract(unit, one)
    people.note(unit, by, "keep contract", f"customer {ref}", one.contract_id)
    unit.announce(CustomerChanged(holder=customer.holder, customer=ref))
    return one


async def release_contract(unit: Unit, ref: str, contract_id: str, *, by: str) -> Contract:
    """Its charges are the driver's own again. Raises UnknownCustomer, UnknownContract."""
    customer = await lock(unit, ref)
    one = await contract_of(unit, customer, contract_id)
    store.drop_contract(unit, one)
    await tokens.bar(unit, customer.holder, one.contract_id, None)
    people.note(unit, by, "release contract", f"customer {ref}", one.contract_id)
    unit.announce(CustomerChanged(holder=customer.holder, customer=ref))
    return one


# ---- Reads


async def by_ref(unit: Unit, ref: str) -> Customer:
    """Raises UnknownCustomer."""
    one = await store.find(unit, ref)
    if one is None:
        raise UnknownCustomer(ref)
    return one


async def lock(unit: Unit, ref: str) -> Customer:
    """Nothing happens to it before the Unit ends. Raises UnknownCustomer."""
    one = await store.find(unit, ref, lock=True)
    if one is None:
        raise UnknownCustomer(ref)
    return one


async def of_contract(unit: Unit, holder: PartyId, contract_id: str) -> Customer | None:
    """Who pays for charges of this contract; None: its driver."""
    return await store.of_contract(unit, holder, contract_id)


async def of_debtor(unit: Unit, holder: PartyId, debtor_id: str) -> Customer | None:
    """Whom invoices name so; None: it is no customer."""
    kind, _, ref = debtor_id.partition(":")
    one = await store.find(unit, ref) if kind == CUSTOMER else None
    return one if one is not None and one.holder == holder else None


async def of_debtors(unit: Unit, holder: PartyId, debtor_ids: Iterable[str]) -> Mapping[str, Customer]:
    """Those of them that are customers, each by what invoices name it."""
    named = (debtor_id.partition(":") for debtor_id in debtor_ids)
    refs = [ref for kind, _, ref in named if kind == CUSTOMER]
    return {one.debtor_id: one for one in await store.many(unit, holder, refs)} if refs else {}


async def contract_of(unit: Unit, customer: Customer, contract_id: str) -> Contract:
    """Raises UnknownContract."""
    one = await store.contract(unit, customer.holder, contract_id, lock=True)
    if one is None or one.customer != customer.ref:
        raise UnknownContract(contract_id)
    return one


async def contracts(unit: Unit, customer: Customer) -> Sequence[Contract]:
    return await store.contracts(unit, customer)


async def page(
    unit: Unit, holder: PartyId | None, *, words: str | None = None, after: str | None = None, limit: int = 50
) -> Sequence[Customer]:
    """In the order in which they came; the last ref is the next `after`. `words` is a part of what is known of them."""
    return await store.page(unit, holder, words, after, limit)


def _put(unit: Unit, one: Customer) -> Customer:
    store.put(unit, one)
    unit.announce(CustomerChanged(holder=one.holder, customer=one.ref))
    return one
