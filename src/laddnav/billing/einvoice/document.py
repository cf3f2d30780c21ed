"""An issued invoice, said in the terms of EN 16931: its two sides, its rows, its taxes.

Every amount is taken from the Invoice and none is computed anew. A credit note tells its amounts positive, as both
spellings want it. A charge's place, CDR and EVSE are attributes of its lines.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from msgspec import structs

from laddnav.billing.einvoice.addresses import address, company, register_of
from laddnav.billing.einvoice.en16931 import (
    BY_CARD,
    CREDIT_NOTE,
    CREDIT_TRANSFER,
    INVOICE,
    SELF_BILLED,
    SELF_BILLED_NOTE,
    SEPA_TRANSFER,
    STANDING,
    Account,
    Document,
    NotIssuedYet,
    NoVatNumber,
    Row,
    Tax,
    Trader,
)
from laddnav.billing.item_words import said as called
from laddnav.billing.model import (
    Basis,
    Charge,
    Debtor,
    DebtorKind,
    Invoice,
    InvoiceLine,
    Item,
    PaidFrom,
    Seller,
    VatCategory,
)
from laddnav.billing.pdf_words import WORDS
from laddnav.billing.references import reference
from laddnav.billing.vat import reasons
from laddnav.kit.money import minor_unit
from laddnav.kit.vat_numbers import vat_country
from laddnav.pricing.reasons import said

# Code lists: UN/ECE Recommendation 20, VATEX.
_UNITS = {"kWh": "KWH", "h": "HUR", "x": "C62", "month": "MON", "day": "DAY"}
_VATEX = {VatCategory.REVERSE_CHARGE: "VATEX-EU-AE", VatCategory.OUTSIDE: "VATEX-EU-O"}


def document(invoice: Invoice, language: str) -> Document:
    """Raises NotIssuedYet, NoVatNumber."""
    if invoice.number is None or invoice.issued_at is None:
        raise NotIssuedYet(invoice.ref)
    number, issued_at, invoice = invoice.number, invoice.issued_at, invoice.as_sold()
    categories = {vat.category for vat in invoice.vat}
    # What is not subject to VAT stands alone and names nobody's VAT number (BR-O-02), or is called exempt (BR-O-11).
    outside = categories == {VatCategory.OUTSIDE}
    ours, theirs = _seller(invoice.seller, outside=outside), _buyer(invoice.debtor, outside=outside)
    seller, buyer = (theirs, ours) if invoice.self_billed else (ours, theirs)
    seller = structs.replace(seller, register=register_of(seller.name, seller.country))
    if seller.vat_number is None and not outside:
        raise NoVatNumber(invoice.debtor.name if invoice.self_billed else invoice.holder)
    sign = -1 if invoice.credit_note else 1
    rows = _rows(invoice, language, sign, mixed=not outside)
    notes = reasons(invoice, language)
    account = None
    if invoice.asks and not invoice.self_billed:
        account = account_named(invoice.seller.pay_to, invoice.currency)
    kinds = (SELF_BILLED, SELF_BILLED_NOTE) if invoice.self_billed else (INVOICE, CREDIT_NOTE)
    said_first = [WORDS[_known(language)]["self-billing"]] if invoice.self_billed else []
    return Document(
        kind=kinds[invoice.credit_note],
        number=number,
        issued_on=_day(issued_at, invoice),
        due_on=None if invoice.due_at is None or invoice.credit_note else _day(invoice.due_at, invoice),
        currency=invoice.currency,
        note=" ".join([*said_first, WORDS[_known(language)]["prices"], *notes]),
        buyer_reference=str(invoice.holder) if invoice.self_billed else _reference_of(invoice.debtor),
        corrects=tuple((one.number, _day(one.issued_at, invoice)) for one in invoice.corrects),
        begin=min((row.begin for row in rows), default=_day(issued_at, invoice)),
        end=max((row.end for row in rows), default=_day(issued_at, invoice)),
        seller=seller,
        buyer=buyer,
        means=_means(invoice.paid_from, account, seller, buyer),
        account=account,
        reference=reference(number, invoice.seller.holder.country),
        taxes=tuple(
            Tax(
                category=_code(vat.category, mixed=not outside),
                percent=None if outside else vat.percent,
                base=sign * vat.base,
                amount=sign * vat.amount,
                code=_VATEX.get(vat.category) if outside or vat.category is not VatCategory.OUTSIDE else None,
                reason=" ".join(notes) if vat.category in _VATEX else None,
            )
            for vat in invoice.vat
        ),
        rows=rows,
        lines_total=sign * invoice.total_excl,
        tax_total=sign * invoice.total_tax,
        total=sign * invoice.total_incl,
        rounding=sign * invoice.rounding,
        to_pay=sign * invoice.to_pay,
        digits=-int(minor_unit(invoice.currency).as_tuple().exponent),
    )


# ---- Who


def _seller(seller: Seller, *, outside: bool) -> Trader:
    known = _trader(
        str(seller.holder),
        seller.name,
        seller.holder.country,
        seller.address,
        seller.vat_number,
        seller.endpoint,
        outside=outside,
    )
    return structs.replace(known, contact=seller.contact)


def _reference_of(debtor: Debtor) -> str:
    return debtor.reference or debtor.id.partition(":")[2]


def _buyer(debtor: Debtor, *, outside: bool) -> Trader:
    return _trader(
        debtor.id.partition(":")[2],
        debtor.name,
        debtor.country,
        debtor.address,
        debtor.vat_number,
        debtor.endpoint,
        outside=outside,
        dealer=debtor.kind in (DebtorKind.PARTNER, DebtorKind.HOST),
    )


def _trader(
    id: str,
    name: str,
    country: str,
    address_lines: str | None,
    vat_number: str | None,
    endpoint: str | None,
    *,
    outside: bool,
    dealer: bool = True,
) -> Trader:
    bare = re.sub(r"[\s.\-]", "", vat_number or "").upper()
    if re.fullmatch(r"NO\d{9}", bare):
        bare += "MVA"  # what makes the number of a company one of VAT there
    known = vat_country(bare) is not None
    scheme, _, place = (endpoint or "").partition(":")
    told = (scheme, place) if place else None
    lines, post_code, city = _envelope(address_lines)
    return Trader(
        id=id,
        name=name,
        vat_number=bare if known and not outside else None,
        company=company(country, bare, told),
        lines=lines,
        post_code=post_code,
        city=city,
        country=country,
        endpoint=told or (address(bare) if dealer else None),
    )


_CITY = re.compile(r"(?:[A-Z]{1,2}-)?(\d[\d -]{1,6}\d(?: ?[A-Z]{2})?) +(\S.*)")


def _envelope(address: str | None) -> tuple[tuple[str, ...], str | None, str | None]:
    """The lines above, post code and city; the last line is a city if it begins with a post code."""
    lines = [line.strip() for line in (address or "").splitlines() if line.strip()]
    found = _CITY.fullmatch(lines[-1]) if lines else None
    if found is None:
        return tuple(lines[:3]), None, None
    return tuple(lines[:-1][:3]), found[1], found[2]


def _means(paid_from: PaidFrom | None, account: Account | None, seller: Trader, buyer: Trader) -> str | None:
    """The Netherlands and Germany want it said of what nobody is asked for too (NL-R-007, DE-R-001), and Germany of a
    card its number (DE-R-024-1), which we never have.
    """
    in_germany = seller.country == buyer.country == "DE"
    if paid_from is PaidFrom.CARD and not in_germany:
        return BY_CARD
    if account is None and paid_from is not None and (in_germany or seller.country == "NL"):
        return STANDING
    return None if account is None else account.means


def account_named(pay_to: str | None, currency: str) -> Account | None:
    """A Swedish giro, an IBAN, or whatever else it says as it says it."""
    if pay_to is None:
        return None
    bare = re.sub(r"[\s\-]", "", pay_to)
    giro = re.fullmatch(r"(bankgiro|plusgiro|bg|pg):?(\d+)", bare, re.IGNORECASE)
    if giro:
        branch = "SE:BANKGIRO" if giro[1][0].lower() == "b" else "SE:PLUSGIRO"
        return Account(means=CREDIT_TRANSFER, number=giro[2], iban=False, branch=branch)
    iban = re.fullmatch(r"(?:IBAN:?)?([A-Z]{2}\d{2}[A-Z0-9]{10,30})", bare.upper())
    if iban:
        return Account(means=SEPA_TRANSFER if currency == "EUR" else CREDIT_TRANSFER, number=iban[1], iban=True)
    return Account(means=CREDIT_TRANSFER, number=pay_to.strip(), iban=False)


# ---- What


def _rows(invoice: Invoice, language: str, sign: int, *, mixed: bool) -> tuple[Row, ...]:
    lines = [(charge, line) for charge in invoice.charges for line in charge.lines]
    charged = [
        _row(invoice, number, charge, line, language, sign, mixed=mixed)
        for number, (charge, line) in enumerate(lines, 1)
    ]
    added = [
        _row_of_item(invoice, number, item, language, sign, mixed=mixed)
        for number, item in enumerate(invoice.items, 1 + len(charged))
    ]
    return (*charged, *added)


def _row_of_item(invoice: Invoice, number: int, item: Item, language: str, sign: int, *, mixed: bool) -> Row:
    amount = sign * item.amount
    quantity, unit, price, per = _priced(item, amount, sign)
    category = item.vat_category or VatCategory.OUTSIDE
    return Row(
        number=number,
        name=called(item.words, _known(language), WORDS[_known(language)]),
        description=WORDS[_known(language)][item.kind],
        note=None,
        quantity=quantity,
        unit=unit,
        price=price,
        per=per,
        amount=amount,
        category=_code(category, mixed=mixed),
        percent=None if category is VatCategory.OUTSIDE and not mixed else item.vat_percent or Decimal(0),
        begin=_day(item.started_at, invoice),
        end=_day(item.last_at, invoice),
        attributes=(),
    )


def _row(
    invoice: Invoice, number: int, charge: Charge, line: InvoiceLine, language: str, sign: int, *, mixed: bool
) -> Row:
    words = WORDS[_known(language)]
    amount = sign * line.amount
    quantity, unit, price, per = _priced(line, amount, sign)
    zone = ZoneInfo(charge.time_zone)
    outside = line.vat_category is VatCategory.OUTSIDE and not mixed
    return Row(
        number=number,
        name=words["rounding"] if line.basis is Basis.ROUNDING else words.get(line.dimension, line.dimension),
        description=f"{charge.place}, {charge.address}, {charge.started_at.astimezone(zone):%Y-%m-%d %H:%M %Z}",
        note=None if line.reason is None else said(line.reason, language),
        quantity=quantity,
        unit=unit,
        price=price,
        per=per,
        amount=amount,
        category=_code(_category(invoice, line), mixed=mixed),
        percent=None if outside else line.vat_percent or Decimal(0),
        begin=(line.started_at or charge.started_at).astimezone(zone).date(),
        end=(line.ended_at or charge.ended_at).astimezone(zone).date(),
        attributes=tuple(
            (what, value)
            for what, value in (
                ("CDR", charge.cdr_id),
                ("EVSE", charge.evse_id),
                ("Contract", charge.contract_id),
                ("Credits CDR", charge.credits),
            )
            if value and value.strip()
        ),
        cost_centre=None if charge.who is None else charge.who.cost_centre,
    )


def _priced(line: InvoiceLine | Item, amount: Decimal, sign: int) -> tuple[Decimal, str, Decimal, Decimal | None]:
    """Quantity, unit, price and what the price is for: quantities have signs, prices never do (EN 16931 BR-27)."""
    quantity, unit = sign * line.quantity, _UNITS.get(line.unit, "C62")
    if line.unit_price is not None:
        price = line.unit_price
        if price < 0:
            quantity, price = -quantity, -price
        if abs(quantity * price - amount) <= Decimal("0.01"):
            return quantity, unit, price, None
    if quantity and (quantity > 0) == (amount > 0):  # only the amount is told: so much for all of it
        return quantity, unit, abs(amount), abs(quantity)
    return Decimal(-1 if amount < 0 else 1), "C62", abs(amount), None


def _category(invoice: Invoice, line: InvoiceLine) -> VatCategory:
    """Of lines that were issued before it was kept, the one that has their rate."""
    if line.vat_category is not None:
        return line.vat_category
    return next((vat.category for vat in invoice.vat if vat.percent == line.vat_percent), VatCategory.OUTSIDE)


def _code(category: VatCategory, *, mixed: bool) -> str:
    return "E" if mixed and category is VatCategory.OUTSIDE else category.value


def _known(language: str) -> str:
    return language if language in WORDS else "en"


def _day(instant: datetime, invoice: Invoice) -> date:
    """On the seller's calendar."""
    return instant.astimezone(ZoneInfo(invoice.seller.time_zone)).date()
