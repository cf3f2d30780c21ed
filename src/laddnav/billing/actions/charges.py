"""Bill a charge: its debtor owes it, and it stands on the debtor's invoice."""

from __future__ import annotations

from msgspec.structs import replace

from laddnav.billing import store
from laddnav.billing.actions import buyers, crediting, held, plans
from laddnav.billing.actions.issuing import issue
from laddnav.billing.events import InvoiceGrew
from laddnav.billing.model import Debtor, DebtorKind, Who
from laddnav.billing.postings import payable_entry, receivable_entry
from laddnav.billing.rules import charge_of, is_ours, owing, period_of, total_of, zone_named
from laddnav.cdrs import actions as cdrs
from laddnav.cdrs.events import CdrAccepted, CdrClosed
from laddnav.cdrs.model import Cdr
from laddnav.customers import actions as customers
from laddnav.customers.actions import allowing
from laddnav.customers.limits import Used
from laddnav.customers.model import Customer
from laddnav.customers.rules import UnknownContract
from laddnav.db.unit import Database, Unit
from laddnav.kit.energy import Energy
from laddnav.kit.ids import EvseRef, PartyId
from laddnav.ledger import actions as ledger
from laddnav.locations import actions as locations
from laddnav.parties import actions as parties
from laddnav.parties.model import InvoiceEvery, Party
from laddnav.sessions.actions import hearing


async def bill(database: Database, event: CdrClosed | CdrAccepted) -> None:
    """Hears CdrClosed and CdrAccepted: the debtor owes it, and its lines are on the debtor's invoice; again is nothing.

    Of a CDR that a partner sent we owe the CPO its total too. A charge that costs nothing is nobody's debt.
    """
    async with database.unit() as unit:
        cdr = await cdrs.fetch(unit, event.holder, PartyId.parse(event.owner), event.cdr_id)
        session_id = await _session_of(unit, cdr)
        if session_id is not None:
            if total_of(cdr):
                allowing.release(unit, cdr.holder, session_id, cdr.owner)
            else:
                await allowing.let_go(unit, cdr.holder, session_id, cdr.owner)
        if not total_of(cdr):
            await held.nothing(unit, cdr)
            return
        if not is_ours(cdr):
            await ledger.post(unit, cdr.holder, payable_entry(cdr))
        party = await parties.fetch(unit, cdr.holder)
        debtor, customer = await _payer_of(unit, cdr)
        if await store.charged.billed_to(unit, cdr.holder, cdr.owner, cdr.id) is not None:
            return
        who = None if customer is None else await _who(unit, cdr, customer)
        charge = replace(charge_of(cdr, await _zone_of(unit, cdr, party)), who=who)
        ref = await store.invoices.opened(unit, cdr.holder, debtor.id, cdr.currency, period_of(cdr, party))
        await store.charged.append(unit, cdr.holder, ref, debtor.id, charge)
        await ledger.post(unit, cdr.holder, receivable_entry(cdr, debtor.id, charge))
        if cdr.credit:
            await crediting.put_back(unit, cdr, debtor.id, ref)
        if customer is None:
            await held.nothing(unit, cdr)
        else:
            less = await plans.take_off(unit, customer, party, cdr, charge)
            await held.charged(unit, cdr, party, debtor, customer, charge, less, ref)
            energy = Energy(-abs(cdr.energy.wh)) if cdr.credit else cdr.energy
            used = Used(energy=energy, cost=charge.amount)
            await allowing.charged(unit, customer, cdr.token.contract_id, owner=cdr.owner, cdr_id=cdr.id, used=used)
        if party.invoice_every is InvoiceEvery.SESSION:
            await issue(unit, cdr.holder, ref)
        else:
            unit.announce(InvoiceGrew(holder=cdr.holder, ref=ref))


async def _session_of(unit: Unit, cdr: Cdr) -> str | None:
    """That holds a part of the wallet; where a partner's CDR does not say which it is, by place and time."""
    if cdr.session_id is not None or cdr.credit or is_ours(cdr):
        return cdr.session_id
    where = EvseRef(cdr.location.id, cdr.location.evse_uid)
    return await hearing.held_for(
        unit, cdr.holder, cdr.owner, cdr.token.contract_id, where, cdr.started_at, cdr.ended_at
    )


async def _payer_of(unit: Unit, cdr: Cdr) -> tuple[Debtor, Customer | None]:
    """Known from now on, if not before, and locked until the Unit ends; a driver may have a customer who pays.

    Whoever has a contract now: what was billed, and what takes it back, stays with whom it was billed to.
    """
    kind, debtor_id = owing(cdr)
    if kind is not DebtorKind.DRIVER:
        return await buyers.known(
            unit, cdr.holder, kind, debtor_id, str(cdr.token.owner), cdr.token.owner.country
        ), None
    before = await store.charged.billed_to(unit, cdr.holder, cdr.owner, cdr.id)
    if before is None and cdr.credit_reference_id is not None:
        before = await store.charged.billed_to(unit, cdr.holder, cdr.owner, cdr.credit_reference_id)
    elif before is None:
        before = await store.charged.credited_to(unit, cdr.holder, cdr.owner, cdr.id)
    if before is None:
        customer = await customers.of_contract(unit, cdr.holder, cdr.token.contract_id)
    else:
        customer = await customers.of_debtor(unit, cdr.holder, before)
    if customer is not None:
        return await plans.known(unit, customer), customer
    name, country = cdr.token.contract_id, cdr.token.owner.country
    return await buyers.known(unit, cdr.holder, kind, before or debtor_id, name, country), None


async def _who(unit: Unit, cdr: Cdr, customer: Customer) -> Who | None:
    """As its contract names them now; of a credit, as the charge that it takes back was billed."""
    if cdr.credit and cdr.credit_reference_id is not None:
        return await store.charged.who_charged(unit, cdr.holder, cdr.owner, cdr.credit_reference_id)
    try:
        one = await customers.contract_of(unit, customer, cdr.token.contract_id)
    except UnknownContract:
        return None
    return Who(cost_centre=one.cost_centre, driver=one.driver)


async def _zone_of(unit: Unit, cdr: Cdr, party: Party) -> str:
    """The place's own; the party's where the Location is not known here."""
    location = await locations.find(unit, cdr.holder, cdr.owner, cdr.location.id)
    return party.time_zone if location is None else zone_named(location.time_zone, party.time_zone)
