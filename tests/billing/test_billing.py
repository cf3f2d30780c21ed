"""From a CDR to the debtor's invoice and the ledger, on the real database."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import asyncpg
import pytest
from msgspec.structs import replace

from laddnav.billing import actions as billing
from laddnav.billing.events import InvoiceGrew, InvoiceIssued
from laddnav.billing.model import Debtor, Invoice, InvoiceHeading, VatCategory, VatPart, VatSum, VatWhy
from laddnav.billing.rules import UnknownDebtor, UnknownInvoice
from laddnav.cdrs.events import CdrAccepted, CdrClosed
from laddnav.cdrs.model import Cdr, Costs
from laddnav.db.events import Event
from laddnav.db.unit import Database
from laddnav.kit import json
from laddnav.kit.ids import PartyId
from laddnav.kit.money import Price, TaxAmount
from laddnav.ledger import actions as ledger
from laddnav.ledger.model import Account
from laddnav.parties import actions as parties
from laddnav.parties.model import InvoiceEvery
from tests.billing.charges import LADDNAV, NOON, TANKA, TNM, cdr, energy, keep, party
from tests.clock import SetClock


async def bill(database: Database, *some: Cdr) -> None:
    for each in some:
        kind = CdrClosed if each.owner == each.holder else CdrAccepted
        await billing.bill(database, kind(holder=each.holder, owner=str(each.owner), cdr_id=each.id))


async def headings(database: Database) -> tuple[InvoiceHeading, ...]:
    """The oldest first."""
    async with database.unit() as unit:
        return tuple(reversed(await billing.invoices(unit, None)))


async def issue(database: Database, ref: str) -> Invoice:
    async with database.unit() as unit:
        return await billing.issue(unit, LADDNAV, ref)


async def balances(database: Database, holder: PartyId = LADDNAV) -> dict[str, Decimal]:
    async with database.unit() as unit:
        return {str(each.account): each.amount for each in await ledger.trial_balance(unit, holder) if each.amount}


async def announced(database: Database, kind: type[Event]) -> int:
    async with database.unit() as unit:
        return int(await unit.value("select count(*) from event where kind = $1", kind.__name__))


# ---- Billing


async def test_a_closed_cdr_is_owed_by_the_emsp_of_its_token_and_stands_on_its_invoice(database: Database) -> None:
    one = cdr(energy("12.345", "3.49"))
    await keep(database, [one], ours=[party()])
    await bill(database, one)
    assert await balances(database) == {
        "receivable:partner:NL*TNM": Decimal("43.08"),
        "revenue:charging": Decimal("-43.08"),
    }
    (heading,) = await headings(database)
    assert (heading.debtor_id, heading.period, heading.currency) == ("partner:NL*TNM", "2026-11", "SEK")
    assert (heading.total_excl, heading.charges, heading.number) == (Decimal("43.08"), 1, None)
    async with database.unit() as unit:
        invoice = await billing.invoice(unit, heading.ref)
        assert await billing.invoices_of_cdr(unit, LADDNAV, LADDNAV, "C1") == (heading.ref,)
    (charge,) = invoice.charges
    assert (charge.cdr_id, charge.cdr_ref, charge.energy) == (one.id, one.ref, one.energy)
    assert (charge.place, charge.address) == ("Slussen P-hus", "Katarinavägen 16, 116 45 Stockholm")
    assert charge.lines[0].reason == one.lines[0].reason
    assert await announced(database, InvoiceGrew) == 1


async def test_our_own_driver_owes_what_our_own_station_gave(database: Database) -> None:
    one = cdr(energy("10", "4"), token_owner=LADDNAV)
    await keep(database, [one], ours=[party()])
    await bill(database, one)
    assert await balances(database) == {"receivable:driver:SE-C1": Decimal(40), "revenue:charging": Decimal(-40)}


async def test_of_a_partners_cdr_we_owe_the_cpo_and_the_driver_owes_us_the_same(database: Database) -> None:
    told = Costs(total=Price(Decimal("40.00"), (TaxAmount("VAT", Decimal("8.40"), Decimal(21)),)))
    one = cdr(owner=TNM, token_owner=LADDNAV, costs=told, currency="EUR")
    await keep(database, [one], ours=[party()])
    await bill(database, one)
    assert await balances(database) == {
        "cost:roaming": Decimal(40),
        "payable:partner:NL*TNM": Decimal(-40),
        "receivable:driver:SE-C1": Decimal(40),
        "revenue:roaming": Decimal(-40),
    }
    (heading,) = await headings(database)
    assert heading.currency == "EUR"
    async with database.unit() as unit:
        invoice = await billing.invoice(unit, heading.ref)
    assert [(vat.category, vat.percent, vat.base, vat.amount) for vat in invoice.vat] == [
        (VatCategory.STANDARD, Decimal(21), Decimal(40), Decimal("8.40"))
    ]


async def test_a_cdr_is_billed_once_however_often_it_is_heard_of(database: Database) -> None:
    one, two = cdr(energy("10", "4")), cdr(owner=TNM, token_owner=LADDNAV, costs=Costs(total=Price(Decimal(7))))
    await keep(database, [one, two], ours=[party()])
    await asyncio.gather(*(bill(database, each) for each in (one, two) * 5))
    await bill(database, one, two)
    assert [(heading.charges, heading.total_excl) for heading in await headings(database)] in (
        [(1, Decimal(40)), (1, Decimal(7))],
        [(1, Decimal(7)), (1, Decimal(40))],
    )
    owing = await balances(database)
    assert (owing["receivable:partner:NL*TNM"], owing["receivable:driver:SE-C1"]) == (Decimal(40), Decimal(7))


async def test_a_cdr_is_not_billed_again_after_its_invoice_has_left(database: Database) -> None:
    one = cdr(energy("10", "4"))
    await keep(database, [one], ours=[party(every=InvoiceEvery.SESSION)])
    await bill(database, one, one)
    (heading,) = await headings(database)
    assert heading.number == "LAD-2026-00001"


async def test_a_charge_that_costs_nothing_is_nobodys_debt(database: Database) -> None:
    one = cdr(energy("10", "0"))
    await keep(database, [one], ours=[party()])
    await bill(database, one)
    assert await headings(database) == ()
    assert await balances(database) == {}


async def test_a_credit_cdr_takes_back_what_its_cdr_asked_for(database: Database) -> None:
    one = cdr(energy("12.345", "3.49"))
    credit = cdr(energy("12.345", "3.49"), id="C1-C", credits="C1")
    await keep(database, [one, credit], ours=[party()])
    await bill(database, one, credit)
    assert await balances(database) == {}
    (heading,) = await headings(database)
    assert (heading.charges, heading.total_excl) == (2, Decimal(0))


async def test_each_debtor_currency_and_period_has_an_invoice_of_its_own(database: Database) -> None:
    some = [
        cdr(energy("1", "1"), id="1"),
        cdr(energy("1", "1"), id="2"),
        cdr(energy("1", "1"), id="3", token_owner=TANKA),
        cdr(energy("1", "1"), id="4", currency="EUR"),
        cdr(energy("1", "1"), id="5", ended_at=NOON + timedelta(days=30)),
    ]
    await keep(database, some, ours=[party()])
    await bill(database, *some)
    assert [(each.debtor_id, each.currency, each.period, each.charges) for each in await headings(database)] == [
        ("partner:NL*TNM", "SEK", "2026-11", 2),
        ("partner:SE*TNK", "SEK", "2026-11", 1),
        ("partner:NL*TNM", "EUR", "2026-11", 1),
        ("partner:NL*TNM", "SEK", "2026-12", 1),
    ]


# ---- Issuing


async def test_an_issued_invoice_has_a_number_vat_and_a_due_date_and_its_vat_is_posted(
    database: Database, clock: SetClock
) -> None:
    some = [cdr(energy("1", "0.10"), id=str(number), token_owner=TANKA) for number in range(3)]
    await keep(database, some, ours=[party()])
    await bill(database, *some)
    (heading,) = await headings(database)
    clock.set(datetime(2026, 12, 1, 9, tzinfo=UTC))
    invoice = await issue(database, heading.ref)
    assert (invoice.number, invoice.issued_at) == ("LAD-2026-00001", clock.now())
    assert invoice.due_at == datetime(2026, 12, 31, 22, 59, 59, tzinfo=UTC)
    part = VatPart("SE", VatWhy.DOMESTIC, Decimal("0.30"), Decimal("0.08"))
    assert invoice.vat == (VatSum(VatCategory.STANDARD, Decimal(25), part.base, part.amount, (part,)),)
    assert (invoice.total_excl, invoice.total_tax, invoice.total_incl) == (
        Decimal("0.30"),
        Decimal("0.08"),
        Decimal("0.38"),
    )
    assert await balances(database) == {
        "receivable:partner:SE*TNK": Decimal("0.38"),
        "revenue:charging": Decimal("-0.30"),
        "tax:SE:25": Decimal("-0.08"),
    }
    (heading,) = await headings(database)
    assert (heading.number, heading.total_incl) == (invoice.number, Decimal("0.38"))
    assert await announced(database, InvoiceIssued) == 1


async def test_an_invoice_is_issued_once_and_answered_as_it_was_issued(database: Database, clock: SetClock) -> None:
    one = cdr(energy("10", "4"))
    await keep(database, [one], ours=[party()])
    await bill(database, one)
    (heading,) = await headings(database)
    first, *others = await asyncio.gather(*(issue(database, heading.ref) for _ in range(5)))
    assert all(other == first for other in others)
    clock.advance(timedelta(days=1))
    async with database.unit() as unit:
        await parties.update(unit, replace(party(), name="Renamed AB", vat_percent=Decimal(12)))
        await billing.describe(unit, LADDNAV, "partner:NL*TNM", name="Renamed too")
        assert await billing.invoice(unit, heading.ref) == first
    assert await issue(database, heading.ref) == first
    assert await announced(database, InvoiceIssued) == 1


async def test_numbers_have_no_gap_though_many_are_issued_at_once_and_some_fail(database: Database) -> None:
    some = [cdr(energy("1", "1"), id=str(number), token_owner=PartyId("SE", f"T{number:02}")) for number in range(12)]
    await keep(database, some, ours=[party()])
    await bill(database, *some)
    refs = [heading.ref for heading in await headings(database)]

    class Accident(Exception):
        pass

    async def issue_or_fail(place: int) -> None:
        async with database.unit() as unit:
            await billing.issue(unit, LADDNAV, refs[place])
            if place % 3 == 0:
                raise Accident

    await asyncio.gather(*(issue_or_fail(place) for place in range(12)), return_exceptions=True)
    for ref in refs:
        await issue(database, ref)
    numbers = sorted(heading.number or "" for heading in await headings(database))
    assert numbers == [f"LAD-2026-{number:05}" for number in range(1, 13)]


async def test_what_is_over_is_issued_and_what_is_not_waits(database: Database, clock: SetClock) -> None:
    november, december = (
        cdr(energy("1", "1"), id="1"),
        cdr(energy("1", "1"), id="2", ended_at=NOON + timedelta(days=30)),
    )
    await keep(database, [november, december], ours=[party()])
    await bill(database, november, december)
    clock.set(datetime(2026, 12, 1, 4, 59, tzinfo=UTC))
    assert await billing.issue_due(database) == 0
    clock.set(datetime(2026, 12, 1, 5, 0, tzinfo=UTC))  # six in the morning in Stockholm
    assert await billing.issue_due(database) == 1
    assert [heading.number for heading in await headings(database)] == ["LAD-2026-00001", None]


async def test_what_is_due_is_issued_however_much_it_is(database: Database, clock: SetClock) -> None:
    some = [cdr(energy("1", "1"), id=str(number), token_owner=PartyId("SE", f"T{number:02}")) for number in range(5)]
    await keep(database, some, ours=[party()])
    await bill(database, *some)
    clock.advance(timedelta(days=30))
    assert await billing.issue_due(database, at_once=2) == 5


async def test_a_charge_that_comes_late_opens_another_invoice_of_its_period(database: Database) -> None:
    one, late = cdr(energy("1", "1"), id="1"), cdr(energy("1", "2"), id="2")
    await keep(database, [one, late], ours=[party()])
    await bill(database, one)
    (heading,) = await headings(database)
    await issue(database, heading.ref)
    await bill(database, late)
    assert [(each.period, each.number, each.total_excl) for each in await headings(database)] == [
        ("2026-11", "LAD-2026-00001", Decimal(1)),
        ("2026-11", None, Decimal(2)),
    ]


async def test_an_invoice_below_zero_is_a_credit_note(database: Database) -> None:
    credit = cdr(energy("10", "4"), id="C1-C", credits="C1", token_owner=TANKA)
    await keep(database, [credit], ours=[party(every=InvoiceEvery.SESSION)])
    await bill(database, credit)
    (heading,) = await headings(database)
    async with database.unit() as unit:
        invoice = await billing.invoice(unit, heading.ref)
    assert invoice.credit_note
    assert invoice.total_incl == Decimal(-50)
    assert await balances(database) == {
        "receivable:partner:SE*TNK": Decimal(-50),
        "revenue:charging": Decimal(40),
        "tax:SE:25": Decimal(10),
    }


@pytest.mark.parametrize(
    "statement",
    [
        "update invoice set total_incl = 0",
        "update invoice set issued_at = null",
        "delete from invoice",
        "update invoice_line set amount = 0",
        "delete from invoice_line",
    ],
)
async def test_the_database_refuses_to_change_what_was_issued(
    database: Database, database_url: str, statement: str
) -> None:
    one = cdr(energy("10", "4"))
    await keep(database, [one], ours=[party(every=InvoiceEvery.SESSION)])
    await bill(database, one)
    connection = await asyncpg.connect(database_url)
    with pytest.raises(asyncpg.RestrictViolationError, match="never changed"):
        await connection.execute(statement)
    await connection.close()


async def test_the_stored_invoice_reads_as_the_invoice(database: Database) -> None:
    one = cdr(energy("12.345", "3.49"))
    await keep(database, [one], ours=[party(every=InvoiceEvery.SESSION)])
    await bill(database, one)
    async with database.unit() as unit:
        row = await unit.fetch_one("select ref, body from invoice")
        assert row is not None
        invoice = await billing.invoice(unit, row["ref"])
    assert json.decode(row["body"], Invoice) == invoice
    assert json.encode(invoice).decode() == row["body"]


# ---- Debtors and reads


async def test_a_partner_is_called_what_it_calls_itself_until_somebody_knows_better(database: Database) -> None:
    one = cdr(energy("10", "4"))
    await keep(database, [one], ours=[party()])
    await bill(database, one)

    async def known() -> tuple[Debtor, ...]:
        async with database.unit() as unit:
            return await billing.debtors(unit, LADDNAV)

    assert [debtor.name for debtor in await known()] == ["NL*TNM"]
    async with database.unit() as unit:
        await billing.introduce(unit, LADDNAV, TNM, "TNM B.V.")
    assert [debtor.name for debtor in await known()] == ["TNM B.V."]
    async with database.unit() as unit:
        await billing.describe(
            unit, LADDNAV, "partner:NL*TNM", name="The New Motion", vat_number="NL123456789B01", address="Here"
        )
        await billing.introduce(unit, LADDNAV, TNM, "TNM B.V.")
        await billing.introduce(unit, LADDNAV, TANKA, "Tanka AB")
    assert [(debtor.name, debtor.vat_number) for debtor in await known()] == [
        ("The New Motion", "NL123456789B01"),
        ("Tanka AB", None),
    ]


async def test_what_each_debtor_owes_is_told_by_the_ledger(database: Database) -> None:
    some = [
        cdr(energy("1", "1"), id="1"),
        cdr(energy("1", "2"), id="2", currency="EUR"),
        cdr(energy("1", "3"), id="3", token_owner=LADDNAV),
    ]
    await keep(database, some, ours=[party()])
    await bill(database, *some)
    async with database.unit() as unit:
        owed = await billing.owed(unit, LADDNAV)
        assert await ledger.balance(unit, LADDNAV, Account.parse("receivable:driver:SE-C1"), "SEK") == 3
    assert [(each.debtor.id, each.currency, each.amount) for each in owed] == [
        ("driver:SE-C1", "SEK", Decimal(3)),
        ("partner:NL*TNM", "EUR", Decimal(2)),
        ("partner:NL*TNM", "SEK", Decimal(1)),
    ]


async def test_invoices_are_listed_newest_first_page_by_page_for_one_party_or_debtor(database: Database) -> None:
    some = [cdr(energy("1", "1"), id=str(number), token_owner=PartyId("SE", f"T{number:02}")) for number in range(5)]
    await keep(database, some, ours=[party(), party(TNM)])
    await bill(database, *some)
    async with database.unit() as unit:
        first = await billing.invoices(unit, LADDNAV, limit=3)
        second = await billing.invoices(unit, LADDNAV, after=first[-1].ref, limit=3)
        assert [each.debtor_id[-3:] for each in (*first, *second)] == ["T04", "T03", "T02", "T01", "T00"]
        assert await billing.invoices(unit, TNM) == ()
        of_one = await billing.invoices(unit, LADDNAV, debtor_id="partner:SE*T03")
        assert [each.debtor_name for each in of_one] == ["SE*T03"]


async def test_what_is_not_there_is_refused_by_name(database: Database) -> None:
    async with database.unit() as unit:
        with pytest.raises(UnknownInvoice):
            await billing.invoice(unit, "nothing")
        with pytest.raises(UnknownInvoice):
            await billing.issue(unit, LADDNAV, "nothing")
        with pytest.raises(UnknownDebtor):
            await billing.describe(unit, LADDNAV, "partner:NL*TNM", name="Nobody")


async def test_an_invoice_is_issued_only_under_its_own_holder(database: Database) -> None:
    one = cdr(energy("1", "1"))
    await keep(database, [one], ours=[party(), party(TANKA)])
    await bill(database, one)
    (heading,) = await headings(database)
    with pytest.raises(UnknownInvoice):
        async with database.unit() as unit:
            await billing.issue(unit, TANKA, heading.ref)
