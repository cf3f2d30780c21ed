"""Verbs about vouchers: make a batch of codes, let a customer type one in, and see what it has paid."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from decimal import Decimal

from msgspec.structs import replace

from laddnav.customers import vouchers as rules
from laddnav.customers.actions.keeping import lock
from laddnav.customers.actions.subscribing import today
from laddnav.customers.events import CustomerChanged
from laddnav.customers.model import Customer
from laddnav.customers.store import vouchers as store
from laddnav.customers.vouchers import Batch, Counted, Made, NotRedeemable, UnknownBatch, Voucher
from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.people import actions as people


async def make(unit: Unit, batch: Batch, *, by: str) -> Made:
    """So many codes, which nobody can be shown again. Raises UnfitBatch.

    `ref`, if it is not empty, says which batch is meant: one that is made already has no codes to show.
    """
    before = await store.batch(unit, batch.ref, lock=True) if batch.ref else None
    if before is not None and before.holder == batch.holder:
        return Made(holder=before.holder, batch=before, codes=())
    one = rules.checked(replace(batch, ref=batch.ref or unit.new_id(), made_at=unit.now, made_by=by))
    signs = ["".join(secrets.choice(rules.ALPHABET) for _ in range(rules.LENGTH)) for _ in range(one.many)]
    store.insert(unit, one, [rules.hash_of(each) for each in signs])
    people.note(unit, by, "make vouchers", f"vouchers {one.ref}", f"{one.many} of {one.worth} {one.currency}")
    return Made(holder=one.holder, batch=one, codes=tuple(rules.shown(each) for each in signs))


async def redeem(unit: Unit, customer_ref: str, code: str, *, by: str) -> Voucher:
    """From now on it pays this customer's invoices, until its worth is used; again by the same customer is nothing.

    Raises UnknownCustomer, NotRedeemable.
    """
    customer = await lock(unit, customer_ref)
    hash = rules.hash_of(code)
    found = await store.lock(unit, customer.holder, hash)
    batch, whose = (None, None) if found is None else found
    if batch is None or not rules.redeemable(batch, whose, customer.ref, await today(unit, customer.holder)):
        raise NotRedeemable
    if whose is None:
        if await store.has_one(unit, customer, batch):
            raise NotRedeemable
        store.redeem(unit, customer, hash)
        people.note(unit, by, "redeem voucher", f"customer {customer.ref}", batch.name)
        unit.announce(CustomerChanged(holder=customer.holder, customer=customer.ref))
    return next(one for one in await store.of_customer(unit, customer) if one.hash == hash)


async def of_customer(unit: Unit, customer: Customer) -> tuple[Voucher, ...]:
    return await store.of_customer(unit, customer)


async def spend(unit: Unit, customer: Customer, amount: Decimal, currency: str) -> tuple[tuple[Voucher, Decimal], ...]:
    """What of an amount each of their vouchers pays, and has paid from now on."""
    found = await store.of_customer(unit, customer)
    pays = rules.spent_on(found, amount, currency, await today(unit, customer.holder))
    for one, part in zip(found, pays, strict=True):
        if part:
            store.spend(unit, customer.holder, one, part)
    return tuple((one, part) for one, part in zip(found, pays, strict=True) if part)


async def left(unit: Unit, customer: Customer, currency: str) -> Decimal:
    """What their vouchers could pay today."""
    found, day = await store.of_customer(unit, customer), await today(unit, customer.holder)
    worth = sum((one.batch.worth for one in found), Decimal(0))
    return sum(rules.spent_on(found, worth, currency, day), Decimal(0))


async def with_some(unit: Unit, holder: PartyId, customers: Iterable[str]) -> set[tuple[str, str]]:
    """Which of these customers, by ref, have vouchers that can pay something today, and in which currency."""
    day = await today(unit, holder)
    found = await store.with_some(unit, holder, customers)
    return {(ref, batch.currency) for ref, batch in found if batch.expires_on is None or day < batch.expires_on}


async def batches(unit: Unit, holder: PartyId | None) -> Sequence[Counted]:
    """The newest first."""
    return await store.batches(unit, holder)


async def batch(unit: Unit, ref: str) -> Batch:
    """Raises UnknownBatch."""
    found = await store.batch(unit, ref)
    if found is None:
        raise UnknownBatch(ref)
    return found
