"""What is open: invoices that wait to be paid, what the bank said, and what somebody has to say of it."""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation

from starlette.responses import Response

from laddnav.billing import actions as billing
from laddnav.billing.actions import banking, crediting, interest, mailing, paying_back, reminders, settling, writing_off
from laddnav.billing.bank import BankState, UnfitFee
from laddnav.billing.camt import NotAStatement
from laddnav.billing.interest import LateRate, UnfitRate
from laddnav.billing.model import Invoice
from laddnav.kit import json
from laddnav.kit.ids import PartyId
from laddnav.payments.actions import accounts
from laddnav.payments.payment import Account
from laddnav.payments.receipts import NAMES
from laddnav.people.api import yours
from laddnav.people.model import Role
from laddnav.web.asked import Asked, Door, do, see

PAGE = 50
FILES_MAX = 40_000_000  # bytes of a form: a file of 16 MB, whose signs are spelt as forms do
FILES_SHOWN = 10


async def list_open(asked: Asked) -> Response:
    cursor, overdue = asked.query("cursor"), asked.query("show") == "overdue"
    async with asked.unit() as unit:
        found = await settling.page_of_open(unit, asked.visitor.holder, only_due=overdue, after=cursor, limit=PAGE + 1)
        now = unit.now
        on = {str(party.holder): await reminders.reminds(unit, party.holder) for party in asked.parties}
        rates = await interest.rates(unit, asked.visitor.holder)
    page = found[:PAGE]
    return asked.page(
        "open_items.html",
        items=page,
        now=now,
        show="overdue" if overdue else "all",
        next=page[-1].ref if len(found) > PAGE else None,
        begun=cursor is not None,
        reminds=on,
        rates=rates,
        choices=[(str(party.holder), f"{party.holder} · {party.name}") for party in asked.parties],
        currency=asked.parties[0].currency if asked.parties else "",
        zones={str(party.holder): party.time_zone for party in asked.parties},
    )


async def turn_reminders(asked: Asked) -> Response:
    on = asked.said("on") == "yes"
    async with asked.unit() as unit:
        holder = yours(asked.visitor, PartyId.parse(asked.said("holder")))
        await reminders.turn(unit, holder, on=on, by=asked.visitor.name)
    said = asked.say("Who does not pay is reminded from now on.") if on else asked.say("Nobody is reminded any more.")
    return asked.done("/open-items", said)


async def keep_rate(asked: Asked) -> Response:
    """Raises UnfitRate."""
    holder = yours(asked.visitor, PartyId.parse(asked.said("holder")))
    async with asked.unit() as unit:
        one = LateRate(
            holder=holder,
            currency=asked.said("currency"),
            business=asked.said("business") == "yes",
            since=_since(asked),
            reference=_percent(asked, "reference"),
            points=_percent(asked, "points"),
            said_by=asked.visitor.name,
            said_at=unit.now,
        )
        await interest.keep_rate(unit, one)
    return asked.done("/open-items#interest", asked.say("Kept. It holds from its day on."))


def _since(asked: Asked) -> date:
    """Raises UnfitRate."""
    try:
        return date.fromisoformat(asked.said("since"))
    except ValueError as error:
        raise UnfitRate("since", "a day, as 2027-01-01") from error


def _percent(asked: Asked, name: str) -> Decimal:
    """Raises UnfitRate."""
    try:
        return Decimal(asked.said(name).replace(",", "."))
    except InvalidOperation as error:
        raise UnfitRate(name, "percent a year, as 2.5") from error


# ---- One invoice


async def _invoice(asked: Asked) -> Invoice:
    async with asked.unit() as unit:
        invoice = await billing.invoice(unit, asked.part("ref"))
    yours(asked.visitor, invoice.holder)
    return invoice


async def credit(asked: Asked) -> Response:
    """Raises UnknownInvoice, NotIssuedYet, CreditWithoutReason, NothingToCredit."""
    invoice = await _invoice(asked)
    picked = [int(name.removeprefix("line-")) for name in asked.form if name.removeprefix("line-").isdecimal()]
    async with asked.unit() as unit:
        note = await crediting.credit(
            unit, invoice.holder, invoice.ref, asked.said("why"), by=asked.visitor.name, lines=picked or None
        )
    said = asked.say("Credit note %(number)s takes it back.", number=note.number)
    return asked.done(f"/invoices/{note.ref}", said)


async def remind(asked: Asked) -> Response:
    invoice = await _invoice(asked)
    async with asked.unit() as unit:
        made = await reminders.remind(unit, invoice.holder, invoice.number or "", by=asked.visitor.name)
    return asked.done(f"/invoices/{invoice.ref}", asked.say("Reminder %(level)s is on its way.", level=made.level))


async def stop(asked: Asked) -> Response:
    """With a reason it stops; without one it goes on."""
    invoice = await _invoice(asked)
    async with asked.unit() as unit:
        if asked.said("go_on"):
            await reminders.go_on(unit, invoice.holder, invoice.number or "", by=asked.visitor.name)
        else:
            why = asked.said("why")
            await reminders.stop(unit, invoice.holder, invoice.number or "", why, by=asked.visitor.name)
    return asked.done(f"/invoices/{invoice.ref}", asked.say("Kept."))


async def mail(asked: Asked) -> Response:
    """Raises NowhereToSend."""
    invoice = await _invoice(asked)
    async with asked.unit() as unit:
        minute = f"{unit.now:%Y-%m-%d %H:%M}"
    sent = await mailing.send_again(asked.console.database, invoice.ref, key=minute)
    return asked.done(f"/invoices/{invoice.ref}", asked.say("On its way to %(address)s.", address=sent.to))


async def apply(asked: Asked) -> Response:
    invoice = await _invoice(asked)
    async with asked.unit() as unit:
        applied = await settling.apply(
            unit, invoice.holder, invoice.debtor.id, invoice.currency, invoice.number, asked.visitor.name
        )
    said = asked.say("Settled with what was on account.") if applied else asked.say("Nothing is on account.")
    return asked.done(f"/invoices/{invoice.ref}", said)


async def write_off(asked: Asked) -> Response:
    """Or, where it is, take that back. Raises NothingLost, BeingPaidStill, NotWrittenOff, LossWithoutReason."""
    invoice = await _invoice(asked)
    why, by = asked.said("why"), asked.visitor.name
    async with asked.unit() as unit:
        if asked.said("back") == "yes":
            await writing_off.take_back(unit, invoice.ref, why, by=by)
            said = asked.say("It is owed again.")
        else:
            await writing_off.write_off(unit, invoice.ref, why, vat_back=asked.said("vat_back") == "yes", by=by)
            said = asked.say("It is written off.")
    return asked.done(f"/invoices/{invoice.ref}", said)


async def pay_back(asked: Asked) -> Response:
    """All that providers took. Raises NothingOnAccount, RefundWithoutReason."""
    invoice = await _invoice(asked)
    async with asked.unit() as unit:
        refunds = await paying_back.pay_back(
            unit,
            invoice.holder,
            invoice.debtor.id,
            invoice.currency,
            None,
            reason=asked.said("reason")[:500],
            by=asked.visitor.name,
        )
    asked.console.database.wake()
    done = all(one.decided_at is not None for one in refunds)
    said = asked.say("It is given back.") if done else asked.say("It is given back as soon as somebody else agrees.")
    return asked.done(f"/invoices/{invoice.ref}", said)


# ---- The bank


async def bank(asked: Asked) -> Response:
    cursor, show, of = asked.query("cursor"), asked.query("show") or "decide", asked.query("of")
    async with asked.unit() as unit:
        holder = asked.visitor.holder
        if of is None:
            found = await banking.entries(unit, holder, to_decide=show == "decide", after=cursor, limit=PAGE + 1)
        else:
            found, show = await banking.keyed(unit, holder, of), "all"
        files = await banking.files(unit, holder, limit=FILES_SHOWN)
        names = {one.id: one.name for one in await billing.debtors(unit, holder)} if found else {}
        asked_of = [one for one in found[:PAGE] if one.state in (BankState.PROPOSED, BankState.UNMATCHED)]
        payouts = await banking.payouts(unit, asked_of)
        known = await accounts.page(unit, holder, limit=500) if asked_of else ()
    page = found[:PAGE]
    return asked.page(
        "bank.html",
        entries=page,
        files=files,
        names=names,
        payouts=payouts,
        providers=_provider_names(asked, known),
        show=show,
        next=page[-1].ref if len(found) > PAGE else None,
        begun=cursor is not None,
        choices=[(str(party.holder), f"{party.holder} · {party.name}") for party in asked.parties],
    )


def _provider_names(asked: Asked, known: Sequence[Account]) -> dict[str, str]:
    """The account of the ledger → what people call it."""
    found = {f"clearing:{one.provider.lower()}:{one.ref}": f"{NAMES[one.provider]} · {one.name}" for one in known}
    for kind, name in NAMES.items():
        found[f"clearing:payouts:{kind.lower()}"] = asked.say("%(name)s, paid out and on its way", name=name)
    return found


async def read(asked: Asked) -> Response:
    """Raises NotAStatement: of several files, all are read or none."""
    texts = json.decode(asked.said("files") or "{}", dict[str, str])
    async with asked.unit() as unit:
        holder = yours(asked.visitor, PartyId.parse(asked.said("holder")))
        files = [
            file
            for name, text in texts.items()
            for file in await banking.read(unit, holder, name, _file(text), by=asked.visitor.name)
        ]
    said = asked.say(
        "%(new)s movements are new, %(matched)s of them settled what they cite.",
        new=sum(file.new for file in files),
        matched=sum(file.matched for file in files),
    )
    return asked.done("/bank", said)


def _file(said: str) -> bytes | str:
    """The bytes that the browser sent as a data: URL, whose letters are as the file declares them; else a text."""
    head, comma, coded = said.partition(",")
    if not (comma and head.startswith("data:") and head.endswith(";base64")):
        return said
    try:
        return b64decode(coded, validate=True)
    except binascii.Error as error:
        raise NotAStatement("the file", str(error)) from error


async def decide(asked: Asked) -> Response:
    """Raises UnknownBankEntry, AlreadyDecided, WhoseIsIt, UnfitFee, UnknownDebtor, NotAnAccount."""
    numbers = tuple(asked.said("numbers").replace(",", " ").split())
    async with asked.unit() as unit:
        entry = await banking.entry(unit, asked.part("ref"))
        yours(asked.visitor, entry.holder)
        await banking.decide(
            unit,
            entry.ref,
            by=asked.visitor.name,
            debtor_id=asked.said("debtor_id") or None,
            numbers=numbers,
            account=asked.said("account") or None,
            fee=_fee(asked, entry.movement.currency),
        )
    return asked.done("/bank", asked.say("Kept."))


def _fee(asked: Asked, currency: str) -> Decimal | None:
    """Raises UnfitFee."""
    said = asked.said("fee")
    try:
        return Decimal(said.replace(",", ".")) if said else None
    except InvalidOperation as error:
        raise UnfitFee(currency) from error


async def take_movement_back(asked: Asked) -> Response:
    """Raises UnknownBankEntry, NotDecided, WentBack, WhyNot."""
    async with asked.unit() as unit:
        entry = await banking.entry(unit, asked.part("ref"))
        yours(asked.visitor, entry.holder)
        await banking.take_back(unit, entry.ref, asked.said("why")[:500], by=asked.visitor.name)
    return asked.done("/bank", asked.say("It waits again for somebody to say what it is."))


DOORS: tuple[Door, ...] = (
    see("/open-items", list_open),
    do("/open-items/reminders", turn_reminders, Role.FINANCE),
    do("/open-items/rates", keep_rate, Role.FINANCE),
    do("/invoices/{ref}/credit", credit, Role.FINANCE),
    do("/invoices/{ref}/remind", remind, Role.FINANCE),
    do("/invoices/{ref}/reminders", stop, Role.FINANCE),
    do("/invoices/{ref}/mail", mail, Role.FINANCE),
    do("/invoices/{ref}/apply", apply, Role.FINANCE),
    do("/invoices/{ref}/pay-back", pay_back, Role.FINANCE),
    do("/invoices/{ref}/write-off", write_off, Role.FINANCE),
    see("/bank", bank, Role.FINANCE),
    do("/bank", read, Role.FINANCE, form_max=FILES_MAX),
    do("/bank/{ref}", decide, Role.FINANCE),
    do("/bank/{ref}/take-back", take_movement_back, Role.FINANCE),
)
