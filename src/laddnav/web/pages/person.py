"""One person for whoever helps them: what charges, what was charged, paid, billed, owed and written, on one page."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from msgspec import Struct
from starlette.responses import Response

from laddnav.billing import actions as billing
from laddnav.billing.actions import settling
from laddnav.billing.model import InvoiceHeading
from laddnav.billing.open_items import DebtorStanding
from laddnav.billing.rules import UnknownDebtor
from laddnav.cdrs import actions as cdrs
from laddnav.cdrs.model import Cdr
from laddnav.customers import actions as customers
from laddnav.customers.actions import coming
from laddnav.customers.model import Customer, Note
from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.mail import actions as mail
from laddnav.mail.model import Mail
from laddnav.payments.actions import paying
from laddnav.payments.payment import Payment
from laddnav.people.api import yours
from laddnav.people.model import Role
from laddnav.sessions import actions as sessions
from laddnav.sessions.model import Session
from laddnav.tokens import actions as tokens
from laddnav.tokens.model import Token
from laddnav.tokens.rules import UnknownToken
from laddnav.web.asked import Asked, Door, do, see
from laddnav.web.pages import mine
from laddnav.web.pages.payments import REASONS, left

FEW = 10
HERE = "/contracts"


class Person(Struct, frozen=True, kw_only=True):
    """What is known of a customer, or of the driver of a contract that is no customer's."""

    charging: Sequence[Session]
    cards: Sequence[Token]
    charges: Sequence[Cdr]
    payments: Sequence[tuple[Payment, Decimal]]
    invoices: Sequence[InvoiceHeading]
    standings: Sequence[DebtorStanding]
    mails: Sequence[Mail] = ()
    notes: Sequence[Note] = ()
    asked_to_leave: bool = False


async def of_customer(unit: Unit, customer: Customer) -> Person:
    contracts = await customers.contracts(unit, customer)
    known = [token for _, token in await coming.cards(unit, customer)]
    uids = [one.uid for one in known]
    charged = await cdrs.of_tokens(unit, customer.holder, uids, limit=5 * FEW)
    charging = await sessions.open_of_tokens(unit, customer.holder, uids)
    debtors = [customer.debtor_id, *(f"driver:{one.contract_id}" for one in contracts)]
    return Person(
        charging=[one for one in charging if mine.is_theirs(contracts, one.token, one.started_at)],
        cards=known,
        charges=[one for one in charged if mine.is_theirs(contracts, one.token, one.started_at)][:FEW],
        payments=await _payments(unit, customer.holder, debtors),
        invoices=await billing.invoices(unit, customer.holder, debtor_id=customer.debtor_id, limit=FEW),
        standings=await _standings(unit, customer.holder, customer.debtor_id),
        mails=await mail.to_address(unit, customer.holder, customer.email, limit=FEW) if customer.email else (),
        notes=await coming.notes(unit, customer),
        asked_to_leave=await coming.asked_to_leave(unit, customer) is not None,
    )


async def _of_contract(unit: Unit, holder: PartyId, contract_id: str) -> Person:
    known = await tokens.by_contract(unit, holder, holder, contract_id)
    uids = [one.uid for one in known]
    debtor = f"driver:{contract_id}"
    charged = await cdrs.of_tokens(unit, holder, uids, limit=5 * FEW)
    return Person(
        charging=[
            one for one in await sessions.open_of_tokens(unit, holder, uids) if one.token.contract_id == contract_id
        ],
        cards=known,
        charges=[one for one in charged if one.token.contract_id == contract_id][:FEW],
        payments=await _payments(unit, holder, [debtor]),
        invoices=await billing.invoices(unit, holder, debtor_id=debtor, limit=FEW),
        standings=await _standings(unit, holder, debtor),
    )


async def _payments(unit: Unit, holder: PartyId, debtors: Sequence[str]) -> list[tuple[Payment, Decimal]]:
    return [(one, left(one)) for one in await paying.of_debtors(unit, holder, debtors, limit=FEW)]


async def _standings(unit: Unit, holder: PartyId, debtor: str) -> Sequence[DebtorStanding]:
    try:
        return await settling.standings(unit, holder, debtor)
    except UnknownDebtor:  # nothing was billed to them yet
        return ()


async def contract(asked: Asked) -> Response:
    """A contract that is nobody's as yet; one that is a customer's leads there. Raises UnknownToken, NotYours."""
    named, contract_id = asked.query("holder"), asked.query("contract")
    if named is None or contract_id is None:
        return asked.done("/find")
    holder = yours(asked.visitor, PartyId.parse(named))
    async with asked.unit() as unit:
        customer = await customers.of_contract(unit, holder, contract_id)
        if customer is not None:
            return asked.done(f"/customers/{customer.ref}")
        person = await _of_contract(unit, holder, contract_id)
    if not (person.cards or person.invoices or person.payments):
        raise UnknownToken(contract_id)
    return asked.page(
        "contract.html",
        holder=holder,
        contract_id=contract_id,
        person=person,
        refund_reasons=REASONS,
        path=asked.address,
    )


async def note(asked: Asked) -> Response:
    async with asked.unit() as unit:
        customer = await _customer(asked, unit)
        coming.note_down(unit, customer, asked.said("text"), by=asked.visitor.name)
    return asked.done(f"/customers/{customer.ref}", asked.say("The note is kept."))


async def send_again(asked: Asked) -> Response:
    async with asked.unit() as unit:
        known = await mail.by_ref(unit, asked.part("ref"))
        yours(asked.visitor, known.holder)
        await mail.send_again(unit, known.ref, by=asked.visitor.name)
    asked.console.database.wake()
    return asked.done(asked.said("back") or "/mail", asked.say("It is sent once more."))


async def link(asked: Asked) -> Response:
    """Mail this customer a link to their own pages. Raises UnfitCustomer, EnoughLinks, UnknownCustomer, NotYours."""
    async with asked.unit() as unit:
        customer = await _customer(asked, unit)
        await coming.send_link_to(unit, customer, url=asked.console.url, by=asked.visitor.name)
    asked.console.database.wake()
    return asked.done(f"/customers/{customer.ref}", asked.say("A link to their own pages is on its way."))


async def left_us(asked: Asked) -> Response:
    async with asked.unit() as unit:
        customer = await _customer(asked, unit)
        await coming.has_left(unit, customer, by=asked.visitor.name)
    return asked.done(f"/customers/{customer.ref}", asked.say("Marked as done. Their visits and links are over."))


async def _customer(asked: Asked, unit: Unit) -> Customer:
    """Raises UnknownCustomer, NotYours."""
    customer = await customers.by_ref(unit, asked.part("ref"))
    yours(asked.visitor, customer.holder)
    return customer


DOORS: tuple[Door, ...] = (
    see(HERE, contract),
    do("/customers/{ref}/notes", note, Role.SUPPORT, also=(Role.FINANCE,)),
    do("/customers/{ref}/link", link, Role.SUPPORT),
    do("/customers/{ref}/left", left_us, Role.ADMIN),
    do("/mail/{ref}/again", send_again, Role.SUPPORT),
)
