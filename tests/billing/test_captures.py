"""What a card payment has to say on an invoice, be it out already."""

from datetime import timedelta
from decimal import Decimal

from msgspec.structs import replace

from laddnav.billing import actions as billing
from laddnav.cdrs.events import CdrClosed
from laddnav.db.unit import Database
from laddnav.kit.ids import PartyId
from laddnav.kit.money import Price
from laddnav.parties.model import InvoiceEvery
from laddnav.payments import actions as payments
from laddnav.payments.model import CaptureStatus, Confirmation
from tests.billing.charges import LADDNAV, NOON, cdr, energy, keep, party

PTP = PartyId("AT", "PAY")


async def test_what_was_captured_for_a_charge_stands_on_its_invoice(database: Database) -> None:
    """PAY-030: of the capture that went well, and on the invoice that was issued before it came."""
    paid = replace(cdr(energy("10", "4"), token_owner=PTP), authorization_reference="pp-1")
    await keep(database, [paid], ours=[party(every=InvoiceEvery.SESSION)])
    await billing.bill(database, CdrClosed(holder=LADDNAV, owner=str(LADDNAV), cdr_id=paid.id))
    async with database.unit() as unit:
        (heading,) = await billing.invoices(unit, LADDNAV)
        before = await billing.invoice(unit, heading.ref)
    failed = Confirmation(
        owner=PTP,
        id="C1",
        authorization_reference="PP-1",
        total=Price(Decimal(40)),
        currency="SEK",
        status=CaptureStatus.FAILED,
        last_updated=NOON,
    )
    later = NOON + timedelta(minutes=1)
    went_well = replace(failed, id="C2", status=CaptureStatus.SUCCESS, eft_data=("Mastercard", "AID: 1234"))
    async with database.unit() as unit:
        await payments.keep_confirmation(unit, LADDNAV, failed)
        await payments.keep_confirmation(unit, LADDNAV, replace(went_well, last_updated=later))
    async with database.unit() as unit:
        after = await billing.invoice(unit, heading.ref)
        assert (await billing.issue(unit, LADDNAV, heading.ref)).number == before.number
    assert before.number is not None and before.charges[0].eft_data == ()
    assert after.charges[0].eft_data == ("Mastercard", "AID: 1234")
    assert replace(after, charges=before.charges) == before
