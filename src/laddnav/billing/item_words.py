"""What an item of an invoice is called, in English, Swedish and German: a sentence for each code, filled in."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from babel.numbers import format_decimal

from laddnav.billing.model import ItemWords, Words
from laddnav.kit.refusal import Refusal

_LOCALES = {"en": "en_GB", "sv": "sv_SE", "de": "de_DE"}
_NUMBERS = {"kwh", "percent", "days", "of_days"}  # values that are written as their language writes them

# code: English, Swedish, German. In braces is what `values` fill in; {of} is said by the words that these cite.
_SENTENCES: dict[str, tuple[str, str, str]] = {
    "SUBSCRIPTION": ("Subscription {plan}", "Abonnemang {plan}", "Abonnement {plan}"),
    "SUBSCRIPTION_PART": (
        "Subscription {plan}, {days} of {of_days} days",
        "Abonnemang {plan}, {days} av {of_days} dagar",
        "Abonnement {plan}, {days} von {of_days} Tagen",
    ),
    "SUBSCRIPTION_BACK": (
        "Subscription {plan}, {days} of {of_days} days given back",
        "Abonnemang {plan}, {days} av {of_days} dagar åter",
        "Abonnement {plan}, {days} von {of_days} Tagen zurück",
    ),
    "JOINING": ("Joining fee {plan}", "Startavgift {plan}", "Anschlussgebühr {plan}"),
    "INCLUDED": (
        "Included in {plan}: {kwh} kWh",
        "Ingår i {plan}: {kwh} kWh",
        "In {plan} enthalten: {kwh} kWh",
    ),
    "MEMBER_PRICE": ("Member price, {plan}", "Medlemspris, {plan}", "Mitgliedspreis, {plan}"),
    "DISCOUNT": ("Discount: {what}", "Rabatt: {what}", "Rabatt: {what}"),
    "FEE": ("Fee: {what}", "Avgift: {what}", "Gebühr: {what}"),
    "REMINDER_FEE": (
        "Reminder fee, invoice {number}",
        "Påminnelseavgift, faktura {number}",
        "Mahngebühr, Rechnung {number}",
    ),
    "LATE_COMPENSATION": (
        "Compensation for late payment, invoice {number}",
        "Förseningsersättning, faktura {number}",
        "Verzugspauschale, Rechnung {number}",
    ),
    "INTEREST_SINCE": (
        "Interest for late payment, invoice {number}: {since} to {until}, {days} days at {percent} %",
        "Dröjsmålsränta, faktura {number}: {since} till {until}, {days} dagar, {percent} %",
        "Verzugszinsen, Rechnung {number}: {since} bis {until}, {days} Tage zu {percent} %",
    ),
    "INTEREST_ANEW": (
        "Interest for late payment, invoice {number}: reckoned anew, less what was charged before",
        "Dröjsmålsränta, faktura {number}: omräknad, minus det som debiterats tidigare",
        "Verzugszinsen, Rechnung {number}: neu berechnet, abzüglich des bereits Berechneten",
    ),
    # As it was said until lines named the days since the charge before; still on what was issued then.
    "INTEREST": (
        "Interest for late payment, invoice {number}: {days} days at {percent} %",
        "Dröjsmålsränta, faktura {number}: {days} dagar, {percent} %",
        "Verzugszinsen, Rechnung {number}: {days} Tage zu {percent} %",
    ),
    "SHARE": ("Share of revenue, {place}", "Andel av intäkter, {place}", "Anteil am Umsatz, {place}"),
    "SHARE_FIXED": ("Fixed sum of the month, {place}", "Fast belopp för månaden, {place}", "Monatsbetrag, {place}"),
    "SHARE_GUARANTEE": (
        "What the month lacks of the guaranteed sum, {place}",
        "Vad månaden saknar av det garanterade beloppet, {place}",
        "Bis zum garantierten Betrag des Monats, {place}",
    ),
    "SHARE_GUARANTEE_BACK": (
        "Of the guaranteed sum, reached by shares that came late, {place}",
        "Av det garanterade beloppet, nått av andelar som kom sent, {place}",
        "Vom garantierten Betrag, durch verspätete Anteile erreicht, {place}",
    ),
    "REIMBURSEMENT": (
        "Charging at home reimbursed, {place}: {kwh} kWh",
        "Ersättning för laddning hemma, {place}: {kwh} kWh",
        "Erstattung für Laden zu Hause, {place}: {kwh} kWh",
    ),
    "CREDIT": ("Credit of invoice {number}: {of}", "Kredit av faktura {number}: {of}", "Gutschrift zu {number}: {of}"),
    "CREDITED_BEFORE": (
        "Credited before with invoice {number}: {of}",
        "Krediterat tidigare med faktura {number}: {of}",
        "Bereits gutgeschrieben mit {number}: {of}",
    ),
    "CHARGE_LINE": ("{place}, {day}, {term}", "{place}, {day}, {term}", "{place}, {day}, {term}"),
    "OTHER": ("{text}", "{text}", "{text}"),
}


class UnknownItemWords(Refusal):
    """An item is called by a sentence of the list, with every gap of it filled."""

    def __init__(self, words: Words) -> None:
        super().__init__(f"No sentence {words.code} can be said of {', '.join(sorted(words.values)) or 'nothing'}")
        self.words = words


def said(words: Words, language: str, terms: dict[str, str] | None = None) -> str:
    """`terms` translate the value `term`, a dimension's name. Raises UnknownItemWords."""
    language = language if language in _LOCALES else "en"
    values = {name: _written(name, value, language) for name, value in words.values.items()}
    if terms is not None and "term" in values:
        values["term"] = terms.get(values["term"], values["term"])
    if isinstance(words, ItemWords) and words.of is not None:
        values["of"] = said(words.of, language, terms)
    try:
        return _SENTENCES[words.code][list(_LOCALES).index(language)].format_map(values)
    except KeyError:
        raise UnknownItemWords(words) from None


def _written(name: str, value: str, language: str) -> str:
    if name not in _NUMBERS:
        return value
    try:
        return str(format_decimal(Decimal(value), locale=_LOCALES[language])).replace("-", "\N{MINUS SIGN}")
    except InvalidOperation:
        return value
