"""Write off what nobody will pay, and take that back where somebody does."""

from __future__ import annotations

from laddnav.billing import written_off as rules
from laddnav.billing.actions import buyers, reading, settling, undoing
from laddnav.billing.events import InvoiceWrittenOff
from laddnav.billing.model import Invoice
from laddnav.billing.open_items import MatchedBy, OpenItem, Share
from laddnav.billing.store import settling as store
from laddnav.db.unit import Unit
from laddnav.ledger import actions as ledger
from laddnav.payments.actions import paying
from laddnav.payments.payment import State
from laddnav.people import actions as people

UNDER_WAY = (State.ASKED, State.WAITING, State.HELD)


async def write_off(unit: Unit, ref: str, why: str, *, vat_back: bool, by: str) -> OpenItem:
    """All that is open of an overdue invoice is a loss of ours, and its customer charges no more.

    Raises UnknownInvoice, NothingLost, BeingPaidStill, LossWithoutReason.
    """
    said = rules.reason(why)
    invoice, item = await _locked(unit, ref)
    if not item.overdue(unit.now):
        raise rules.NothingLost(item.number)
    payments = await paying.page(unit, item.holder, about=item.number, limit=5)
    if any(one.state in UNDER_WAY for one in payments):
        raise rules.BeingPaidStill(item.number)
    times = len(await _losses(unit, item)) + 1
    entry = rules.loss_entry(item, said, times=times, vat_back=invoice.vat if vat_back else ())
    await ledger.post(unit, item.holder, entry)
    posted = await ledger.by_key(unit, item.holder, entry.key)
    shares = (Share(item.ref, item.open, MatchedBy.LOST),)
    store.settle(unit, item.holder, entry.key, posted.id, item.debtor_id, item.currency, shares, by)
    vat = " with its VAT had back" if vat_back else ""
    people.note(unit, by, "write off", f"invoice {item.number}", f"{item.open} {item.currency}{vat}: {said}")
    unit.announce(InvoiceWrittenOff(holder=item.holder, ref=item.ref))
    return await settling.item_named(unit, item.holder, item.number)


async def take_back(unit: Unit, ref: str, why: str, *, by: str) -> OpenItem:
    """It is owed again, and its VAT too. Raises UnknownInvoice, NotWrittenOff, LossWithoutReason."""
    said = rules.reason(why)
    _, item = await _locked(unit, ref)
    if await why_lost(unit, item) is None:
        raise rules.NotWrittenOff(item.number)
    *_, key = await _losses(unit, item)
    back = await ledger.reverse(unit, item.holder, key, said, by)
    await undoing.take_back(unit, item.holder, item.debtor_id, key, source=back.entry.key, by=by)
    people.note(unit, by, "take write-off back", f"invoice {item.number}", said)
    return await settling.item_named(unit, item.holder, item.number)


async def why_lost(unit: Unit, item: OpenItem) -> str | None:
    """As whoever wrote it off said; None: nobody did, or it was taken back."""
    if item.number not in await store.lost(unit, item.holder, item.debtor_id):
        return None
    *_, key = await _losses(unit, item)
    return rules.said_in(await ledger.by_key(unit, item.holder, key))


async def _losses(unit: Unit, item: OpenItem) -> list[str]:
    """The keys of what wrote it off, the newest last."""
    settled = await store.of_invoice(unit, item.holder, item.ref)
    return [one.source for one in settled if one.why is MatchedBy.LOST]


async def _locked(unit: Unit, ref: str) -> tuple[Invoice, OpenItem]:
    invoice = await reading.invoice(unit, ref)
    if invoice.number is None:
        raise rules.NothingLost("that is not issued")
    await buyers.locked(unit, invoice.holder, invoice.debtor.id)
    return invoice, await settling.item_named(unit, invoice.holder, invoice.number)
