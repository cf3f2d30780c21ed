"""Put onto an invoice what is no charge: a fee, a discount, a share, what somebody laid out."""

from __future__ import annotations

from laddnav.billing import store
from laddnav.billing.actions import buyers
from laddnav.billing.events import InvoiceGrew
from laddnav.billing.model import Item
from laddnav.billing.postings import item_entry
from laddnav.billing.rules import BilledDifferently, fit, item_period
from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.ledger import actions as ledger
from laddnav.parties import actions as parties


async def add(unit: Unit, holder: PartyId, debtor_id: str, item: Item) -> str:
    """The ref of the debtor's open invoice on which it stands, and is owed, from now on; again is nothing.

    Raises UnknownDebtor (`buyers.known` introduces one), UnknownParty, UnfitItem, UnknownItemWords, BilledDifferently.
    """
    fit(item)
    debtor = await buyers.locked(unit, holder, debtor_id)
    before = await store.items.find(unit, holder, item.key)
    if before is not None:
        ref, of, kept = before
        if (of, kept) != (debtor.id, item):
            raise BilledDifferently(item.key)
        return ref
    party = await parties.fetch(unit, holder)
    ref = await store.invoices.opened(unit, holder, debtor.id, item.currency, item_period(item, party))
    store.items.insert(unit, holder, debtor.id, ref, item)
    entry = item_entry(debtor.id, ref, item)
    if entry is not None:
        await ledger.post(unit, holder, entry)
    unit.announce(InvoiceGrew(holder=holder, ref=ref))
    return ref
