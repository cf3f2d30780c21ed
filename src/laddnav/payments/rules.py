"""Who may change what of a terminal, and for which charges a capture has to be told."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from msgspec.structs import replace

from laddnav.cdrs.model import Cdr
from laddnav.kit.ids import EvseRef, PartyId
from laddnav.kit.refusal import Refusal
from laddnav.payments.model import Installed, InvoiceCreator, Terminal, serves


class UnknownTerminal(Refusal):
    """There is no payment terminal of this id."""

    def __init__(self, id: str) -> None:
        super().__init__(f"There is no payment terminal {id!r}")
        self.id = id


class UnknownConfirmation(Refusal):
    """There is no financial advice confirmation of this id."""

    def __init__(self, id: str) -> None:
        super().__init__(f"There is no financial advice confirmation {id!r}")
        self.id = id


class OfAnotherCpo(Refusal):
    """A terminal stands at the charging places of one CPO, and no other has a say."""

    def __init__(self, party: PartyId) -> None:
        super().__init__(f"A terminal of {party} is for {party} to speak of")
        self.party = party


class NotTheirs(Refusal):
    """Only the CPO that has a terminal says what it serves, and only its provider makes it known."""

    def __init__(self, id: str, who: str) -> None:
        super().__init__(f"Only the {who} of terminal {id!r} does that")


class NotServed(Refusal):
    """Drivers cannot pay for this Evse at this terminal."""

    def __init__(self, id: str, where: EvseRef) -> None:
        super().__init__(f"Terminal {id!r} does not serve Evse {where.evse_uid!r} of Location {where.location_id!r}")


class NothingCharged(Refusal):
    """No CDR is known of this authorisation, so that nothing can have been captured for it."""

    def __init__(self, reference: str) -> None:
        super().__init__(f"No CDR has the authorization reference {reference!r}")
        self.reference = reference


def shipped(terminal: Terminal) -> Terminal:
    """As its provider makes it known unasked: what it serves, the CPO says later.

    OCPI 2.3.0 mod_payments_cpo_terminal_post_method.
    """
    return replace(terminal, location_ids=(), evse_uids=())


def for_cpo(terminal: Terminal, cpo: PartyId) -> Terminal:
    """A terminal that names its CPO names this one. Raises OfAnotherCpo."""
    if terminal.party is not None and terminal.party != cpo:
        raise OfAnotherCpo(terminal.party)
    return terminal


def with_said(before: Terminal, said: Terminal) -> Terminal:
    """What a CPO says of a terminal that its provider has already; what it does not say stays, and so does the id."""
    told = {name: getattr(said, name) for name in said.__struct_fields__ if getattr(said, name) not in (None, ())}
    return replace(before, **told | {"id": before.id})


def said_by_cpo(before: Terminal, said: Terminal, cpo: PartyId, now: datetime) -> Terminal:
    """What its CPO makes of it, of the moment in which that came, by which it is listed. Raises OfAnotherCpo."""
    return replace(for_cpo(said, cpo), owner=before.owner, id=before.id, last_updated=max(now, before.last_updated))


def invoices(installed: Iterable[Installed], where: EvseRef) -> bool:
    """Whether the CPO makes the driver's invoice for a charge there (OCPI 2.3.0 mod_payments_invoice_creator_enum)."""
    return any(
        one.deactivated_at is None
        and one.terminal.invoice_creator is InvoiceCreator.CPO
        and serves(one.terminal, where)
        for one in installed
    )


def wanted(cdr: Cdr) -> bool:
    """Whether the CPO makes the invoice, and so has to hear what was captured.

    OCPI 2.3.0 mod_payments_transaction_flow.
    """
    return cdr.invoice_reference_id is not None
