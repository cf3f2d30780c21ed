"""What takes back lines of an invoice that was issued: each as it was, turned, with the VAT that it bore."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from decimal import Decimal

from msgspec.structs import replace

from laddnav.billing.model import (
    Basis,
    Charge,
    Invoice,
    InvoiceLine,
    Item,
    ItemKind,
    ItemWords,
    TakenBack,
    VatCategory,
    VatPart,
    VatWhy,
    Words,
)
from laddnav.kit.refusal import Refusal
from laddnav.ledger.model import Account, Head


class NothingToCredit(Refusal):
    """Every line that is meant was taken back before, or is none of this invoice."""

    def __init__(self, number: str) -> None:
        super().__init__(f"Nothing of invoice {number} is left to credit, or not these lines")
        self.number = number


class CreditWithoutReason(Refusal):
    """Whoever takes an invoice back says why."""

    def __init__(self, number: str) -> None:
        super().__init__(f"Say why invoice {number} is credited")
        self.number = number


def key_of(invoice: Invoice, line: int) -> str:
    """Of the item that takes this line back: there is one."""
    return f"credit {invoice.ref} {line}"


def lines_of(invoice: Invoice) -> Iterator[tuple[int, Charge | None, InvoiceLine | Item]]:
    """All lines with their numbers, those of charges first."""
    number = 0
    for charge in invoice.charges:
        for line in charge.lines:
            number += 1
            yield number, charge, line
    for item in invoice.items:
        number += 1
        yield number, None, item


# What plans took off and what was put back was billed under these keys before it said its CDR itself.
_KEYS = re.compile(r"(?:included|member price) (.+)|put back (.+) \d+")


def came_with(charge: Charge | None, line: InvoiceLine | Item) -> str | None:
    """The CDR, as `owner/id`, without which this line would not be; None: it came with none."""
    if charge is not None:
        return charge.cdr
    assert isinstance(line, Item), "a line is a charge's"
    if line.takes_back is not None and line.takes_back.cdr is not None:
        return line.takes_back.cdr
    told = _KEYS.fullmatch(line.key)
    return line.cdr or (told and (told[1] or told[2])) or None


def left(invoice: Invoice, billed: Collection[str], cancelled: Collection[str]) -> tuple[int, ...]:
    """The lines that can still be taken back: each once, as the items `billed` by their keys say; and none that came
    with a CDR that is `cancelled`, or with the Credit CDR that did so: those come to nothing together, and stay so.
    """
    return tuple(
        number
        for number, charge, line in lines_of(invoice)
        if line.amount and key_of(invoice, number) not in billed and came_with(charge, line) not in cancelled
    )


def credits(
    invoice: Invoice, now: datetime, left: Collection[int], lines: Collection[int] | None = None
) -> tuple[Item, ...]:
    """Items that take back these lines of an issued invoice, or all that are `left`.

    Raises NothingToCredit, also where one that is named cannot be.
    """
    assert invoice.number is not None, "an open invoice is changed and not credited"
    if not left or (lines is not None and (not lines or not set(left) >= set(lines))):
        raise NothingToCredit(invoice.number)
    wanted = left if lines is None else lines
    return tuple(
        _turned(invoice, number, charge, line, now) for number, charge, line in lines_of(invoice) if number in wanted
    )


def put_back(taken: Iterable[Item], credit_cdr: str) -> tuple[Item, ...]:
    """A Credit CDR takes back a whole charge, of which credit notes took this back before: once is enough."""
    return tuple(_put_back(item, number, credit_cdr) for number, item in enumerate(taken))


def _put_back(item: Item, number: int, credit_cdr: str) -> Item:
    assert item.takes_back is not None, "it takes back a line of a charge"
    of = item.words.of or Words("OTHER", {"text": ""})
    return replace(
        item,
        key=f"put back {credit_cdr} {number}",
        words=ItemWords("CREDITED_BEFORE", {"number": item.takes_back.number}, of),
        quantity=-item.quantity,
        amount=-item.amount,
        cdr=credit_cdr,
        takes_back=replace(item.takes_back, cdr=None),
    )


def _turned(invoice: Invoice, number: int, charge: Charge | None, line: InvoiceLine | Item, now: datetime) -> Item:
    assert invoice.number is not None, "an open invoice is changed and not credited"
    started_at = line.started_at or (now if charge is None else charge.started_at)
    ended_at = line.ended_at or (now if charge is None else charge.ended_at)
    return Item(
        key=key_of(invoice, number),
        kind=ItemKind.CREDIT,
        words=ItemWords("CREDIT", {"number": invoice.number}, _called(charge, line)),
        started_at=started_at,
        ended_at=max(started_at, ended_at),
        quantity=-line.quantity,
        unit=line.unit,
        unit_price=line.unit_price,
        amount=-line.amount,
        currency=invoice.currency,
        account=_account(invoice, charge, line),
        takes_back=_bore(invoice, number, charge, line),
    )


def _called(charge: Charge | None, line: InvoiceLine | Item) -> Words:
    if isinstance(line, Item):
        return Words(line.words.code, {**line.words.values, "of": ""})
    assert charge is not None, "a line is a charge's"
    term = "rounding" if line.basis is Basis.ROUNDING else line.dimension
    day = charge.started_at.date().isoformat()
    return Words("CHARGE_LINE", {"place": charge.place, "day": day, "term": term})


def _account(invoice: Invoice, charge: Charge | None, line: InvoiceLine | Item) -> str:
    """Where the line was earned."""
    if isinstance(line, Item):
        return line.account
    assert charge is not None, "a line is a charge's"
    if line.basis is Basis.ROUNDING:
        return str(Account(Head.ROUNDING))
    return str(Account(Head.REVENUE, "charging" if charge.cdr_owner == invoice.holder else "roaming"))


def _bore(invoice: Invoice, number: int, charge: Charge | None, line: InvoiceLine | Item) -> TakenBack:
    assert invoice.number is not None, "an open invoice is changed and not credited"
    if isinstance(line, Item) and line.takes_back is not None:
        part: VatPart | TakenBack = line.takes_back
    else:
        part = _part(invoice, charge, line)
    return TakenBack(
        number=invoice.number,
        line=number,
        cdr=came_with(charge, line),
        vat_category=line.vat_category or VatCategory.OUTSIDE,
        vat_percent=line.vat_percent or Decimal(0),
        country=part.country,
        why=part.why,
    )


def _part(invoice: Invoice, charge: Charge | None, line: InvoiceLine | Item) -> VatPart:
    """Where its VAT was due: where the charge was, of those that share its category and rate."""
    parts = [
        part
        for vat in invoice.vat
        if (vat.category, vat.percent) == (line.vat_category, line.vat_percent)
        for part in vat.parts
    ]
    place = None if charge is None else charge.country
    if isinstance(line, Item):
        place = line.country or invoice.debtor.country
    here = [part for part in parts if part.country == place]
    if here or parts:
        return (here or parts)[0]
    # What was issued before its parts were kept was due at home.
    return VatPart(invoice.holder.country, VatWhy.DOMESTIC, Decimal(0), Decimal(0))
