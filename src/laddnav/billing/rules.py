"""What a CDR becomes on an invoice: who owes it, its lines and its period; what is said of debtors and items."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.core import get_global
from msgspec.structs import replace

from laddnav.billing.einvoice.addresses import can_be
from laddnav.billing.item_words import said
from laddnav.billing.model import (
    Basis,
    Charge,
    Debtor,
    DebtorKind,
    Invoice,
    InvoiceLine,
    Item,
    Period,
    Seller,
)
from laddnav.cdrs.model import Cdr
from laddnav.kit.ids import PartyId, fold
from laddnav.kit.money import Price, minor_unit
from laddnav.kit.refusal import Refusal
from laddnav.kit.time import hours
from laddnav.kit.vat_numbers import vat_country
from laddnav.ledger.rules import account_of
from laddnav.parties.model import InvoiceEvery, Party
from laddnav.parties.rules import zone_of
from laddnav.pricing.rounding import plain, rounded_price

# Charges that end before midnight close after it, some much later: a day or a month waits so long for them.
LATE = timedelta(hours=6)


class UnknownInvoice(Refusal):
    """No invoice has this ref."""

    def __init__(self, ref: str) -> None:
        super().__init__(f"There is no invoice {ref}")
        self.ref = ref


class UnknownDebtor(Refusal):
    """Nobody of this id owes, or owed, us anything."""

    def __init__(self, debtor_id: str) -> None:
        super().__init__(f"There is no debtor {debtor_id}")
        self.debtor_id = debtor_id


class NotAVatNumber(Refusal):
    """A VAT number begins with the letters of its country and has the length and signs that it uses there."""

    def __init__(self, number: str) -> None:
        super().__init__(f"{number!r} is no VAT number; one is written like SE556677889901 or NL123456789B01")
        self.number = number


class NotAnEndpoint(Refusal):
    """Who takes electronic invoices is found by a scheme of four digits and a number that it can have."""

    def __init__(self, endpoint: str) -> None:
        super().__init__(f"{endpoint!r} is no electronic address; one is written like 0007:5566778899")
        self.endpoint = endpoint


class BilledDifferently(Refusal):
    """An item of this key is on an invoice already, with other content or for somebody else."""

    def __init__(self, key: str) -> None:
        super().__init__(f"Item {key} was billed before, and otherwise; bill the difference under a key of its own")
        self.key = key


class UnfitItem(Refusal):
    """What is billed moves whole coins, and is over when it ends."""

    def __init__(self, key: str, why: str) -> None:
        super().__init__(f"Item {key} cannot be billed: {why}")
        self.key = key


def fit(item: Item) -> Item:
    """Raises UnfitItem, UnknownItemWords, NotAnAccount."""
    said(item.words, "en")
    account_of(item.account)
    if not item.amount.is_finite() or item.amount % minor_unit(item.currency):
        raise UnfitItem(item.key, f"{item.amount} {item.currency} is finer than its smallest coin")
    if item.ended_at < item.started_at:
        raise UnfitItem(item.key, "it ends before it begins")
    return item


class NotAnEmail(Refusal):
    """Mail goes to an address with an at sign."""

    def __init__(self, email: str) -> None:
        super().__init__(f"{email!r} is no address for mail; one is written like faktura@example.se")
        self.email = email


def checked(vat_number: str | None, endpoint: str | None, email: str | None = None) -> None:
    """Raises NotAVatNumber, NotAnEndpoint, NotAnEmail; None and an empty text say nothing wrong."""
    if vat_number and vat_number.strip() and vat_country(vat_number) is None:
        raise NotAVatNumber(vat_number)
    if endpoint and endpoint.strip():
        written = re.fullmatch(r"(\d{4}):(\S{1,50})", endpoint.strip())
        if written is None or not can_be((written[1], written[2])):
            raise NotAnEndpoint(endpoint)
    if email and email.strip() and not re.fullmatch(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+", email.strip()):
        raise NotAnEmail(email)


# ---- Who owes


def is_ours(cdr: Cdr) -> bool:
    """We are its CPO; otherwise a CPO sent it to us."""
    return cdr.owner == cdr.holder


def partner_id(partner: PartyId) -> str:
    return f"{DebtorKind.PARTNER}:{partner}"


def partner_of(debtor: Debtor) -> PartyId | None:
    """None: a driver."""
    return PartyId.parse(debtor.id.partition(":")[2]) if debtor.kind is DebtorKind.PARTNER else None


def owing(cdr: Cdr) -> tuple[DebtorKind, str]:
    """Who owes us for this CDR, and the debtor's id: the eMSP of the Token, or the driver when that eMSP is us."""
    if cdr.token.owner == cdr.holder:
        # Contract ids ignore case (OCPI 2.2.1 types_cistring_type), and are mostly written in capitals.
        return DebtorKind.DRIVER, f"{DebtorKind.DRIVER}:{cdr.token.contract_id.upper()}"
    return DebtorKind.PARTNER, partner_id(cdr.token.owner)


# ---- Lines


def charge_of(cdr: Cdr, time_zone: str) -> Charge:
    place = cdr.location
    town = " ".join(part for part in (place.postal_code, place.city) if part)
    return Charge(
        cdr_owner=cdr.owner,
        cdr_id=cdr.id,
        cdr_ref=cdr.ref,
        credits=cdr.credit_reference_id if cdr.credit else None,
        contract_id=cdr.token.contract_id,
        authorization_reference=cdr.authorization_reference,
        place=place.name or place.address,
        address=f"{place.address}, {town}" if place.name else town,
        country=country_of(place.country),
        evse_id=place.evse_id,
        started_at=cdr.started_at,
        ended_at=cdr.ended_at,
        time_zone=time_zone,
        energy=cdr.energy,
        lines=lines_of(cdr),
    )


def total_of(cdr: Cdr) -> Decimal:
    """What the CDR asks for before taxes, in whole coins: the one number that money moves by."""
    total = in_coins(cdr.costs.total.before_taxes, cdr.currency)
    # A Credit CDR tells its total negative; from a partner who forgot the sign it is a credit nonetheless.
    return -total if cdr.credit and total > 0 else total


def with_captures(invoice: Invoice, eft_data: Mapping[str, tuple[str, ...]]) -> Invoice:
    """`eft_data` by folded authorisation; what is issued is enriched by it and not otherwise changed."""
    charges = (
        replace(charge, eft_data=eft_data.get(fold(charge.authorization_reference or ""), charge.eft_data))
        for charge in invoice.charges
    )
    return replace(invoice, charges=tuple(charges))


def with_holds(invoice: Invoice, taken: Mapping[str, tuple[str, ...]]) -> Invoice:
    """`taken` by CDR of the holder's own: what of a card paid for the charge, as lines of it."""
    if not taken:
        return invoice
    charges = (
        replace(one, eft_data=(*one.eft_data, *taken.get(one.cdr_id, ()))) if one.cdr_owner == invoice.holder else one
        for one in invoice.charges
    )
    return replace(invoice, charges=tuple(charges))


def lines_of(cdr: Cdr) -> tuple[InvoiceLine, ...]:
    """Together exactly `total_of` the CDR. In a Credit CDR only the total is negative, so its lines are turned.

    OCPI 2.2.1 mod_cdrs_credit_cdrs. Lines are rounded each, the CDR once: where that differs, a line says so.
    """
    total = total_of(cdr)
    if not total:
        return ()
    lines = [*(_priced_lines(cdr) if cdr.lines else _told_lines(cdr))]
    rest = total - sum((line.amount for line in lines), Decimal(0))
    if not rest:
        return tuple(lines)
    # A coin a line may come from rounding; more is something that a partner's total holds and no part explains.
    rounding = bool(lines) and abs(rest) <= minor_unit(cdr.currency) * len(lines)
    largest = max(lines, key=lambda line: abs(line.amount), default=None)
    return (
        *lines,
        InvoiceLine(
            basis=Basis.ROUNDING if rounding else _basis(cdr),
            dimension="OTHER" if lines else "TOTAL",
            quantity=Decimal(1),
            unit="x",
            amount=rest,
            vat_percent=vat_told(cdr) if largest is None else largest.vat_percent,
        ),
    )


def _basis(cdr: Cdr) -> Basis:
    return Basis.PRICED if is_ours(cdr) else Basis.AT_COST


def _priced_lines(cdr: Cdr) -> Iterable[InvoiceLine]:
    """The pricing's own lines: one each, with its place in the Tariff and its reason."""
    for line in cdr.lines:
        yield InvoiceLine(
            basis=_basis(cdr),
            dimension=line.dimension,
            started_at=line.started_at,
            ended_at=line.ended_at,
            quantity=_turned(cdr, line.billed_volume),
            unit=line.unit,
            unit_price=line.unit_price,
            amount=_turned(cdr, in_coins(line.amount.price.before_taxes, cdr.currency)),
            vat_percent=line.vat,
            tariff_id=line.tariff_id,
            element=line.element,
            component=line.component,
            reason=line.reason,
        )


def _told_lines(cdr: Cdr) -> Iterable[InvoiceLine]:
    """A partner's CDR tells what its parts cost, not how that came about: one line a part that costs something."""
    costs = cdr.costs
    charging_time = cdr.time - (cdr.parking_time or timedelta())
    parts: tuple[tuple[str, Price | None, Decimal, str], ...] = (
        ("FLAT", costs.fixed, Decimal(1), "x"),
        ("ENERGY", costs.energy, plain(cdr.energy.kwh), "kWh"),
        ("TIME", costs.time, _hours(charging_time), "h"),
        ("PARKING_TIME", costs.parking, _hours(cdr.parking_time or timedelta()), "h"),
        ("RESERVATION", costs.reservation, Decimal(1), "x"),
    )
    for dimension, price, quantity, unit in parts:
        if price is None or not (amount := in_coins(price.before_taxes, cdr.currency)):
            continue
        told = _percent_of(price)
        yield InvoiceLine(
            basis=_basis(cdr),
            dimension=dimension,
            quantity=_turned(cdr, quantity),
            unit=unit,
            amount=_turned(cdr, amount),
            vat_percent=vat_told(cdr) if told is None else told,
        )


def _turned(cdr: Cdr, number: Decimal) -> Decimal:
    return -number if cdr.credit else number


def _hours(length: timedelta) -> Decimal:
    return plain(hours(length).quantize(Decimal("0.0001")))


def in_coins(amount: Decimal, currency: str) -> Decimal:
    """The nearest whole number of the currency's smallest coin, half up."""
    return rounded_price(Price(amount), minor_unit(currency)).before_taxes


def vat_told(cdr: Cdr) -> Decimal | None:
    """The one rate that the CDR names: in its total, else in its Tariffs; None where it names none, or several."""
    told = _percent_of(cdr.costs.total)
    if told is not None:
        return told
    named = {
        component.vat
        for tariff in cdr.tariffs
        for element in tariff.elements
        for component in element.components
        if component.vat is not None
    }
    return named.pop() if len(named) == 1 else None


def _percent_of(price: Price) -> Decimal | None:
    if price.taxes is None or len(price.taxes) != 1:
        return None
    return price.taxes[0].percentage


# ---- Periods


def period_of(cdr: Cdr, party: Party) -> Period:
    """The invoice that this CDR falls onto: by when the charge ended, on the party's own calendar."""
    if party.invoice_every is InvoiceEvery.SESSION:
        return Period(f"{cdr.owner}/{cdr.id}", cdr.ended_at)
    return _period_at(cdr.ended_at, party)


def item_period(item: Item, party: Party) -> Period:
    """With the charges of its last day; where each charge has an invoice of its own, with the items of its month."""
    return _period_at(item.last_at, party)


def _period_at(instant: datetime, party: Party) -> Period:
    zone = zone_of(party)
    day = instant.astimezone(zone).date()
    if party.invoice_every is InvoiceEvery.DAY:
        name, next_day = day.isoformat(), day + timedelta(days=1)
    else:
        name, next_day = day.strftime("%Y-%m"), (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return Period(name, datetime.combine(next_day, time(), zone) + LATE)


def zone_named(name: str, otherwise: str) -> str:
    """`name` if it is a time zone: a partner's Location may say anything."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return otherwise
    return name


def due_at(issued_at: datetime, party: Party) -> datetime:
    """The end of the day, on the party's calendar, that is so many days after the one of the issue."""
    zone = zone_of(party)
    day = issued_at.astimezone(zone).date() + timedelta(days=party.payment_days)
    return datetime.combine(day, time(23, 59, 59), zone)


def number_of(party: Party, series: str, count: int) -> str:
    return f"{party.holder.party}-{series}-{count:05}"


def series_of(issued_at: datetime, party: Party, debtor: Debtor) -> str:
    """One row of numbers a year; and one for each whom we bill in their own name, for they are their numbers.

    No reference of a payment is read as one of those (references.py).
    """
    year = str(issued_at.astimezone(zone_of(party)).year)
    return f"SB-{year}-{debtor.id.partition(':')[2]}" if self_billed(debtor) else year


def self_billed(debtor: Debtor) -> bool:
    """Who gets a share sold us a place, and the invoice of that is made by us (Directive 2006/112/EC, article 224)."""
    return debtor.kind is DebtorKind.HOST


# ---- The seller, and where a place is


def country_of(alpha_3: str) -> str | None:
    """The two letters of a country that OCPI writes with three; None: there is no such country."""
    known = get_global("territory_aliases").get(alpha_3.upper(), [alpha_3.upper()])[0]
    return known if known in get_global("territory_currencies") else None


def seller_of(party: Party) -> Seller:
    return Seller(
        holder=party.holder,
        name=party.name,
        website=party.website,
        vat_number=party.vat_number,
        address=party.address,
        pay_to=party.pay_to,
        swish=party.swish,
        time_zone=party.time_zone,
        vat_registrations=party.vat_registrations,
        endpoint=party.endpoint,
        contact=party.contact,
    )
