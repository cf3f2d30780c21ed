"""What a customer subscribes to, on invoices and in the ledger: charges, what is included, fees and their end."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from laddnav.billing import actions as billing
from laddnav.billing.actions import crediting, plans
from laddnav.billing.credits import NothingToCredit
from laddnav.customers import actions as customers
from laddnav.customers.actions import subscribing
from laddnav.customers.model import Customer
from laddnav.customers.offered import UnknownPlan
from laddnav.customers.plan import Discount, Plan, State, Version, Where
from laddnav.customers.rules import CustomerSaid
from laddnav.customers.subscribed import NotSubscribed, SubscribedAlready
from laddnav.db.unit import Database
from laddnav.kit.energy import kwh
from laddnav.parties.model import InvoiceEvery
from tests.billing.charges import LADDNAV, TANKA, cdr, energy, keep, party
from tests.billing.test_billing import balances, bill, headings
from tests.clock import SetClock
from tests.customers.test_subscribed import plan

NOVEMBER = datetime(2026, 11, 1, 9, tzinfo=UTC)
DECEMBER = datetime(2026, 12, 1, 9, tzinfo=UTC)


async def subscribed(database: Database, clock: SetClock, one: Plan, *, trial: bool = False) -> Customer:
    """Anna, who has had it since the first of November, and pays for SE-C1."""
    clock.set(NOVEMBER)
    async with database.unit() as unit:
        anna = await customers.add(unit, LADDNAV, CustomerSaid(name="Anna", address="Gatan 1\n111 11 Ort"), by="test")
        await customers.keep_contract(unit, anna.ref, "se-c1", by="test")
        offered = await subscribing.offer(unit, one, by="test")
        await subscribing.subscribe(unit, anna.ref, offered.ref, by="test")
    return anna


def of_us(**changes: object) -> Plan:
    return plan("99", "Plus", holder=LADDNAV, **changes)


async def test_what_is_included_comes_off_the_charge_and_the_fee_comes_when_the_month_is_over(
    database: Database, clock: SetClock
) -> None:
    first = cdr(energy("40", "4"), id="C1", token_owner=LADDNAV, energy_kwh="40")
    second = cdr(energy("20", "4"), id="C2", token_owner=LADDNAV, energy_kwh="20")
    await keep(database, [first, second], ours=[party()])
    anna = await subscribed(database, clock, of_us())
    for _ in range(2):
        await bill(database, first)
        await bill(database, second)
    async with database.unit() as unit:
        now = await subscribing.standing(unit, anna)
    assert now is not None and (now.state, now.included, now.left) == (State.ACTIVE, kwh(50), kwh(0))
    assert await plans.bill_months(database) == 0
    clock.set(DECEMBER)
    assert (await plans.bill_months(database), await plans.bill_months(database)) == (1, 0)

    (heading,) = await headings(database)
    async with database.unit() as unit:
        invoice = await billing.invoice(unit, heading.ref)
    assert (invoice.debtor.name, invoice.debtor.address) == ("Anna", "Gatan 1\n111 11 Ort")
    assert [charge.amount for charge in invoice.charges] == [Decimal(160), Decimal(80)]
    said = sorted((item.words.code, item.amount, item.quantity) for item in invoice.items)
    assert said == [
        ("INCLUDED", Decimal(-160), Decimal(40)),
        ("INCLUDED", Decimal(-40), Decimal(10)),
        ("SUBSCRIPTION", Decimal(99), Decimal(1)),
    ]
    assert invoice.total_excl == Decimal(139)
    assert await balances(database) == {
        f"receivable:{anna.debtor_id}": Decimal(139),
        "revenue:charging": Decimal(-40),
        "revenue:subscription": Decimal(-99),
    }


async def test_a_credit_gives_back_what_was_used_and_takes_back_what_was_taken_off(
    database: Database, clock: SetClock
) -> None:
    wrong = cdr(energy("40", "4"), id="C1", token_owner=LADDNAV, energy_kwh="40")
    credit = cdr(energy("40", "4"), id="C2", token_owner=LADDNAV, energy_kwh="40", credits="C1")
    right = cdr(energy("30", "4"), id="C3", token_owner=LADDNAV, energy_kwh="30")
    await keep(database, [wrong, credit, right], ours=[party()])
    anna = await subscribed(database, clock, of_us())
    await bill(database, wrong)
    async with database.unit() as unit:
        await customers.release_contract(unit, anna.ref, "SE-C1", by="test")
    await bill(database, credit)  # hers, whoever has the contract now
    assert (await balances(database)).get(f"receivable:{anna.debtor_id}", 0) == 0
    async with database.unit() as unit:
        await customers.keep_contract(unit, anna.ref, "SE-C1", by="test")
    await bill(database, right)
    async with database.unit() as unit:
        now = await subscribing.standing(unit, anna)
    assert now is not None and now.left == kwh(20)
    assert (await balances(database)).get("revenue:charging", 0) == 0


@pytest.mark.parametrize(
    "order", ["hand, cdr", "cdr, hand", "discount, cdr", "charge, cdr", "hand, note, cdr", "early cdr"]
)
async def test_a_discount_goes_back_once_whether_a_credit_note_or_a_credit_cdr_comes_first(
    order: str, database: Database, clock: SetClock
) -> None:
    wrong = cdr(energy("40", "4"), id="C1", token_owner=LADDNAV, energy_kwh="40")
    back = cdr(energy("40", "4"), id="C1-C", token_owner=LADDNAV, energy_kwh="40", credits="C1")
    right = cdr(energy("60", "4"), id="C2", token_owner=LADDNAV, energy_kwh="60")
    await keep(database, [wrong, back, right], ours=[party(every=InvoiceEvery.SESSION)])
    await subscribed(database, clock, of_us())
    if order == "early cdr":  # what closed it was heard late
        await bill(database, back)
    await bill(database, wrong)
    clock.set(DECEMBER)
    await billing.issue_due(database)
    for deed in order.split(", "):
        if deed == "cdr":
            await bill(database, back)
            await billing.issue_due(database)
            continue
        for heading in await headings(database):
            async with database.unit() as unit:
                invoice = await billing.invoice(unit, heading.ref)
            credited = {
                "hand": not invoice.corrects,
                "note": bool(invoice.corrects),
                "discount": bool(invoice.items),
                "charge": bool(invoice.charges),
            }
            if credited.get(deed):
                with suppress(NothingToCredit):
                    async with database.unit() as unit:
                        await crediting.credit(unit, LADDNAV, heading.ref, "Wrong", by="Maja")
    await billing.issue_due(database)
    assert await balances(database) == {}
    await bill(database, right)
    await billing.issue_due(database)
    assert (await balances(database))["revenue:charging"] == Decimal(-40)  # of 60 kWh, 50 are included


async def test_a_member_price_holds_at_partners_too_where_the_plan_says_so(database: Database, clock: SetClock) -> None:
    roamed = cdr(energy("10", "5"), owner=TANKA, token_owner=LADDNAV, energy_kwh="10")
    await keep(database, [roamed], ours=[party()])
    version = Version(
        since=date(2026, 1, 1), fee=Decimal(0), discounts=(Discount(percent=Decimal(10), where=Where.PARTNERS),)
    )
    anna = await subscribed(database, clock, of_us(versions=(version,)))
    await bill(database, roamed)
    found = await balances(database)
    assert (found[f"receivable:{anna.debtor_id}"], found["revenue:roaming"]) == (Decimal(45), Decimal(-45))
    assert found["payable:partner:SE*TNK"] == Decimal(-50)


async def test_a_family_shares_what_is_included(database: Database, clock: SetClock) -> None:
    await keep(database, [], ours=[party()])
    anna = await subscribed(database, clock, of_us())
    async with database.unit() as unit:
        for number, day in enumerate((date(2026, 11, 3), date(2026, 11, 4), date(2026, 12, 1))):
            taken = await subscribing.take_off(
                unit,
                anna,
                owner=LADDNAV,
                cdr_id=f"C{number}",
                day=day,
                energy=kwh(30),
                energy_cost=Decimal(90),
                cost=Decimal(90),
                currency="SEK",
                location_id="LOC1",
            )
            assert taken is not None and taken.energy == (kwh(20) if number == 1 else kwh(30))


async def test_a_customer_has_one_subscription_at_a_time_and_a_trial_once(database: Database, clock: SetClock) -> None:
    await keep(database, [], ours=[party()])
    anna = await subscribed(database, clock, of_us(trial_days=30))
    async with database.unit() as unit:
        (offered,) = await subscribing.plans(unit, LADDNAV)
        with pytest.raises(SubscribedAlready):
            await subscribing.subscribe(unit, anna.ref, offered.ref, by="test")
        await subscribing.end(unit, anna.ref, by="test")
    async with database.unit() as unit:
        with pytest.raises(NotSubscribed):
            await subscribing.pause(unit, anna.ref, by="test")
        await subscribing.subscribe(unit, anna.ref, offered.ref, by="test")
    async with database.unit() as unit:
        now = await subscribing.standing(unit, anna)
    assert now is not None and now.state is State.ACTIVE


async def test_a_plan_of_another_party_is_none(database: Database, clock: SetClock) -> None:
    await keep(database, [], ours=[party(), party(TANKA)])
    anna = await subscribed(database, clock, of_us())
    async with database.unit() as unit:
        theirs = await subscribing.offer(unit, plan(holder=TANKA), by="test")
        with pytest.raises(UnknownPlan):
            await subscribing.change_plan(unit, anna.ref, theirs.ref, by="test")


async def test_months_that_nobody_billed_are_billed_one_by_one(database: Database, clock: SetClock) -> None:
    await keep(database, [], ours=[party()])
    anna = await subscribed(database, clock, of_us())
    clock.set(datetime(2027, 2, 2, tzinfo=UTC))
    assert await plans.bill_months(database) == 3
    assert sorted(one.period for one in await headings(database)) == ["2026-11", "2026-12", "2027-01"]
    assert (await balances(database))[f"receivable:{anna.debtor_id}"] == Decimal(297)
