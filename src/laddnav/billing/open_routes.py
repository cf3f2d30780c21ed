"""The operator API about what is open: invoices that wait to be paid, what a bank said, credits, reminders."""

from __future__ import annotations

import asyncio
from datetime import date
from decimal import Decimal
from typing import Annotated

from msgspec import Meta, Struct

from laddnav.billing import actions
from laddnav.billing.actions import banking, crediting, interest, mailing, paying_back, reminders, settling, writing_off
from laddnav.billing.bank import BankEntry, BankFile
from laddnav.billing.interest import LateRate
from laddnav.billing.model import Invoice
from laddnav.billing.open_items import DebtorStanding, OpenItem, SettledBy
from laddnav.billing.reminding import Reminder
from laddnav.billing.statement import statement
from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import PartyId
from laddnav.mail.model import MailState
from laddnav.parties import actions as parties
from laddnav.payments.payment import Refund
from laddnav.people.api import File, Limit, Page, Route, page, yours
from laddnav.people.model import Role, Visitor

Line = Annotated[str, Meta(max_length=200)]
Why = Annotated[str, Meta(min_length=1, max_length=500)]
Numbers = Annotated[tuple[Line, ...], Meta(max_length=50)]


class SettlementOfInvoice(Struct, frozen=True, kw_only=True):
    """What of an issued invoice is settled, by which entries of the ledger, and who was reminded of the rest."""

    holder: PartyId
    item: OpenItem
    open: Decimal
    settled_by: tuple[SettledBy, ...]
    reminders: tuple[Reminder, ...]
    reminders_stopped: str | None


class AccountOfDebtor(Struct, frozen=True, kw_only=True):
    """How a debtor stands, a currency each."""

    holder: PartyId
    standings: tuple[DebtorStanding, ...]


class ApplyOnAccount(Struct, frozen=True, kw_only=True):
    """What is on account settles invoice `number`, or without one what is due longest."""

    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")]
    number: Line | None = None


class CreditInvoice(Struct, frozen=True, kw_only=True):
    """`lines` count those of the invoice from one, as its electronic form does; without them, all that are left."""

    why: Why
    lines: Annotated[tuple[int, ...], Meta(min_length=1, max_length=10_000)] | None = None


class StopReminders(Struct, frozen=True, kw_only=True):
    why: Why


class WriteOff(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`vat_back`: the state gives back the VAT of it, so that this is no loss."""

    why: Why
    vat_back: bool = False


class WrittenOffInError(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    why: Why


class SaidWrong(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    why: Why


class PayBack(Struct, frozen=True, kw_only=True):
    """Without `amount`, all that is on account and a provider took."""

    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")]
    amount: Decimal | None = None
    why: Why


class PaidBack(Struct, frozen=True, kw_only=True):
    """A refund each payment; one that is WAITING wants a second person to agree."""

    holder: PartyId
    refunds: tuple[Refund, ...]


class LateRateSaid(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`reference` and `points` are percent a year: the rate that a central bank names, and what is put on it."""

    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")]
    business: bool
    since: date
    reference: Decimal
    points: Decimal
    holder: str | None = None


class ReadBankFile(Struct, frozen=True, kw_only=True):
    """`document` is the file as text: camt.053.001.02 or .08."""

    holder: str
    name: Line
    document: str


class DecideMovement(Struct, frozen=True, kw_only=True):
    """Of a debtor, who pays these invoices or what is due longest; or of an account of the ledger.

    `fee`: what a provider, whose account `clearing:…` it is, kept of what it paid out.
    """

    debtor_id: Line | None = None
    numbers: Numbers = ()
    account: Line | None = None
    fee: Decimal | None = None


class InvoiceMailed(Struct, frozen=True, kw_only=True):
    """`mail` is its ref among mails."""

    holder: PartyId
    mail: str
    to: str
    state: MailState


class FilesRead(Struct, frozen=True, kw_only=True):
    holder: PartyId
    files: tuple[BankFile, ...]


async def list_open_items(
    unit: Unit, by: Visitor, *, limit: Limit = 50, cursor: str | None = None, overdue: bool = False
) -> Page[OpenItem]:
    """Invoices and credit notes that are not settled, what is due longest first."""
    found = await settling.page_of_open(unit, by.holder, only_due=overdue, after=cursor, limit=limit + 1)
    return page(found, limit, lambda one: one.ref)


async def fetch_settlement_of_invoice(unit: Unit, ref: str) -> SettlementOfInvoice:
    """What settled an issued invoice."""
    return await _settlement(unit, await actions.invoice(unit, ref))


async def _settlement(unit: Unit, invoice: Invoice) -> SettlementOfInvoice:
    item = await settling.item_named(unit, invoice.holder, invoice.number or "")
    known, stopped = await reminders.of_invoice(unit, invoice.holder, invoice.ref)
    return SettlementOfInvoice(
        holder=invoice.holder,
        item=item,
        open=item.open,
        settled_by=await settling.settled_by(unit, invoice.holder, invoice.ref),
        reminders=known,
        reminders_stopped=stopped,
    )


async def credit_invoice(unit: Unit, by: Visitor, ref: str, body: CreditInvoice) -> Invoice:
    """A credit note of an issued invoice, or of some of its lines, which is set off against it."""
    invoice = await actions.invoice(unit, ref)
    return await crediting.credit(unit, invoice.holder, ref, body.why, by=by.name, lines=body.lines)


async def remind_of_invoice(unit: Unit, by: Visitor, ref: str) -> SettlementOfInvoice:
    """The next reminder of an overdue invoice, now."""
    invoice = await actions.invoice(unit, ref)
    await reminders.remind(unit, invoice.holder, invoice.number or "", by=by.name)
    return await _settlement(unit, invoice)


async def stop_reminders(unit: Unit, by: Visitor, ref: str, body: StopReminders) -> SettlementOfInvoice:
    """Nobody is reminded of this invoice any more."""
    invoice = await actions.invoice(unit, ref)
    await reminders.stop(unit, invoice.holder, invoice.number or "", body.why, by=by.name)
    return await _settlement(unit, invoice)


async def go_on_reminding(unit: Unit, by: Visitor, ref: str) -> SettlementOfInvoice:
    """It is reminded of again."""
    invoice = await actions.invoice(unit, ref)
    await reminders.go_on(unit, invoice.holder, invoice.number or "", by=by.name)
    return await _settlement(unit, invoice)


async def write_off_invoice(unit: Unit, by: Visitor, ref: str, body: WriteOff) -> SettlementOfInvoice:
    """All that is open of an overdue invoice is a loss: nobody will pay it."""
    await writing_off.write_off(unit, ref, body.why, vat_back=body.vat_back, by=by.name)
    return await _settlement(unit, await actions.invoice(unit, ref))


async def take_write_off_back(unit: Unit, by: Visitor, ref: str, body: WrittenOffInError) -> SettlementOfInvoice:
    """It is owed again."""
    await writing_off.take_back(unit, ref, body.why, by=by.name)
    return await _settlement(unit, await actions.invoice(unit, ref))


async def mail_invoice_again(database: Database, by: Visitor, ref: str) -> InvoiceMailed:
    """To where its debtor takes mail now, once a minute at most."""
    async with database.unit() as unit:
        yours(by, (await actions.invoice(unit, ref)).holder)
        minute = f"{unit.now:%Y-%m-%d %H:%M}"
    sent = await mailing.send_again(database, ref, key=minute)
    return InvoiceMailed(holder=sent.holder, mail=sent.ref, to=sent.to, state=sent.state)


async def fetch_account_of_debtor(unit: Unit, ref: str) -> AccountOfDebtor:
    """How a debtor stands, by the ledger: overdue, due later, not invoiced yet, on account."""
    debtor = await actions.debtor(unit, ref)
    return AccountOfDebtor(holder=debtor.holder, standings=await settling.standings(unit, debtor.holder, debtor.id))


async def fetch_statement_of_account(database: Database, ref: str, *, language: str = "") -> File:
    """The same on paper, as PDF, in the debtor's language unless another is named."""
    async with database.unit() as unit:
        debtor = await actions.debtor(unit, ref)
        account = await settling.account_of(unit, debtor)
    body = await asyncio.to_thread(statement, account, language)
    return File(holder=debtor.holder, name=f"{debtor.id.partition(':')[2]}.pdf", body=body)


async def apply_what_is_on_account(unit: Unit, by: Visitor, ref: str, body: ApplyOnAccount) -> AccountOfDebtor:
    """What was paid and settles nothing yet settles invoices."""
    debtor = await actions.debtor(unit, ref)
    await settling.apply(unit, debtor.holder, debtor.id, body.currency, body.number, by.name)
    return AccountOfDebtor(holder=debtor.holder, standings=await settling.standings(unit, debtor.holder, debtor.id))


async def pay_back_what_is_on_account(unit: Unit, by: Visitor, ref: str, body: PayBack) -> PaidBack:
    """What was paid and settles nothing goes back where it came from: it opens no invoice."""
    debtor = await actions.debtor(unit, ref)
    refunds = await paying_back.pay_back(
        unit, debtor.holder, debtor.id, body.currency, body.amount, reason=body.why, by=by.name
    )
    return PaidBack(holder=debtor.holder, refunds=tuple(refunds))


async def list_late_rates(unit: Unit, by: Visitor) -> Page[LateRate]:
    """What late payment bears, by currency, kind of buyer and day; where there is none, no interest is charged."""
    return Page(items=tuple(await interest.rates(unit, by.holder)), next=None)


async def keep_late_rate(unit: Unit, by: Visitor, body: LateRateSaid) -> LateRate:
    """From a day on; of the same day said again, what was said last."""
    party = await parties.meant(unit, PartyId.parse(body.holder) if body.holder else by.holder)
    said = LateRate(
        holder=yours(by, party.holder),
        currency=body.currency,
        business=body.business,
        since=body.since,
        reference=body.reference,
        points=body.points,
        said_by=by.name,
        said_at=unit.now,
    )
    return await interest.keep_rate(unit, said)


async def list_bank_files(unit: Unit, by: Visitor, *, limit: Limit = 50, cursor: str | None = None) -> Page[BankFile]:
    """Files of banks that were read, newest first."""
    found = await banking.files(unit, by.holder, after=cursor, limit=limit + 1)
    return page(found, limit, lambda one: one.ref)


async def read_bank_file(unit: Unit, by: Visitor, body: ReadBankFile) -> FilesRead:
    """What was not read before is booked, and settles the invoices that it cites."""
    holder = yours(by, PartyId.parse(body.holder))
    files = await banking.read(unit, holder, body.name, body.document, by=by.name)
    return FilesRead(holder=holder, files=files)


async def list_bank_movements(
    unit: Unit, by: Visitor, *, limit: Limit = 50, cursor: str | None = None, to_decide: bool = False
) -> Page[BankEntry]:
    """What moved on our bank accounts, newest first; or only that of which somebody has to say what it is."""
    found = await banking.entries(unit, by.holder, to_decide=to_decide, after=cursor, limit=limit + 1)
    return page(found, limit, lambda one: one.ref)


async def decide_bank_movement(unit: Unit, by: Visitor, ref: str, body: DecideMovement) -> BankEntry:
    """Say what a movement is."""
    return await banking.decide(
        unit, ref, by=by.name, debtor_id=body.debtor_id, numbers=body.numbers, account=body.account, fee=body.fee
    )


async def take_bank_movement_back(unit: Unit, by: Visitor, ref: str, body: SaidWrong) -> BankEntry:
    """It is not what was said of it: what it settled is open again, and somebody says anew what it is."""
    return await banking.take_back(unit, ref, body.why, by=by.name)


BANK_FILE_MOST = 32_000_000  # bytes of a body: the longest file as text in JSON, where quotes and ends of lines are two

ROUTES = (
    Route(method="GET", path="/open-items", does=list_open_items),
    Route(method="GET", path="/invoices/{ref}/settlement", does=fetch_settlement_of_invoice),
    Route(method="POST", path="/invoices/{ref}/credit", does=credit_invoice, needs=Role.FINANCE, status=201),
    Route(method="POST", path="/invoices/{ref}/reminders", does=remind_of_invoice, needs=Role.FINANCE),
    Route(method="PUT", path="/invoices/{ref}/reminders/stop", does=stop_reminders, needs=Role.FINANCE),
    Route(method="DELETE", path="/invoices/{ref}/reminders/stop", does=go_on_reminding, needs=Role.FINANCE),
    Route(method="POST", path="/invoices/{ref}/write-off", does=write_off_invoice, needs=Role.FINANCE),
    Route(method="POST", path="/invoices/{ref}/write-off/take-back", does=take_write_off_back, needs=Role.FINANCE),
    Route(method="POST", path="/invoices/{ref}/mail", does=mail_invoice_again, needs=Role.FINANCE),
    Route(method="GET", path="/debtors/{ref}/account", does=fetch_account_of_debtor),
    Route(method="GET", path="/debtors/{ref}/statement", does=fetch_statement_of_account, gives="application/pdf"),
    Route(method="POST", path="/debtors/{ref}/apply", does=apply_what_is_on_account, needs=Role.FINANCE),
    Route(method="POST", path="/debtors/{ref}/pay-back", does=pay_back_what_is_on_account, needs=Role.FINANCE),
    Route(method="GET", path="/late-rates", does=list_late_rates),
    Route(method="POST", path="/late-rates", does=keep_late_rate, needs=Role.FINANCE),
    Route(method="GET", path="/bank-files", does=list_bank_files, needs=Role.FINANCE),
    Route(method="POST", path="/bank-files", does=read_bank_file, needs=Role.FINANCE, most=BANK_FILE_MOST),
    Route(method="GET", path="/bank-movements", does=list_bank_movements, needs=Role.FINANCE),
    Route(method="POST", path="/bank-movements/{ref}/decide", does=decide_bank_movement, needs=Role.FINANCE),
    Route(method="POST", path="/bank-movements/{ref}/take-back", does=take_bank_movement_back, needs=Role.FINANCE),
)
