"""The postings of what is billed: who owes it, what it earned or cost, and its VAT."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from laddnav.billing.item_words import said
from laddnav.billing.model import Basis, Charge, Invoice, Item, Seller
from laddnav.billing.rules import is_ours, partner_id, total_of
from laddnav.cdrs.model import Cdr
from laddnav.kit.ids import PartyId
from laddnav.ledger.model import Account, Entry, Head, Posting
from laddnav.ledger.rules import account_of

OF_PARTNERS = Account(Head.COST, "roaming")  # what charges at their stations cost us
OF_HOSTS = Account(Head.COST, "host")


def receivable(debtor_id: str) -> Account:
    return Account(Head.RECEIVABLE, debtor_id)


def payable(partner: PartyId) -> Account:
    return Account(Head.PAYABLE, partner_id(partner))


def receivable_entry(cdr: Cdr, debtor_id: str, charge: Charge) -> Entry:
    """The debtor owes what the lines say; what rounding made of it has an account of its own."""
    rounding = sum((line.amount for line in charge.lines if line.basis is Basis.ROUNDING), Decimal(0))
    revenue = Account(Head.REVENUE, "charging" if is_ours(cdr) else "roaming")
    postings = (
        Posting(receivable(debtor_id), charge.amount, cdr.currency),
        Posting(revenue, rounding - charge.amount, cdr.currency),
        Posting(Account(Head.ROUNDING), -rounding, cdr.currency),
    )
    return Entry(
        key=f"receivable {cdr.owner}/{cdr.id} {debtor_id}",
        what="Charge credited" if cdr.credit else "Charge",
        cites=f"cdr {cdr.owner}/{cdr.id}",
        postings=tuple(posting for posting in postings if posting.amount),
    )


def payable_entry(cdr: Cdr) -> Entry:
    """We owe the CPO the total that it told, before VAT: the tax comes with its invoice."""
    amount = total_of(cdr)
    return Entry(
        key=f"payable {cdr.owner}/{cdr.id}",
        what="Charge at a partner's station credited" if cdr.credit else "Charge at a partner's station",
        cites=f"cdr {cdr.owner}/{cdr.id}",
        postings=(
            Posting(OF_PARTNERS, amount, cdr.currency),
            Posting(payable(cdr.owner), -amount, cdr.currency),
        ),
    )


def item_entry(debtor_id: str, invoice_ref: str, item: Item) -> Entry | None:
    """The debtor owes what the item says, and its account has it; None: it costs nothing."""
    if not item.amount:
        return None
    return Entry(
        key=f"item {item.key}",
        what=said(item.words, "en"),
        cites=f"invoice {invoice_ref}",
        postings=(
            Posting(receivable(debtor_id), item.amount, item.currency),
            Posting(account_of(item.account), -item.amount, item.currency),
        ),
    )


def vat_entry(invoice: Invoice) -> Entry | None:
    """What an issued invoice asks for beside its charges: VAT, by country and rate, and rounding; None: nothing.

    Of a self-billed one it is the VAT that its seller owes the state, and that we were billed.
    """
    taxes: dict[Account, Decimal] = defaultdict(Decimal)
    for vat in invoice.vat:
        for part in vat.parts:
            taxes[_tax(invoice, f"{part.country}:{vat.percent}")] += part.amount
    postings = (
        Posting(receivable(invoice.debtor.id), invoice.total_tax + invoice.rounding, invoice.currency),
        *(Posting(account, -amount, invoice.currency) for account, amount in taxes.items()),
        Posting(Account(Head.ROUNDING), -invoice.rounding, invoice.currency),
    )
    moving = tuple(posting for posting in postings if posting.amount)
    if not moving:
        return None
    return Entry(
        key=f"vat {invoice.ref}",
        what=f"VAT of invoice {invoice.number}",
        cites=f"invoice {invoice.ref}",
        postings=moving,
    )


def _tax(invoice: Invoice, due: str) -> Account:
    if not invoice.self_billed:
        return Account(Head.TAX, due)
    assert invoice.issued_at is not None, "its VAT is posted as it is issued"
    return tax_billed(invoice.seller, due, invoice.issued_at, OF_HOSTS)


def tax_billed(us: Seller, due: str, at: datetime, cost: Account) -> Account:
    """Where VAT stands that somebody bills us, `due` by country and rate (SE:25).

    Who is registered, at home or in that country, gets it back; for whoever is not, it is part of what was bought and
    stands with its `cost` (Directive 2006/112/EC, articles 168 to 171).
    """
    country, day = due.partition(":")[0], at.astimezone(ZoneInfo(us.time_zone)).date()
    there = any(one.country == country and not one.one_stop_shop and one.holds(day) for one in us.vat_registrations)
    return Account(Head.INPUT_TAX, due) if us.vat_number or there else cost
