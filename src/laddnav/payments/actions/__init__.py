"""Verbs about payment terminals and captures: as their provider, and as the CPO at whose charging places they stand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from msgspec.structs import replace

from laddnav.cdrs import actions as cdrs
from laddnav.cdrs.model import Cdr
from laddnav.db.unit import Unit
from laddnav.kit.ids import EvseRef, PartyId, fold
from laddnav.locations import actions as locations
from laddnav.locations.rules import connector_of, evse_of
from laddnav.payments import rules
from laddnav.payments.events import (
    ConfirmationChanged,
    TerminalAssigned,
    TerminalChanged,
    TerminalDeactivated,
    TerminalDescribed,
)
from laddnav.payments.model import (
    Captured,
    CaptureStatus,
    Confirmation,
    Installed,
    InvoiceCreator,
    Offer,
    Terminal,
    serves,
)
from laddnav.payments.rules import NothingCharged, NotServed, NotTheirs, UnknownConfirmation, UnknownTerminal
from laddnav.payments.store import terminals as store
from laddnav.tariffs import actions as tariffs
from laddnav.tariffs.model import TariffType

# ---- As provider


async def introduce(unit: Unit, terminal: Terminal, cpo: PartyId) -> Installed:
    """A terminal of ours goes to a CPO, who will say what it serves. Raises OfAnotherCpo."""
    holder = terminal.owner
    before = await store.terminal(unit, holder, holder, terminal.id, lock=True)
    if before is None or before.cpo != cpo:
        terminal = rules.shipped(terminal)
    return _told(unit, before, rules.for_cpo(terminal, cpo), cpo)


async def activate(unit: Unit, holder: PartyId, cpo: PartyId, said: Terminal) -> Installed:
    """A CPO asks for a terminal that came with its station: ours of that reference, or else a new one.

    OCPI 2.3.0 mod_payments_ptp_terminal_post_activate_method. Raises OfAnotherCpo.
    """
    await store.activate_alone(unit, holder)
    known = [one for one in await store.terminals_of(unit, holder, holder) if _is_meant(one.terminal, said)]
    before = await store.terminal(unit, holder, holder, known[0].terminal.id if known else said.id, lock=True)
    if before is not None and before.cpo != cpo:
        raise rules.OfAnotherCpo(before.cpo)
    terminal = replace(rules.for_cpo(said, cpo), owner=holder, last_updated=unit.now)
    if before is not None:
        terminal = rules.with_said(before.terminal, terminal)
    return _told(unit, before, terminal, cpo)


def _is_meant(ours: Terminal, said: Terminal) -> bool:
    return said.reference is not None and fold(ours.reference or "") == fold(said.reference)


def _told(unit: Unit, before: Installed | None, terminal: Terminal, cpo: PartyId) -> Installed:
    """Kept as ours, and its CPO is to hear of it."""
    holder = terminal.owner
    ref = unit.new_id() if before is None else before.ref
    one = Installed(holder=holder, ref=ref, cpo=cpo, terminal=terminal)
    store.put_terminal(unit, one)
    unit.announce(TerminalChanged(holder=holder, owner=str(holder), terminal_id=terminal.id))
    return one


async def hear_cpo(unit: Unit, holder: PartyId, cpo: PartyId, id: str, said: Terminal) -> Installed:
    """Its CPO changes a terminal of ours. Raises UnknownTerminal, OfAnotherCpo."""
    before = await _of_cpo(unit, holder, cpo, id)
    after = replace(before, terminal=rules.said_by_cpo(before.terminal, said, cpo, unit.now))
    store.put_terminal(unit, after)
    unit.announce(TerminalAssigned(holder=holder, owner=str(holder), terminal_id=after.terminal.id))
    return after


async def hear_deactivation(unit: Unit, holder: PartyId, cpo: PartyId, id: str) -> None:
    """Its CPO has no use for a terminal of ours; again is nothing. Raises UnknownTerminal."""
    _deactivate(unit, await _of_cpo(unit, holder, cpo, id))


async def _of_cpo(unit: Unit, holder: PartyId, cpo: PartyId, id: str) -> Installed:
    """One of ours that stands with this CPO; those of others are as unknown to it as none."""
    one = await store.terminal(unit, holder, holder, id, lock=True)
    if one is None or one.cpo != cpo:
        raise UnknownTerminal(id)
    return one


async def confirm(unit: Unit, confirmation: Confirmation) -> Captured:
    """What was captured for a charge of ours; told to its CPO where that makes the invoice. Raises NothingCharged."""
    holder = confirmation.owner
    cdr = await cdrs.of_authorization(unit, holder, confirmation.authorization_reference)
    if cdr is None:
        raise NothingCharged(confirmation.authorization_reference)
    return await _keep_confirmation(unit, holder, confirmation, cdr.owner, cdr, wanted=rules.wanted(cdr))


async def offer(unit: Unit, ref: str, cpo: PartyId, where: EvseRef, connector_id: str | None) -> Offer:
    """What a driver at one of our terminals is shown, and asked to have reserved, before anything starts.

    The place and the Tariff are as the CPO last told them (OCPI 2.3.0 mod_payments_transaction_flow). Raises
    UnknownTerminal, NotServed, UnknownLocation, UnknownEvse, UnknownConnector.
    """
    one = await terminal_by_ref(unit, ref)
    if one.cpo != cpo or one.deactivated_at is not None or not serves(one.terminal, where):
        raise NotServed(one.terminal.id, where)
    location = await locations.fetch(unit, one.holder, cpo, where.location_id)
    evse = evse_of(location, where.evse_uid)
    connector = evse.connectors[0] if connector_id is None else connector_of(evse, connector_id)
    tariff = await tariffs.offered(unit, one.holder, cpo, connector.tariff_ids, unit.now, TariffType.AD_HOC_PAYMENT)
    return Offer(
        holder=one.holder,
        terminal=one.terminal,
        connector_id=connector.id,
        tariff=tariff,
        preauthorize=None if tariff is None else tariff.preauthorize_amount,
    )


# ---- As CPO


async def keep(unit: Unit, holder: PartyId, terminal: Terminal) -> None:
    """A provider lists a terminal at our charging places, be it one that we gave up. Raises OfAnotherCpo."""
    before = await store.terminal(unit, holder, terminal.owner, terminal.id, lock=True)
    _keep(unit, holder, terminal, before, None if before is None else before.deactivated_at)


async def make_known(unit: Unit, holder: PartyId, terminal: Terminal) -> None:
    """A provider tells us of a terminal, so that drivers pay at it, also again. Raises OfAnotherCpo."""
    _keep(unit, holder, terminal, await store.terminal(unit, holder, terminal.owner, terminal.id, lock=True), None)


def _keep(
    unit: Unit, holder: PartyId, terminal: Terminal, before: Installed | None, deactivated_at: datetime | None
) -> None:
    rules.for_cpo(terminal, holder)
    ref = unit.new_id() if before is None else before.ref
    store.put_terminal(
        unit, Installed(holder=holder, ref=ref, cpo=holder, deactivated_at=deactivated_at, terminal=terminal)
    )
    unit.announce(TerminalChanged(holder=holder, owner=str(terminal.owner), terminal_id=terminal.id))


async def assign(unit: Unit, ref: str, *, location_ids: Sequence[str], evse_uids: Sequence[str]) -> Installed:
    """What a terminal serves: all Evses of these Locations, and these besides. Raises UnknownTerminal, NotTheirs."""
    before = await _at_ours(unit, ref)
    terminal = replace(
        before.terminal, location_ids=tuple(location_ids), evse_uids=tuple(evse_uids), last_updated=unit.now
    )
    after = replace(before, terminal=terminal)
    store.put_terminal(unit, after)
    unit.announce(TerminalAssigned(holder=after.holder, owner=str(terminal.owner), terminal_id=terminal.id))
    return after


async def describe(
    unit: Unit,
    ref: str,
    *,
    customer_reference: str | None,
    invoice_base_url: str | None,
    invoice_creator: InvoiceCreator | None,
) -> Installed:
    """By what we know it, and who makes the invoice and where it is found. Raises UnknownTerminal, NotTheirs."""
    before = await _at_ours(unit, ref)
    terminal = replace(
        before.terminal,
        customer_reference=customer_reference,
        invoice_base_url=invoice_base_url,
        invoice_creator=invoice_creator,
        last_updated=unit.now,
    )
    after = replace(before, terminal=terminal)
    store.put_terminal(unit, after)
    unit.announce(TerminalDescribed(holder=after.holder, owner=str(terminal.owner), terminal_id=terminal.id))
    return after


async def deactivate(unit: Unit, ref: str) -> Installed:
    """It is broken, or moves away; its provider is told. Raises UnknownTerminal, NotTheirs."""
    return _deactivate(unit, await _at_ours(unit, ref))


def _deactivate(unit: Unit, before: Installed) -> Installed:
    if before.deactivated_at is not None:
        return before
    after = replace(before, deactivated_at=unit.now, terminal=replace(before.terminal, last_updated=unit.now))
    store.put_terminal(unit, after)
    owner = before.terminal.owner
    unit.announce(TerminalDeactivated(holder=before.holder, owner=str(owner), terminal_id=before.terminal.id))
    return after


async def _at_ours(unit: Unit, ref: str) -> Installed:
    one = await terminal_by_ref(unit, ref)
    if one.cpo != one.holder or one.terminal.owner == one.holder:
        raise NotTheirs(one.terminal.id, "CPO")
    locked = await store.terminal(unit, one.holder, one.terminal.owner, one.terminal.id, lock=True)
    assert locked is not None, "terminals are never forgotten"
    return locked


async def invoice_reference(
    unit: Unit, holder: PartyId, owner: PartyId, where: EvseRef, reference: str | None
) -> str | None:
    """What our invoice for a charge begun at a terminal of this provider will be found by; None: it makes its own."""
    installed = await store.terminals_of(unit, holder, owner)
    return reference if rules.invoices(installed, where) else None


async def keep_confirmation(unit: Unit, holder: PartyId, confirmation: Confirmation) -> None:
    """A provider tells what it captured for a charge of ours."""
    cdr = await cdrs.of_authorization(unit, holder, confirmation.authorization_reference)
    await _keep_confirmation(unit, holder, confirmation, holder, cdr, wanted=True)


async def _keep_confirmation(
    unit: Unit, holder: PartyId, confirmation: Confirmation, cpo: PartyId, cdr: Cdr | None, *, wanted: bool
) -> Captured:
    before = await store.confirmation(unit, holder, confirmation.owner, confirmation.id, lock=True)
    ref = unit.new_id() if before is None else before.ref
    where = None if cdr is None else EvseRef(cdr.location.id, cdr.location.evse_uid)
    one = Captured(holder=holder, ref=ref, cpo=cpo, where=where, confirmation=confirmation)
    store.put_confirmation(unit, one)
    unit.announce(
        ConfirmationChanged(
            holder=holder, owner=str(confirmation.owner), confirmation_id=confirmation.id, wanted=wanted
        )
    )
    return one


async def eft_data(unit: Unit, holder: PartyId, references: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    """Folded authorisation → the lines that the law wants on the invoice, of the last capture that did not fail."""
    return {
        fold(one.confirmation.authorization_reference): one.confirmation.eft_data
        for one in await store.confirmations_of(unit, holder, references)
        if one.confirmation.status is not CaptureStatus.FAILED
    }


async def charged(unit: Unit, one: Captured) -> Cdr | None:
    """The CDR that was paid so; None: it is not here yet."""
    return await cdrs.of_authorization(unit, one.holder, one.confirmation.authorization_reference)


# ---- Reads


async def find_terminal(
    unit: Unit, holder: PartyId, owner: PartyId, id: str, *, lock: bool = False
) -> Installed | None:
    """Locked, nobody else changes it before this Unit ends."""
    return await store.terminal(unit, holder, owner, id, lock=lock)


async def terminal_by_ref(unit: Unit, ref: str) -> Installed:
    """Raises UnknownTerminal."""
    one = await store.terminal_by_ref(unit, ref)
    if one is None:
        raise UnknownTerminal(ref)
    return one


async def terminals(
    unit: Unit, holder: PartyId | None, *, before: str | None = None, limit: int = 50
) -> Sequence[Installed]:
    """Newest first; the last ref is the next `before`."""
    return await store.terminals(unit, holder, before, limit)


async def find_confirmation(unit: Unit, holder: PartyId, owner: PartyId, id: str) -> Captured | None:
    return await store.confirmation(unit, holder, owner, id)


async def confirmation_by_ref(unit: Unit, ref: str) -> Captured:
    """Raises UnknownConfirmation."""
    one = await store.confirmation_by_ref(unit, ref)
    if one is None:
        raise UnknownConfirmation(ref)
    return one


async def confirmations(
    unit: Unit, holder: PartyId | None, *, before: str | None = None, limit: int = 50
) -> Sequence[Captured]:
    """Newest first; the last ref is the next `before`."""
    return await store.confirmations(unit, holder, before, limit)


async def captures_at(
    unit: Unit, installed: Installed, *, unplaced: bool = False, before: str | None = None, limit: int = 50
) -> Sequence[Captured]:
    """What its provider captured for charges where this terminal serves, newest first; the last ref is the next.

    `unplaced`: also that of which nobody knew where, because it was told before its CDR.
    """
    cpo = installed.cpo if unplaced else None
    return await store.confirmations_at(unit, installed.holder, installed.terminal, cpo, before, limit)
