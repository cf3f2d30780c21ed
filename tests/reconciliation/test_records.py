"""Which CDRs an invoice is for, and what that comes to against the CDRs that are here."""

from datetime import timedelta
from decimal import Decimal

import pytest

from laddnav.billing import actions as billing
from laddnav.billing.events import InvoiceIssued
from laddnav.cdrs.events import CdrClosed
from laddnav.cdrs.model import Cdr, Costs
from laddnav.db.unit import Database
from laddnav.kit.ids import PartyId
from laddnav.kit.money import Price, TaxAmount
from laddnav.parties.model import InvoiceEvery
from laddnav.reconciliation import actions as reconciliation
from laddnav.reconciliation.model import Record, Sum
from laddnav.reconciliation.rules import NothingListed, NotOurRecord, UnknownRecord
from tests.billing.charges import LADDNAV, NOON, TANKA, TNM, cdr, energy, keep, party


async def records(database: Database, holder: PartyId = LADDNAV) -> list[Record]:
    async with database.unit() as unit:
        return list(await reconciliation.page(unit, holder))


async def issued(database: Database, *some: Cdr) -> None:
    """Billed by the session, so that each is on an invoice of its own."""
    for each in some:
        await billing.bill(database, CdrClosed(holder=LADDNAV, owner=str(LADDNAV), cdr_id=each.id))
    async with database.unit() as unit:
        refs = [one.ref for one in reversed(await billing.invoices(unit, LADDNAV))]
    for ref in refs:
        await reconciliation.record_issued(database, InvoiceIssued(holder=LADDNAV, ref=ref))


def costs(excl: str, tax: str | None = None) -> Costs:
    taxes = None if tax is None else (TaxAmount("VAT", Decimal(tax)),)
    return Costs(total=Price(Decimal(excl), taxes))


async def test_an_invoice_that_went_to_a_partner_has_a_record_and_one_of_a_driver_has_none(database: Database) -> None:
    """INV-004, INV-009, INV-013: direct billing; the invoice itself is no part of it, but what it is called."""
    of_partner, of_driver = cdr(energy("10", "4"), id="P"), cdr(energy("10", "4"), id="D", token_owner=LADDNAV)
    await keep(database, [of_partner, of_driver], ours=[party(every=InvoiceEvery.SESSION)])
    await issued(database, of_partner, of_driver)
    await issued(database)
    (record,) = await records(database)
    async with database.unit() as unit:
        invoice = await billing.invoice(unit, record.id)
    assert (record.owner, record.receiver, record.cpo, record.emsp) == (LADDNAV, TNM, LADDNAV, TNM)
    assert (record.invoice_id, record.cdrs) == (invoice.number, ("P",))
    assert record.last_updated == invoice.issued_at


async def test_a_record_is_held_against_the_cdrs_that_are_here(database: Database) -> None:
    """INV-011, INV-012, INV-017: credits are taken off, and only the list says what is invoiced."""
    hours = [NOON + timedelta(hours=hour) for hour in range(4)]
    some = [
        cdr(id="A", owner=TNM, token_owner=LADDNAV, costs=costs("10", "2.5"), ended_at=hours[0]),
        cdr(id="B", owner=TNM, token_owner=LADDNAV, costs=costs("7", "1.75"), ended_at=hours[1]),  # nobody lists it
        cdr(id="C", owner=TNM, token_owner=LADDNAV, costs=costs("5", "1.25"), ended_at=hours[2]),
        # Its sender forgot the sign.
        cdr(id="A-C", owner=TNM, token_owner=LADDNAV, costs=costs("10", "2.5"), ended_at=hours[0], credits="A"),
        cdr(id="E", owner=TNM, token_owner=LADDNAV, costs=costs("3"), currency="EUR", ended_at=hours[2]),
        cdr(id="LATER", owner=TNM, token_owner=LADDNAV, costs=costs("9"), ended_at=hours[3]),
        cdr(id="A", owner=TANKA, token_owner=LADDNAV, costs=costs("99"), ended_at=hours[0]),  # of another CPO
    ]
    await keep(database, some, ours=[party()])
    async with database.unit() as unit:
        heard = heard_record("R1", ("a", "C", "A-C", "E", "NOWHERE"), owner=TNM, cpo=TNM, ref="ref 1")
        await reconciliation.keep(unit, LADDNAV, heard)
        again = heard_record("R2", ("C", "LATER"), owner=TNM, cpo=TNM, ref="ref 2")
        await reconciliation.keep(unit, LADDNAV, again)
    async with database.unit() as unit:
        found = await reconciliation.reconciled(unit, "ref 1")
    assert [one.id for one in found.listed] == ["A", "A-C", "C", "E"]
    assert found.sums == (
        Sum("EUR", 1, Decimal(3), None),
        Sum("SEK", 3, Decimal(5), Decimal("6.25")),
    )
    assert found.missing == ("NOWHERE",)
    assert [one.id for one in found.unlisted] == ["B"]
    assert [(one.cdr_id, one.record_ref, one.invoice_id) for one in found.overlaps] == [("C", "ref 2", "Invoice R2")]
    assert not found.sound


async def test_in_reverse_billing_the_cdrs_are_those_of_who_hears_of_the_invoice(database: Database) -> None:
    """INV-018, INV-004: the owner of the record is the eMSP, and has no CDRs of its own here."""
    await keep(database, [cdr(id="A", costs=costs("10")), cdr(id="B", token_owner=TANKA)], ours=[party()])
    async with database.unit() as unit:
        heard = heard_record("R1", ("A",), owner=TNM, cpo=LADDNAV, ref="ref 1")
        await reconciliation.keep(unit, LADDNAV, heard)
    async with database.unit() as unit:
        found = await reconciliation.reconciled(unit, "ref 1")
    assert (heard.emsp, [one.id for one in found.listed], found.missing, found.unlisted) == (TNM, ["A"], (), ())
    assert found.sound


async def test_a_record_is_put_right_or_taken_back_by_who_made_it(database: Database) -> None:
    """INV-007, INV-015: last_updated moves on with every change."""
    async with database.unit() as unit:
        with pytest.raises(NothingListed):
            await reconciliation.issue(unit, LADDNAV, receiver=TNM, cpo=TNM, invoice_id="I1", cdrs=())
        first = await reconciliation.issue(unit, LADDNAV, receiver=TNM, cpo=TNM, invoice_id="I1", cdrs=("A", "a", "B"))
    assert (first.cdrs, first.owner, first.emsp) == (("A", "B"), LADDNAV, LADDNAV)
    async with database.unit() as unit:
        after = await reconciliation.revise(unit, first.ref, invoice_id="I1", cdrs=("A",))
        assert after.last_updated > first.last_updated
        await reconciliation.retract(unit, first.ref)
        with pytest.raises(UnknownRecord):
            await reconciliation.by_ref(unit, first.ref)
        theirs = heard_record("R1", ("A",), owner=TNM, cpo=TNM, ref="theirs")
        await reconciliation.keep(unit, LADDNAV, theirs)
        assert not await reconciliation.keep(unit, LADDNAV, theirs)
        with pytest.raises(NotOurRecord):
            await reconciliation.retract(unit, "theirs")


def heard_record(id: str, cdrs: tuple[str, ...], *, owner: PartyId, cpo: PartyId, ref: str) -> Record:
    return Record(
        holder=LADDNAV,
        owner=owner,
        id=id,
        ref=ref,
        receiver=LADDNAV,
        cpo=cpo,
        invoice_id=f"Invoice {id}",
        cdrs=cdrs,
        last_updated=NOON,
    )
