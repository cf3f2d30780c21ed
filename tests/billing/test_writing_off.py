"""What nobody will pay is a loss by a person's word, less the VAT that the state gives back, until somebody pays."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laddnav.billing import actions as billing
from laddnav.billing.actions import crediting, settling, standing, writing_off
from laddnav.billing.events import InvoiceSettled, InvoiceWrittenOff
from laddnav.billing.model import VatCategory, VatPart, VatSum, VatWhy
from laddnav.billing.open_items import OpenItem
from laddnav.billing.written_off import (
    BeingPaidStill,
    LossWithoutReason,
    NothingLost,
    NotWrittenOff,
    StillWrittenOff,
    loss_entry,
)
from laddnav.customers import actions as customers
from laddnav.customers.model import PaysBy, Standing
from laddnav.db.unit import Database
from laddnav.ledger import actions as ledger
from laddnav.ledger.model import Account, Entry, Head, Posting
from laddnav.payments.actions import paying
from laddnav.payments.actions.going_on import Collector
from laddnav.payments.payment import Purpose
from tests.billing.charges import LADDNAV, NOON, cdr, energy, keep, party
from tests.billing.test_billing import balances, bill, headings
from tests.billing.test_items import ANNA
from tests.clock import SetClock
from tests.customers.test_wallets import anna
from tests.payments.conftest import SEAL, an_account, nowhere


def owed(open_: Decimal) -> OpenItem:
    """An invoice of 1 000, of which so much is open."""
    return OpenItem(
        holder=LADDNAV,
        ref="r",
        number="LAD-1",
        debtor_id=ANNA,
        debtor_name="Anna",
        currency="SEK",
        issued_at=NOON,
        due_at=NOON,
        to_pay=Decimal(1000),
        settled=1000 - open_,
    )


def vat(percent: str, amount: str) -> VatSum:
    part = VatPart(country="SE", why=VatWhy.DOMESTIC, base=Decimal(0), amount=Decimal(amount))
    return VatSum(VatCategory.STANDARD, Decimal(percent), part.base, part.amount, (part,))


@given(st.decimals("0.01", "1000", places=2), st.booleans())
def test_a_loss_takes_off_what_is_open_and_no_more_vat_than_its_part(open_: Decimal, vat_back: bool) -> None:
    had_back = [vat("25", "160.00"), vat("12", "21.43")] if vat_back else []
    entry = loss_entry(owed(open_), "Bankrupt", times=1, vat_back=had_back)  # it could not be built unbalanced
    moved = {str(one.account): one.amount for one in entry.postings}
    assert moved.pop(f"receivable:{ANNA}") == -open_
    lost = moved.pop("write_off:invoice")
    assert lost > 0 and moved.keys() <= ({"tax:SE:25", "tax:SE:12"} if vat_back else set())
    if open_ == 1000:
        assert sum(moved.values()) == (Decimal("181.43") if vat_back else 0)
    assert (
        all(
            0 <= whole * open_ / 1000 - moved.get(name, 0) < Decimal("0.01")
            for name, whole in (("tax:SE:25", Decimal(160)), ("tax:SE:12", Decimal("21.43")))
        )
        or not vat_back
    )


async def test_what_nobody_pays_is_written_off_by_a_person_and_owed_again_where_somebody_does(
    database: Database, clock: SetClock
) -> None:
    one = cdr(energy("20", "4"), token_owner=LADDNAV)
    await keep(database, [one], ours=[party()])
    owner = await anna(database, PaysBy.INVOICE)
    account = await an_account(database, holder=LADDNAV)
    await bill(database, one)
    (heading,) = await headings(database)
    async with database.unit() as unit:
        ref = (await billing.issue(unit, LADDNAV, heading.ref)).ref

    async def written_off(why: str = "Bankrupt", *, vat_back: bool = True) -> OpenItem:
        async with database.unit() as unit:
            return await writing_off.write_off(unit, ref, why, vat_back=vat_back, by="fia")

    async def stands() -> Standing:
        await standing.judge(database, InvoiceWrittenOff(holder=LADDNAV, ref=ref))
        async with database.unit() as unit:
            return (await customers.by_ref(unit, owner.ref)).standing

    with pytest.raises(NothingLost):
        await written_off()  # it is not due
    clock.advance(timedelta(days=40))
    with pytest.raises(LossWithoutReason):
        await written_off(" x ")
    async with database.unit() as unit:
        number = (await billing.invoice(unit, ref)).number or ""
        under_way = await paying.begin(
            unit,
            account.ref,
            purpose=Purpose.INVOICE,
            about=number,
            credits=f"receivable:{owner.debtor_id}",
            currency="SEK",
            amount=Decimal(100),
            charge=True,
            by="anna",
        )
    with pytest.raises(BeingPaidStill):
        await written_off()
    async with database.unit() as unit:
        await paying.give_up(unit, under_way.ref)
    await Collector(database, nowhere, SEAL, "https://lad.example").go_on(under_way.ref)
    assert await stands() is Standing.GOOD

    item = await written_off()
    assert (item.open, await stands()) == (Decimal(0), Standing.STOPPED)
    known = await balances(database)
    assert (known["write_off:invoice"], known.get("tax:SE:25", 0)) == (Decimal(80), Decimal(0))
    assert known.get(f"receivable:{owner.debtor_id}", 0) == 0
    with pytest.raises(NothingLost):
        await written_off()
    with pytest.raises(StillWrittenOff):
        async with database.unit() as unit:
            await crediting.credit(unit, LADDNAV, ref, "Wrong", by="fia")

    async with database.unit() as unit:  # somebody pays after all: that is on account
        debt = Posting(Account(Head.RECEIVABLE, owner.debtor_id), Decimal(-100), "SEK")
        postings = (Posting(Account(Head.BANK, "giro"), Decimal(100), "SEK"), debt)
        await ledger.post(unit, LADDNAV, Entry(key="giro 1", what="Paid", cites="bank", postings=postings))
        await settling.settle(unit, LADDNAV, owner.debtor_id, Decimal(100), "SEK", source="giro 1", cites=number)
        (found,) = await settling.standings(unit, LADDNAV, owner.debtor_id)
        assert found.on_account == -100
        assert (await writing_off.take_back(unit, ref, "The estate pays", by="fia")).open == 100
        with pytest.raises(NotWrittenOff):
            await writing_off.take_back(unit, ref, "Once more", by="fia")
        await settling.apply(unit, LADDNAV, owner.debtor_id, "SEK", number, "fia")
    known = await balances(database)
    assert (known.get("write_off:invoice", 0), known["tax:SE:25"]) == (Decimal(0), Decimal(-20))
    await standing.judge(database, InvoiceSettled(holder=LADDNAV, ref=ref))
    assert await stands() is Standing.GOOD
