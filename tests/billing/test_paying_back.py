"""What is on account goes back to where it came from, once, and by two where the account asks for it."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from laddnav.billing import actions as billing
from laddnav.billing.actions import paying_back
from laddnav.billing.model import Invoice
from laddnav.billing.open_items import NothingOnAccount, RefundWithoutReason
from laddnav.db.unit import Database
from laddnav.ledger import actions as ledger
from laddnav.payments import postings
from laddnav.payments.actions import paying
from laddnav.payments.events import PaymentChanged
from laddnav.payments.payment import Payment, Purpose, Refund, RefundState
from laddnav.payments.store import payments as kept
from tests.billing.charges import LADDNAV
from tests.billing.test_items import ANNA
from tests.billing.test_settling import invoiced, money, pays, stands
from tests.payments.conftest import an_account


async def paid(database: Database, invoice: Invoice, amount: str, *, alone_up_to: str | None = None) -> Payment:
    """For an invoice, through a provider."""
    account = await an_account(database, alone_up_to=None if alone_up_to is None else Decimal(alone_up_to))
    async with database.unit() as unit:
        asked = await paying.begin(
            unit,
            account.ref,
            purpose=Purpose.INVOICE,
            about=invoice.number or "",
            credits=f"receivable:{ANNA}",
            currency="SEK",
            amount=Decimal(amount),
            charge=True,
            by="anna",
        )
    return await went_on(database, replace(asked, captured=Decimal(amount)), asked)


async def went_on(database: Database, after: Payment, before: Payment) -> Payment:
    """As its provider says."""
    after = replace(after, version=before.version + 1)
    async with database.unit() as unit:
        kept.update(unit, after, None)
        for entry in postings.entries(before, after):
            await ledger.post(unit, LADDNAV, entry)
    await billing.settle_payment(database, PaymentChanged(holder=LADDNAV, ref=after.ref))
    return after


async def back(database: Database, amount: str | None = None, reason: str = "Paid too much") -> list[Refund]:
    async with database.unit() as unit:
        wanted = None if amount is None else Decimal(amount)
        return list(await paying_back.pay_back(unit, LADDNAV, ANNA, "SEK", wanted, reason=reason, by="Maja"))


async def test_an_overpayment_goes_back_to_its_payments_once_and_opens_nothing(database: Database) -> None:
    (one,) = await invoiced(database, "80")
    first = await paid(database, one, "110")
    second = await paid(database, one, "30")
    with pytest.raises(RefundWithoutReason):
        await back(database, reason=" ")
    with pytest.raises(NothingOnAccount):
        await back(database, "40.01")
    refunds = await back(database)
    assert [(refund.payment, refund.amount) for refund in refunds] == [
        (second.ref, Decimal(30)),
        (first.ref, Decimal(10)),
    ]
    assert {refund.state for refund in refunds} == {RefundState.GRANTED}
    with pytest.raises(NothingOnAccount):  # it is on its way
        await back(database, "1")
    for payment, refunded in ((first, 10), (second, 30)):
        async with database.unit() as unit:
            before = await paying.by_ref(unit, payment.ref)
        await went_on(database, replace(before, refunded=Decimal(refunded)), before)
    found = await stands(database)
    assert found.items == () and money(found.balance, found.on_account) == money(0, 0)


async def test_above_what_one_may_do_alone_it_waits_for_a_second(database: Database) -> None:
    (one,) = await invoiced(database, "80")
    await paid(database, one, "180", alone_up_to="20")
    (refund,) = await back(database, "80")
    assert (refund.state, refund.amount) == (RefundState.WAITING, Decimal(80))
    with pytest.raises(NothingOnAccount):
        await back(database)


async def test_what_came_by_the_bank_goes_back_to_no_card_that_paid_something_else(database: Database) -> None:
    by_card, by_bank = await invoiced(database, "80", "80")
    await paid(database, by_card, "110")
    for key in ("once", "twice"):
        await pays(database, "100", by_bank.number or "", key=key)
    with pytest.raises(NothingOnAccount) as refused:
        await back(database, "10.01")
    assert (refused.value.there, refused.value.by_providers) == (Decimal(110), Decimal(10))
    (refund,) = await back(database)
    assert refund.amount == 10
    with pytest.raises(NothingOnAccount) as refused:
        await back(database)
    assert (refused.value.there, refused.value.by_providers) == (Decimal(100), Decimal(0))


async def test_what_its_bank_took_back_after_a_refund_is_on_nobodys_account(database: Database) -> None:
    one, by_bank = await invoiced(database, "80", "80")
    first = await paid(database, one, "100")
    await pays(database, "100", by_bank.number or "")
    async with database.unit() as unit:
        await paying.refund(unit, first.ref, Decimal(100), "By mistake", by="Maja")
        given = await paying.by_ref(unit, first.ref)
    gone = await went_on(database, replace(given, refunded=Decimal(100)), given)
    await went_on(database, replace(gone, charged_back=Decimal(100)), gone)
    async with database.unit() as unit:
        found = await paying_back.on_account(unit, LADDNAV, ANNA, "SEK")
    assert (found.amount, found.by_providers) == (Decimal(0), Decimal(0))


async def test_what_came_by_the_bank_alone_goes_back_from_there(database: Database) -> None:
    (one,) = await invoiced(database, "80")
    await pays(database, "130", one.number or "")
    with pytest.raises(NothingOnAccount) as refused:
        await back(database)
    assert (refused.value.there, refused.value.by_providers) == (Decimal(30), Decimal(0))
