"""Vouchers: codes that are shown once, had by one customer each, and pay invoices in parts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from laddnav.billing import actions as billing
from laddnav.billing.actions import wallets
from laddnav.billing.events import InvoiceIssued
from laddnav.billing.model import PaidFrom
from laddnav.customers import actions as customers
from laddnav.customers import vouchers as rules
from laddnav.customers.actions import ending, giving
from laddnav.customers.model import Kind, PaysBy
from laddnav.customers.rules import CustomerSaid
from laddnav.customers.vouchers import Batch, NothingEnded, NotRedeemable, UnfitBatch, Voucher
from laddnav.db.unit import Database
from laddnav.ledger import actions as ledger
from laddnav.ledger.model import Account, Entry, Head, Posting
from laddnav.mail import actions as mail
from tests.billing.charges import LADDNAV, TANKA, cdr, energy, keep, party
from tests.billing.test_billing import balances, bill, headings
from tests.clock import SetClock
from tests.customers.test_wallets import anna

TODAY = date(2026, 11, 23)
BATCH = Batch(
    holder=LADDNAV,
    ref="",
    name="Opening",
    worth=Decimal(60),
    currency="SEK",
    many=2,
    expires_on=date(2026, 12, 1),
    made_at=datetime(2026, 11, 1, tzinfo=UTC),
    made_by="",
)


async def test_a_voucher_pays_invoices_until_its_worth_is_used_and_what_was_given_away_is_promotion(
    database: Database,
) -> None:
    first, second = (cdr(energy(kwh, "4"), id=f"C{kwh}", token_owner=LADDNAV) for kwh in ("8", "16"))
    await keep(database, [first, second], ours=[party()])
    owner = await anna(database, PaysBy.INVOICE)
    async with database.unit() as unit:
        made = await giving.make(unit, BATCH, by="test")
        code = made.codes[0].lower().replace("-", " ")
        for _ in range(2):
            assert (await giving.redeem(unit, owner.ref, code, by="test")).left == Decimal(60)
    for one, open_, left in ((first, 0, 20), (second, 60, 0)):  # 32 and 64 SEK, with 25 % VAT 40 and 80
        await bill(database, one)
        ref = next(each.ref for each in await headings(database) if each.number is None)
        async with database.unit() as unit:
            assert (await billing.issue(unit, LADDNAV, ref)).paid_from is PaidFrom.VOUCHERS
            await billing.describe(unit, LADDNAV, owner.debtor_id, email="anna@example.se", language="en")
        for _ in range(2):
            await wallets.pay(database, InvoiceIssued(holder=LADDNAV, ref=ref))
        await billing.mail_invoice(database, InvoiceIssued(holder=LADDNAV, ref=ref))
        async with database.unit() as unit:
            (voucher,) = await giving.of_customer(unit, owner)
        assert voucher.left == left
        assert (await balances(database)).get(f"receivable:{owner.debtor_id}", 0) == open_
    async with database.unit() as unit:
        partly, whole = await mail.page(unit, LADDNAV)
    assert "It is paid already" in whole.text and "60.00\N{NO-BREAK SPACE}SEK of it is left to pay." in partly.text
    assert (await balances(database))[f"promotion:{made.batch.ref}"] == Decimal(60)
    async with database.unit() as unit:
        (counted,) = await giving.batches(unit, LADDNAV)
    assert (counted.redeemed, counted.spent) == (1, Decimal(60))


async def test_a_code_is_one_customers_and_of_a_batch_each_has_one(database: Database, clock: SetClock) -> None:
    await keep(database, [], ours=[party(), party(TANKA)])
    owner = await anna(database, PaysBy.INVOICE)
    async with database.unit() as unit:
        bo = await customers.add(unit, LADDNAV, CustomerSaid(name="Bo", kind=Kind.PRIVATE), by="test")
        elsewhere = await customers.add(unit, TANKA, CustomerSaid(name="Eva"), by="test")
        made = await giving.make(unit, BATCH, by="test")
        await giving.redeem(unit, owner.ref, made.codes[0], by="test")
    for ref, code in (
        (owner.ref, made.codes[1]),
        (bo.ref, made.codes[0]),
        (elsewhere.ref, made.codes[1]),
        (bo.ref, "ABCD-EFGH-JKMN"),
        (bo.ref, ""),
    ):
        with pytest.raises(NotRedeemable):
            async with database.unit() as unit:
                await giving.redeem(unit, ref, code, by="test")
    clock.advance(timedelta(days=10))
    with pytest.raises(NotRedeemable):
        async with database.unit() as unit:
            await giving.redeem(unit, bo.ref, made.codes[1], by="test")


async def test_no_code_is_kept_or_told_again(database: Database) -> None:
    async with database.unit() as unit:
        made = await giving.make(unit, BATCH, by="test")
    assert all(code not in repr(made) for code in made.codes)
    async with database.unit() as unit:
        rows = await unit.fetch("select hash as row from voucher union all select body from voucher_batch")
    assert not any(code.replace("-", "") in row["row"] or code in row["row"] for row in rows for code in made.codes)


amounts = st.decimals(0, 500, places=2)


@given(worths=st.lists(st.tuples(amounts, st.none() | st.integers(-3, 30)), max_size=5), amount=amounts)
def test_vouchers_pay_no_more_than_is_asked_and_those_that_end_first_pay_first(
    worths: list[tuple[Decimal, int | None]], amount: Decimal
) -> None:
    some = tuple(
        Voucher(
            hash=str(at),
            batch=replace(BATCH, worth=worth, expires_on=None if days is None else TODAY + timedelta(days=days)),
            spent=Decimal(0),
            redeemed_at=BATCH.made_at,
        )
        for at, (worth, days) in enumerate(worths)
    )
    pays = rules.spent_on(some, amount, "SEK", TODAY)
    good = [one for one in some if one.batch.expires_on is None or one.batch.expires_on > TODAY]
    assert sum(pays, Decimal(0)) == min(amount, sum((one.left for one in good), Decimal(0)))
    for one, paid in zip(some, pays, strict=True):
        assert Decimal(0) <= paid <= one.left
        if paid < one.left and one in good:  # then nothing that ends later paid
            later = [
                part
                for other, part in zip(some, pays, strict=True)
                if (other.batch.expires_on or date.max) > (one.batch.expires_on or date.max)
            ]
            assert not any(later)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"worth": Decimal(0)}, "worth"),
        ({"worth": Decimal("1.001")}, "worth"),
        ({"many": 0}, "many"),
        ({"many": 100_000}, "many"),
    ],
)
def test_vouchers_that_cannot_be_are_refused_at_their_field(changes: dict[str, object], field: str) -> None:
    with pytest.raises(UnfitBatch) as refused:
        rules.checked(replace(BATCH, **changes))
    assert refused.value.field == field


async def test_what_is_owed_on_sold_vouchers_becomes_income_once_they_ended_and_finance_says_so(
    database: Database, clock: SetClock
) -> None:
    await keep(database, [], ours=[party()])
    async with database.unit() as unit:
        today = unit.now.date()
        sold = replace(BATCH, sold=True, expires_on=today + timedelta(days=30))
        ref, other = [(await giving.make(unit, one, by="test")).batch.ref for one in (sold, BATCH)]
        account = Account(Head.VOUCHER, ref)
        money = Posting(Account(Head.BANK, "1"), Decimal(90), "SEK"), Posting(account, Decimal(-90), "SEK")
        await ledger.post(unit, LADDNAV, Entry(key="sold", what="", cites="", postings=money))
        owed = {one.batch.ref: one.owed for one in await ending.counts(unit, LADDNAV)}
    assert owed == {ref: Decimal(90), other: Decimal(0)}
    for early in (ref, other):
        async with database.unit() as unit:
            with pytest.raises(NothingEnded):
                await ending.take_as_income(unit, early, by="fia")
    clock.advance(timedelta(days=31))
    async with database.unit() as unit:
        assert (await ending.take_as_income(unit, ref, by="fia")).owed == 0
    held = await balances(database)
    assert held["revenue:voucher"] == -90 and str(account) not in held
    async with database.unit() as unit:
        with pytest.raises(NothingEnded):
            await ending.take_as_income(unit, ref, by="fia")
    # Said too early: only the ledger knows of it, so that it is taken back there, and can be said again.
    async with database.unit() as unit:
        income, _ = await ledger.entries(unit, LADDNAV, account=account)
        await ledger.take_back(unit, LADDNAV, income.id, "They pay after all", "fia")
        assert {one.owed for one in await ending.counts(unit, LADDNAV)} == {Decimal(90), Decimal(0)}
        await ending.take_as_income(unit, ref, by="fia")
    assert (await balances(database))["revenue:voucher"] == -90
