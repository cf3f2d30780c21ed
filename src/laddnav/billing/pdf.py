"""An invoice as a PDF, in English, Swedish or German: writes out its texts and has typst lay them out (invoice.typ).

What it prints is in the Invoice; nothing is fetched, from a database or a network.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any
from zoneinfo import ZoneInfo

import typst
from babel.numbers import get_decimal_symbol, get_group_symbol

from laddnav.billing.centres import parts
from laddnav.billing.einvoice.addresses import register_of
from laddnav.billing.einvoice.cii import cii
from laddnav.billing.einvoice.document import document
from laddnav.billing.einvoice.en16931 import NotIssuedYet, NoVatNumber
from laddnav.billing.einvoice.facturx import FILE_NAME, marked
from laddnav.billing.item_words import said as called
from laddnav.billing.model import Basis, Charge, Cited, DebtorKind, Invoice, InvoiceLine, Item, VatSum
from laddnav.billing.pdf_words import WORDS
from laddnav.billing.references import grouped, reference
from laddnav.billing.scan import scan_of
from laddnav.billing.vat import reasons
from laddnav.kit import json
from laddnav.kit.money import minor_unit
from laddnav.pricing.reasons import said

_HERE = Path(__file__).parent
_LOCALES = {"en": "en_GB", "sv": "sv_SE", "de": "de_DE"}

# The mark of the pages, as the paper shows it.
MARK = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><g fill="#0b6c9c">'
    '<circle cx="16" cy="16" r="11" fill="none" stroke="#0b6c9c" stroke-width="2.2"/>'
    '<circle cx="16" cy="4.6" r="3.6"/><circle cx="6.1" cy="21.7" r="3.6"/><circle cx="25.9" cy="21.7" r="3.6"/>'
    '<path d="M17.6 9.5 11 17.4h4.3l-1.2 5.1 6.9-8.2h-4.5z"/></g></svg>'
)

_one_at_a_time = Lock()  # the compiler keeps its fonts and what it parsed, and may be called from several threads


def pdf(invoice: Invoice, language: str) -> bytes:
    """In English where the language is not one of ours. Takes milliseconds of a core, seconds for hundreds of charges.

    PDF/A-3a, which archives ask for, with the same invoice for machines inside (Factur-X, ZUGFeRD) once it is issued.
    Where our typefaces lack a letter (a place named in Chinese), PDF/A refuses; then the machine's own typefaces are
    asked too, and the file is a plain PDF of the page alone.
    """
    language = language if language in WORDS else "en"
    written = _Written(invoice, language).texts()
    texts = json.encode(written).decode()
    machines = _for_machines(invoice, language)
    made_at = (invoice.issued_at or invoice.opened_at).replace(microsecond=0)  # typst takes no finer time
    try:
        if machines is None:
            return _compiled(texts, made_at, archival=True)
        return marked(_compiled(json.encode(written | {"machines": machines}).decode(), made_at, archival=True))
    except typst.TypstError:
        return _compiled(texts, made_at, archival=False)


def _for_machines(invoice: Invoice, language: str) -> dict[str, str] | None:
    """What is attached; None: it is not issued, or its seller has no VAT number to name."""
    try:
        written = cii(document(invoice, language))
    except (NotIssuedYet, NoVatNumber):
        return None
    return {"name": FILE_NAME, "xml": written.decode(), "what": WORDS[language]["for machines"]}


def _compiled(texts: str, made_at: datetime, *, archival: bool) -> bytes:
    with _one_at_a_time:
        compiled = _compiler(ours_only=archival).compile(
            format="pdf",
            sys_inputs={"invoice": texts},
            pdf_standards=["a-3a"] if archival else [],
            timestamp=made_at,
        )
    assert isinstance(compiled, bytes)
    return compiled


def amount_of(value: Decimal, least: int, most: int, language: str) -> str:
    """With so many digits after the point, as babel writes it, in a tenth of the time: a paper has dozens of them."""
    value += 0  # what is turned and nothing is no less than nothing
    whole, _, part = f"{value:,.{most}f}".partition(".")
    group, point = _signs(language)
    part = part[:least] + part[least:].rstrip("0")
    said = whole.replace(",", group) + (point + part if part else "")
    return said.replace("-", "\N{MINUS SIGN}")


@cache
def _signs(language: str) -> tuple[str, str]:
    """What groups thousands, and the point."""
    locale = _LOCALES[language]
    return get_group_symbol(locale), get_decimal_symbol(locale)


@cache
def _compiler(*, ours_only: bool) -> typst.Compiler:
    return typst.Compiler(input=_HERE / "invoice.typ", font_paths=[_HERE / "fonts"], ignore_system_fonts=ours_only)


class _Written:
    """An Invoice in the words and numbers of one language."""

    def __init__(self, invoice: Invoice, language: str) -> None:
        self._invoice = invoice.as_sold()
        self._language = language
        self._words = WORDS[language]

    def texts(self) -> dict[str, Any]:
        """What invoice.typ lays out."""
        invoice, words = self._invoice, self._words
        kind = words[
            ("self-billed " if invoice.self_billed else "") + ("credit note" if invoice.credit_note else "invoice")
        ]
        return {
            "language": self._language,
            "title": f"{kind} {invoice.number}" if invoice.number else words["draft"],
            "kind": kind if invoice.number else words["draft"],
            "mark": MARK,
            "words": {
                "to": words["seller"] if invoice.self_billed else words["to"],
                "what": words["what"] if invoice.charges else words["items"],
                "items": words["items"],
                "quantity": words["quantity"],
                "unit_price": words["unit_price"].format(currency=invoice.currency),
                "vat": words["vat"],
                "amount": words["amount"].format(currency=invoice.currency),
            },
            "seller": {"name": invoice.seller.name, "footer": self._footer()},
            "buyer": {"name": self._buyer_name(), "lines": self._buyer_lines()},
            "facts": self._facts(),
            "pay": self._payment(),
            "charges": [self._charge(charge) for charge in invoice.charges],
            "items": [self._item(item) for item in invoice.items],
            "sums": [
                (words["total_excl"], self._money(invoice.total_excl)),
                *((self._vat_on(vat), self._money(vat.amount)) for vat in invoice.vat),
                *([(words["rounded"], self._money(invoice.rounding))] if invoice.rounding else []),
            ],
            **({"centres": centres} if (centres := self._centres()) else {}),
            "total": {"name": words["total"], "amount": self._money(invoice.to_pay)},
            "notes": [
                *([words["self-billing"]] if invoice.self_billed else []),
                words["prices"],
                *reasons(invoice, self._language),
            ],
        }

    def _centres(self) -> dict[str, Any] | None:
        """None: nobody on it has a cost centre."""
        words, found = self._words, parts(self._invoice)
        if not found:
            return None
        none = "\N{EN DASH}"
        heads = ("centre", "centre driver", "centre charges", "centre energy")
        return {
            "name": words["centres"],
            "why": words["by centre"],
            "heads": [*(words[one] for one in heads), words["amount"].format(currency=self._invoice.currency)],
            "rows": [
                [
                    one.cost_centre or none,
                    one.driver or words["whole company"],
                    self._number(Decimal(one.charges), 0, 0) if one.driver else none,
                    f"{self._number(one.energy.kwh, 3, 3)}\N{NO-BREAK SPACE}kWh" if one.driver else none,
                    self._amount(one.amount),
                ]
                for one in found
            ],
        }

    def _footer(self) -> list[str]:
        seller = self._invoice.seller
        address = ", ".join((seller.address or "").splitlines())
        vat = seller.vat_number and self._words["vat number"].format(number=seller.vat_number)
        register = register_of(seller.name, seller.holder.country)
        return [text for text in (seller.name, address, vat, register, seller.website) if text]

    def _buyer_name(self) -> str:
        debtor = self._invoice.debtor
        if debtor.kind is DebtorKind.DRIVER and debtor.id.endswith(f":{debtor.name.upper()}"):
            return self._words["contract"].format(id=debtor.name)
        return debtor.name

    def _buyer_lines(self) -> list[str]:
        debtor = self._invoice.debtor
        lines = (debtor.address or "").splitlines()
        if debtor.vat_number:
            lines.append(self._words["vat number"].format(number=debtor.vat_number))
        return lines

    def _facts(self) -> list[tuple[str, str]]:
        invoice, words = self._invoice, self._words
        facts = [
            (words["number"], invoice.number),
            (words["issued"], self._date(invoice.issued_at)),
            (words["due"], None if invoice.credit_note else self._date(invoice.due_at)),
            (words["period"], self._period()),
            (words["bought by"], self._ours() if invoice.self_billed else None),
            (words["customer"], None if invoice.self_billed else invoice.debtor.id.partition(":")[2]),
            (words["your reference"], invoice.debtor.reference),
            *((words["corrects"], self._cited(one)) for one in invoice.corrects),
        ]
        return [(name, value) for name, value in facts if value]

    def _ours(self) -> str:
        seller = self._invoice.seller
        return " · ".join(text for text in (seller.name, seller.vat_number) if text)

    def _cited(self, one: Cited) -> str:
        return self._words["corrected"].format(number=one.number, date=self._date(one.issued_at))

    def _period(self) -> str | None:
        """From the first day on which a charge ended to the last, and those of items; on the seller's calendar."""
        instants = [charge.ended_at for charge in self._invoice.charges]
        instants += [instant for item in self._invoice.items for instant in (item.started_at, item.last_at)]
        days = sorted({self._date(instant) or "" for instant in instants})
        if not days:
            return None
        return days[0] if len(days) == 1 else f"{days[0]} – {days[-1]}"

    def _payment(self) -> dict[str, Any]:
        invoice, words = self._invoice, self._words
        if invoice.self_billed and invoice.credit_note:
            return {"name": words["to set off"], "amount": self._money(-invoice.to_pay), "how": [words["self set off"]]}
        if invoice.self_billed:
            by = invoice.due_at and words["self paid"].format(date=self._date(invoice.due_at))
            return {"name": words["to get"], "amount": self._money(invoice.to_pay), "how": [by] if by else []}
        if invoice.credit_note:
            return {"name": words["to get"], "amount": self._money(-invoice.to_pay), "how": [words["credited"]]}
        how = [] if invoice.paid_from is None else words[f"from {invoice.paid_from}"].split("\n")
        if invoice.due_at and invoice.asks:
            to = invoice.seller.pay_to and words["pay to"].format(account=invoice.seller.pay_to)
            by = words["pay by"].format(date=self._date(invoice.due_at))
            how += [" ".join(part for part in (to, by) if part), words["reference"].format(number=self._reference())]
        found = {"name": words["to pay"], "amount": self._money(invoice.to_pay), "how": how}
        code = scan_of(invoice)
        if code is not None:
            found |= {"code": code.svg().decode(), "scan": words[f"scan by {code.by}"]}
        return found

    def _reference(self) -> str:
        """What whoever pays cites, as it is read."""
        return grouped(reference(self._invoice.number or "", self._invoice.seller.holder.country))

    def _charge(self, charge: Charge) -> dict[str, Any]:
        words = self._words
        credits = None if charge.credits is None else words["credits"].format(id=charge.credits)
        named = [words["cdr"].format(id=charge.cdr_id), charge.evse_id]
        if charge.cdr_owner != self._invoice.holder:
            named.append(words["operator"].format(id=charge.cdr_owner))
        if self._invoice.debtor.kind is DebtorKind.PARTNER:
            named.append(words["contract"].format(id=charge.contract_id))
        return {
            "place": charge.place,
            "address": charge.address,
            "when": _span(charge.started_at, charge.ended_at, charge.time_zone),
            "energy": f"{self._number(charge.energy.kwh, 3, 3)}\N{NO-BREAK SPACE}kWh",
            "credits": credits,
            "cites": "  ·  ".join([*named, *charge.eft_data]),
            "amount": self._amount(charge.amount),
            "lines": [self._line(line) for line in charge.lines],
        }

    def _line(self, line: InvoiceLine) -> dict[str, str]:
        rounding = line.basis is Basis.ROUNDING
        return {
            "what": self._words["rounding"] if rounding else self._words.get(line.dimension, line.dimension),
            "why": self._why(line),
            "quantity": self._quantity(line),
            "unit_price": self._unit_price(line),
            "vat": "" if line.vat_percent is None else self._percent(line.vat_percent),
            "amount": self._amount(line.amount),
        }

    def _item(self, item: Item) -> dict[str, str]:
        days = list(dict.fromkeys((self._date(item.started_at), self._date(item.last_at))))
        return {
            "what": called(item.words, self._language, self._words),
            "when": " – ".join(day or "" for day in days),
            "quantity": self._quantity(item),
            "unit_price": self._unit_price(item),
            "vat": "" if item.vat_percent is None else self._percent(item.vat_percent),
            "amount": self._amount(item.amount),
        }

    def _quantity(self, line: InvoiceLine | Item) -> str:
        if line.unit == "x":  # once, and not worth saying where it has no price of its own
            return "" if line.unit_price is None else self._number(line.quantity, 0, 0)
        return (
            f"{self._number(line.quantity, 3 if line.unit == 'kWh' else 0, 4)}\N{NO-BREAK SPACE}{self._unit(line.unit)}"
        )

    def _unit(self, unit: str) -> str:
        return self._words.get(f"unit {unit}", unit)

    def _unit_price(self, line: InvoiceLine | Item) -> str:
        if line.unit_price is None:
            return ""
        per = "" if line.unit == "x" else f"\N{NO-BREAK SPACE}/\N{NO-BREAK SPACE}{self._unit(line.unit)}"
        return self._number(line.unit_price, self._digits, 6) + per

    def _why(self, line: InvoiceLine) -> str:
        sentences = []
        if line.reason is not None:
            sentences.append(said(line.reason, self._language))
        if line.basis is not Basis.PRICED:
            sentences.append(self._words[line.basis])
        if line.tariff_id is not None and line.element is not None and line.component is not None:
            # People count from one.
            place = {"element": line.element + 1, "component": line.component + 1}
            sentences.append(self._words["tariff"].format(id=line.tariff_id, **place))
        elif line.tariff_id is not None:
            sentences.append(self._words["tariff limit"].format(id=line.tariff_id))
        return " ".join(sentences)

    def _vat_on(self, vat: VatSum) -> str:
        return self._words["vat on"].format(percent=self._percent(vat.percent), base=self._money(vat.base))

    @property
    def _digits(self) -> int:
        return -int(minor_unit(self._invoice.currency).as_tuple().exponent)

    def _number(self, value: Decimal, least: int, most: int) -> str:
        return amount_of(value, least, most, self._language)

    def _amount(self, amount: Decimal) -> str:
        return self._number(amount, self._digits, self._digits)

    def _money(self, amount: Decimal) -> str:
        return f"{self._amount(amount)}\N{NO-BREAK SPACE}{self._invoice.currency}"

    def _percent(self, percent: Decimal) -> str:
        return f"{self._number(percent, 0, 2)}\N{NO-BREAK SPACE}%"

    def _date(self, instant: datetime | None) -> str | None:
        """On the seller's calendar."""
        if instant is None:
            return None
        return instant.astimezone(ZoneInfo(self._invoice.seller.time_zone)).date().isoformat()


def _span(started_at: datetime, ended_at: datetime, time_zone: str) -> str:
    """`2026-11-21 13:05–14:32 CET`; day and zone stand twice where they differ, as in a night when clocks change."""
    begin, end = (instant.astimezone(ZoneInfo(time_zone)) for instant in (started_at, ended_at))
    if begin.date() == end.date() and begin.tzname() == end.tzname():
        return f"{begin:%Y-%m-%d %H:%M}–{end:%H:%M} {end.tzname()}"
    return f"{begin:%Y-%m-%d %H:%M} {begin.tzname()} – {end:%Y-%m-%d %H:%M} {end.tzname()}"
