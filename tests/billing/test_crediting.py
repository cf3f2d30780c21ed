"""An invoice is taken back, whole or by the line, once; what it bore goes back to the öre."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from laddnav.billing.actions import crediting, settling
from laddnav.billing.credits import CreditWithoutReason, NothingToCredit, credits, left
from laddnav.billing.model import Invoice
from laddnav.billing.sums import taxed
from laddnav.db.unit import Database
from laddnav.kit.money import minor_unit
from laddnav.parties.model import Party
from tests.billing.charges import LADDNAV, cdr, energy, item, keep, party
from tests.billing.einvoice.kinds import ABROAD, KINDS, SELLER, drawn_up
from tests.billing.test_billing import balances, bill, headings, issue


async def credit(database: Database, ref: str, *lines: int) -> Invoice:
    async with database.unit() as unit:
        return await crediting.credit(unit, LADDNAV, ref, "Wrong customer", by="Maja", lines=lines or None)


async def billed(database: Database) -> Invoice:
    """Of 155.48 before VAT: a charge of two lines."""
    one = cdr(energy("12.345", "3.49"), energy("28.1", "4", element=1), token_owner=LADDNAV)
    await keep(database, [one], ours=[party()])
    await bill(database, one)
    (heading,) = await headings(database)
    return await issue(database, heading.ref)


async def test_a_whole_invoice_is_taken_back_and_nothing_is_left_of_it_anywhere(database: Database) -> None:
    invoice = await billed(database)
    note = await credit(database, invoice.ref)
    assert note.credit_note
    assert [one.number for one in note.corrects] == [invoice.number]
    assert (note.to_pay, note.total_tax) == (-invoice.to_pay, -invoice.total_tax)
    assert await balances(database) == {}
    async with database.unit() as unit:
        (found,) = await settling.standings(unit, LADDNAV, invoice.debtor.id)
    assert found.items == ()  # it settled the invoice at once
    with pytest.raises(NothingToCredit):
        await credit(database, invoice.ref)


async def test_a_line_is_taken_back_once_and_the_rest_with_the_rest(database: Database) -> None:
    invoice = await billed(database)
    note = await credit(database, invoice.ref, 2)
    assert note.total_excl == Decimal("-112.40")
    for wrong in ((2,), (1, 2), (3,)):
        with pytest.raises(NothingToCredit):
            await credit(database, invoice.ref, *wrong)
    with pytest.raises(CreditWithoutReason):
        async with database.unit() as unit:
            await crediting.credit(unit, LADDNAV, invoice.ref, " ", by="Maja")
    assert (await credit(database, invoice.ref)).total_excl == Decimal("-43.08")
    assert await balances(database) == {}


async def test_a_charge_that_a_credit_cdr_takes_back_as_well_is_taken_back_once(database: Database) -> None:
    invoice = await billed(database)
    await credit(database, invoice.ref, 1)
    back = cdr(energy("12.345", "3.49"), energy("28.1", "4", element=1), id="C1-C", token_owner=LADDNAV, credits="C1")
    await keep(database, [back])
    await bill(database, back)
    assert (await balances(database))["receivable:driver:SE-C1"] == invoice.total_tax - Decimal("10.77")
    newest = (await headings(database))[-1]
    await issue(database, newest.ref)
    assert await balances(database) == {}
    with pytest.raises(NothingToCredit):
        await credit(database, invoice.ref)


@pytest.mark.parametrize("kind", KINDS)
def test_a_credit_of_everything_is_the_invoice_turned_wherever_its_vat_is_due(kind: str) -> None:
    invoice = KINDS[kind]()
    assert_turned(invoice)


amounts = st.decimals("-90", "900", places=2).filter(bool).map(str)
rates = st.sampled_from(["25", "12", "6", "0", None])


@given(st.lists(st.tuples(amounts, rates), min_size=1, max_size=6), st.lists(amounts, max_size=3))
def test_every_ore_of_vat_and_rounding_goes_somewhere_once_and_back_once(
    charged: list[tuple[str, str | None]], added: list[str]
) -> None:
    invoice = drawn_up(
        *(
            (cdr(energy("1", amount, vat=rate), id=f"C{n}", token_owner=LADDNAV), "SE")
            for n, (amount, rate) in enumerate(charged)
        ),
        (replace(ABROAD, id="F"), "FI"),
        items=tuple(item(amount, key=f"I{n}") for n, amount in enumerate(added)),
        seller=replace(SELLER, round_to=Decimal(1)),
    )
    coin = minor_unit("SEK")
    for vat in invoice.vat:
        assert sum(part.base for part in vat.parts) == vat.base
        assert sum(part.amount for part in vat.parts) == vat.amount
        assert vat.amount % coin == 0
        assert abs(vat.amount - vat.base * vat.percent / 100) <= coin / 2
        assert all(part.amount % coin == 0 for part in vat.parts)
        assert all(abs(part.amount - part.base * vat.percent / 100) < coin for part in vat.parts)
    assert sum(vat.base for vat in invoice.vat) == invoice.total_excl
    assert invoice.to_pay % 1 == 0 and abs(invoice.rounding) <= Decimal("0.5")
    assert_turned(invoice, seller=replace(SELLER, round_to=Decimal(1)))


def assert_turned(invoice: Invoice, seller: Party = SELLER) -> None:
    items = credits(invoice, invoice.opened_at, left(invoice, (), ()))
    _, rated, vat = taxed(seller, invoice.debtor, (), items, invoice.currency)
    assert sum(one.amount for one in rated) == -invoice.total_excl
    assert sum(one.amount for one in vat) == -invoice.total_tax
    before = {(one.category, one.percent): one for one in invoice.vat if one.base}
    for one in vat:
        was = before[one.category, one.percent]
        assert (one.base, one.amount) == (-was.base, -was.amount)
