"""Which VAT a charge bears: from this seller, to this buyer, at this place, on this day; and why, in words.

Electricity for a car is goods (Court of Justice, C-282/22), sold by the operator to the provider and by the provider to
the driver (C-60/23). So between dealers it is supplied where the buyer is established, and to whoever uses it where the
car is charged (Directive 2006/112/EC, articles 38 and 39). docs/decisions/0029 says what we read into that, and why.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from babel import Locale
from msgspec import Struct

from laddnav.billing.model import Debtor, DebtorKind, Invoice, Item, ItemKind, Supply, VatCategory, VatWhy
from laddnav.billing.vat_rates import EUROPEAN_UNION, ONE_STOP_SHOP_FROM, REVERSED_AT_HOME, standard_rate
from laddnav.kit.vat_numbers import vat_country
from laddnav.parties.model import Party
from laddnav.parties.rules import zone_of
from laddnav.pricing.rounding import plain


class Treatment(Struct, frozen=True, kw_only=True):
    """`country` is where the VAT is due, or would be."""

    category: VatCategory
    percent: Decimal
    country: str
    why: VatWhy


def treatment(seller: Party, buyer: Debtor, place: str, day: date, told: Decimal | None) -> Treatment:
    """`place` is the country where the car charged; `told` the rate that the Tariff or the CDR names, if any."""
    home, there = seller.holder.country, buyer.country
    if buyer.kind is not DebtorKind.PARTNER:
        return _consumed(seller, place, day, told)
    known = buyer.vat_number is not None and vat_country(buyer.vat_number) == there
    if there == home:
        if known and there in REVERSED_AT_HOME:
            return _without(VatCategory.REVERSE_CHARGE, there, VatWhy.REVERSED_AT_HOME)
        return _at_home(seller, day, told)
    if not {home, there} <= EUROPEAN_UNION:
        return _without(VatCategory.OUTSIDE, there, VatWhy.BEYOND)
    if _registered(seller, there, day):
        return _standard(seller, there, day, None, VatWhy.REGISTERED)
    if known:
        return _without(VatCategory.REVERSE_CHARGE, there, VatWhy.REVERSE_CHARGE)
    # Who names no VAT number has not shown to be a dealer, and nobody could account for the VAT in the seller's stead.
    return _consumed(seller, place, day, told)


def treatment_of(seller: Party, buyer: Debtor, item: Item) -> Treatment:
    """Of an item: as electricity, as a service, or as nothing that is sold; what takes a line back is as that was."""
    back, day = item.takes_back, item.last_at.astimezone(zone_of(seller)).date()
    if back is not None:
        return Treatment(category=back.vat_category, percent=back.vat_percent, country=back.country, why=back.why)
    if buyer.kind is DebtorKind.HOST and item.kind is ItemKind.SHARE:
        return _of_host(buyer, seller, day, item.vat_percent)
    if item.sold is Supply.NONE:
        return _without(VatCategory.OUTSIDE, seller.holder.country, VatWhy.NO_SUPPLY)
    place = item.country or buyer.country
    if item.sold is Supply.ELECTRICITY:
        return treatment(seller, buyer, place, day, item.vat_percent)
    known = buyer.vat_number is not None and vat_country(buyer.vat_number) == buyer.country
    if not known and buyer.kind is not DebtorKind.PARTNER:
        return _consumed(seller, place, day, item.vat_percent, shop_since=date.min)
    home, there = seller.holder.country, buyer.country
    if there == home:
        return _at_home(seller, day, item.vat_percent)
    if not {home, there} <= EUROPEAN_UNION:
        return _without(VatCategory.OUTSIDE, there, VatWhy.SERVICE_BEYOND)
    if known:
        return _without(VatCategory.REVERSE_CHARGE, there, VatWhy.SERVICE_REVERSED)
    return _consumed(seller, there, day, item.vat_percent, shop_since=date.min)


def _of_host(host: Debtor, us: Party, day: date, told: Decimal | None) -> Treatment:
    """Of a share, which the host sells to us, whoever makes the invoice: whether it is registered counts, and where.

    A service between dealers is supplied where its buyer is, that is at our home.
    """
    home = us.holder.country
    if host.vat_number is None:
        return _without(VatCategory.OUTSIDE, host.country, VatWhy.NOT_REGISTERED)
    sells_in = vat_country(host.vat_number) or host.country
    if sells_in != home and us.vat_number is not None:
        if not {home, sells_in} <= EUROPEAN_UNION:
            return _without(VatCategory.OUTSIDE, home, VatWhy.SERVICE_BEYOND)
        return _without(VatCategory.REVERSE_CHARGE, home, VatWhy.SERVICE_REVERSED)
    percent = told or standard_rate(sells_in, day) or us.vat_percent or Decimal(0)
    return _rated(percent, sells_in, VatWhy.DOMESTIC)


def _consumed(
    seller: Party, place: str, day: date, told: Decimal | None, *, shop_since: date = ONE_STOP_SHOP_FROM
) -> Treatment:
    home = seller.holder.country
    if place == home:
        return _at_home(seller, day, told)
    if _registered(seller, place, day):
        return _standard(seller, place, day, told, VatWhy.REGISTERED)
    if not {home, place} <= EUROPEAN_UNION:
        return _without(VatCategory.OUTSIDE, place, VatWhy.BEYOND)
    shops = [one for one in seller.vat_registrations if one.one_stop_shop and one.holds(day)]
    one_stop = bool(shops) and day >= shop_since
    return _standard(seller, place, day, told, VatWhy.ONE_STOP_SHOP if one_stop else VatWhy.UNREGISTERED)


def _at_home(seller: Party, day: date, told: Decimal | None) -> Treatment:
    home = seller.holder.country
    percent = seller.vat_percent if told is None else told
    if percent is None:
        return _without(VatCategory.OUTSIDE, home, VatWhy.NO_VAT)
    return _rated(percent, home, VatWhy.DOMESTIC)


def _standard(seller: Party, country: str, day: date, told: Decimal | None, why: VatWhy) -> Treatment:
    """The rate told, for it may be a lower one of that country; else the country's standard rate."""
    percent = told or standard_rate(country, day) or seller.vat_percent or Decimal(0)
    return _rated(percent, country, why)


def _rated(percent: Decimal, country: str, why: VatWhy) -> Treatment:
    if not percent:
        return _without(VatCategory.ZERO, country, VatWhy.ZERO_RATED)
    return Treatment(category=VatCategory.STANDARD, percent=plain(percent), country=country, why=why)


def _without(category: VatCategory, country: str, why: VatWhy) -> Treatment:
    return Treatment(category=category, percent=Decimal(0), country=country, why=why)


def _registered(seller: Party, country: str, day: date) -> bool:
    return any(one.country == country and not one.one_stop_shop and one.holds(day) for one in seller.vat_registrations)


# ---- In words

_SAID: dict[VatWhy, dict[str, str]] = {
    VatWhy.REVERSE_CHARGE: {
        "en": "Reverse charge: VAT is accounted for by the buyer (Directive 2006/112/EC, articles 38 and 195).",
        "sv": "Omvänd betalningsskyldighet: köparen redovisar momsen (direktiv 2006/112/EG, artiklarna 38 och 195).",
        "de": "Steuerschuldnerschaft des Leistungsempfängers (Richtlinie 2006/112/EG, Artikel 38 und 195).",
    },
    VatWhy.REVERSED_AT_HOME: {
        "en": "Reverse charge: VAT is accounted for by the buyer, who sells the electricity on ({law}).",
        "sv": "Omvänd betalningsskyldighet: köparen, som säljer elen vidare, redovisar momsen ({law}).",
        "de": "Steuerschuldnerschaft des Leistungsempfängers: Lieferung von Elektrizität an Wiederverkäufer ({law}).",
    },
    VatWhy.BEYOND: {
        "en": "Not subject to VAT of the seller's country; the electricity is supplied elsewhere: {country}"
        " (Directive 2006/112/EC, articles 38 and 39).",
        "sv": "Omfattas inte av moms i säljarens land; elen levereras i ett annat: {country}"
        " (direktiv 2006/112/EG, artiklarna 38 och 39).",
        "de": "Im Land des Verkäufers nicht steuerbar; Ort der Lieferung: {country}"
        " (Richtlinie 2006/112/EG, Artikel 38 und 39).",
    },
    VatWhy.SERVICE_REVERSED: {
        "en": "Reverse charge: VAT is accounted for by the buyer (Directive 2006/112/EC, articles 44 and 196).",
        "sv": "Omvänd betalningsskyldighet: köparen redovisar momsen (direktiv 2006/112/EG, artiklarna 44 och 196).",
        "de": "Steuerschuldnerschaft des Leistungsempfängers (Richtlinie 2006/112/EG, Artikel 44 und 196).",
    },
    VatWhy.SERVICE_BEYOND: {
        "en": "Not subject to VAT of the seller's country; the service is supplied elsewhere: {country}"
        " (Directive 2006/112/EC, articles 44 and 59).",
        "sv": "Omfattas inte av moms i säljarens land; tjänsten tillhandahålls i ett annat: {country}"
        " (direktiv 2006/112/EG, artiklarna 44 och 59).",
        "de": "Im Land des Verkäufers nicht steuerbar; Ort der Leistung: {country}"
        " (Richtlinie 2006/112/EG, Artikel 44 und 59).",
    },
    VatWhy.NO_SUPPLY: {
        "en": "Fees and interest for late payment, and money laid out, are not sold and bear no VAT.",
        "sv": "Avgifter och ränta för sen betalning samt utlägg är inga försäljningar och bär ingen moms.",
        "de": "Verzugskosten und Auslagen sind keine Leistung und tragen keine Umsatzsteuer.",
    },
    VatWhy.NOT_REGISTERED: {
        "en": "No VAT: the seller is not registered for VAT.",
        "sv": "Ingen moms: säljaren är inte momsregistrerad.",
        "de": "Keine Umsatzsteuer: Der Verkäufer ist nicht für die Umsatzsteuer registriert.",
    },
    VatWhy.NO_VAT: {
        "en": "The seller charges no VAT.",
        "sv": "Säljaren debiterar ingen moms.",
        "de": "Der Verkäufer weist keine Umsatzsteuer aus.",
    },
    VatWhy.ONE_STOP_SHOP: {
        "en": "VAT of the country where the car was charged ({country}), declared in the one-stop shop of the Union.",
        "sv": "Moms i landet där bilen laddades ({country}), redovisad i unionsordningen (One Stop Shop).",
        "de": "Umsatzsteuer des Landes, in dem geladen wurde ({country}), erklärt im One-Stop-Shop der Union.",
    },
    VatWhy.REGISTERED: {
        "en": "VAT of another country ({country}), where the seller is registered as {number}.",
        "sv": "Moms i ett annat land ({country}), där säljaren är momsregistrerad som {number}.",
        "de": "Umsatzsteuer eines anderen Landes ({country}), in dem der Verkäufer als {number} registriert ist.",
    },
    VatWhy.UNREGISTERED: {
        "en": "VAT of the country where the car was charged ({country}).",
        "sv": "Moms i landet där bilen laddades ({country}).",
        "de": "Umsatzsteuer des Landes, in dem geladen wurde ({country}).",
    },
}


def reason(why: VatWhy, country: str, language: str, number: str = "") -> str | None:
    """None: there is nothing to explain. `number` is the seller's VAT number in `country`."""
    said = _SAID.get(why)
    if said is None:
        return None
    language = language if language in said else "en"
    named = Locale(language).territories.get(country, country)
    return said[language].format(country=named, number=number, law=REVERSED_AT_HOME.get(country, ""))


def reasons(invoice: Invoice, language: str) -> tuple[str, ...]:
    """All that an invoice has to say of its VAT, each once."""
    numbers = {one.country: one.number for one in invoice.seller.vat_registrations if not one.one_stop_shop}
    parts = [part for vat in invoice.vat for part in vat.parts]
    said = (reason(part.why, part.country, language, numbers.get(part.country, "")) for part in parts)
    # What was issued before reasons were kept tells its category only.
    of_old = (_OF_OLD.get(vat.category) for vat in invoice.vat if not vat.parts)
    country = invoice.debtor.country
    return tuple(dict.fromkeys([*filter(None, said), *(reason(why, country, language) or "" for why in of_old if why)]))


_OF_OLD = {VatCategory.REVERSE_CHARGE: VatWhy.REVERSE_CHARGE, VatCategory.OUTSIDE: VatWhy.BEYOND}
