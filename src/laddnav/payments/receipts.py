"""The receipt of a charge in a few lines of mail, in English, Swedish and German; the whole of it is its page."""

from __future__ import annotations

from decimal import Decimal
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from babel.numbers import format_decimal
from msgspec import Struct

from laddnav.cdrs.model import Cdr
from laddnav.kit.money import minor_unit
from laddnav.parties.model import Party
from laddnav.payments.payment import Payment, ProviderKind
from laddnav.payments.ticket import Ticket

NAMES = {ProviderKind.STRIPE: "Stripe", ProviderKind.SWISH: "Swish", ProviderKind.VIPPS: "Vipps MobilePay"}

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "subject": "Your receipt for charging at {place}: {total}",
        "text": (
            "Thank you for charging with {seller}.\n\n"
            "{place}, charging point {evse}\n{began} to {ended}\n\n"
            "Energy: {energy} kWh\nNet: {net}\nVAT: {vat}\n"
            "Total: {total}, paid with {paid_with}\nReceipt {code}\n\n"
            "Every price with its reason, and what the meter signed:\n{url}\n\n{seller}{about}\n"
        ),
    },
    "sv": {
        "subject": "Ditt kvitto på laddning vid {place}: {total}",
        "text": (
            "Tack för att du laddade hos {seller}.\n\n"
            "{place}, laddpunkt {evse}\n{began} till {ended}\n\n"
            "Energi: {energy} kWh\nExkl. moms: {net}\nMoms: {vat}\n"
            "Totalt: {total}, betalt med {paid_with}\nKvitto {code}\n\n"
            "Varje pris med sin orsak, och vad mätaren signerade:\n{url}\n\n{seller}{about}\n"
        ),
    },
    "de": {
        "subject": "Ihr Beleg für das Laden an {place}: {total}",
        "text": (
            "Danke, dass Sie bei {seller} geladen haben.\n\n"
            "{place}, Ladepunkt {evse}\n{began} bis {ended}\n\n"
            "Energie: {energy} kWh\nNetto: {net}\nUSt.: {vat}\n"
            "Gesamt: {total}, bezahlt mit {paid_with}\nBeleg {code}\n\n"
            "Jeder Preis mit seinem Grund, und was der Zähler signiert hat:\n{url}\n\n{seller}{about}\n"
        ),
    },
}


class Written(Struct, frozen=True):
    subject: str
    text: str


def paid_with(payment: Payment) -> str:
    """As the provider tells it, or else the provider's name."""
    return payment.paid_with or NAMES[payment.provider]


def written(ticket: Ticket, cdr: Cdr, seller: Party, payment: Payment, url: str) -> Written:
    language = ticket.language if ticket.language in WORDS else "en"
    words = WORDS[language]
    total = cdr.costs.total
    gross = total.before_taxes if total.after_taxes is None else total.after_taxes
    own = [one for one in (seller.address, seller.vat_number) if one]
    said = {
        "seller": seller.name,
        "about": "".join(f"\n{one}" for one in own),
        "place": " ".join((cdr.location.name or cdr.location.address).split()),
        "evse": cdr.location.evse_id,
        "began": _when(cdr, language, began=True, zone=ticket.zone),
        "ended": _when(cdr, language, began=False, zone=ticket.zone),
        "energy": format_decimal(cdr.energy.kwh, format="0.000", locale=language),
        "net": money(total.before_taxes, cdr.currency, language),
        "vat": money(gross - total.before_taxes, cdr.currency, language),
        "total": money(gross, cdr.currency, language),
        "paid_with": paid_with(payment),
        "code": ticket.code,
        "url": url,
    }
    return Written(words["subject"].format(**said)[:200], words["text"].format(**said))


def money(amount: Decimal, currency: str, language: str) -> str:
    digits = -int(minor_unit(currency).as_tuple().exponent)
    text = format_decimal(amount, format=f"#,##0.{'0' * digits}" if digits else "#,##0", locale=language)
    return f"{text} {currency}".replace("\xa0", " ").replace("\u202f", " ")


def _when(cdr: Cdr, language: str, *, began: bool, zone: str) -> str:
    at = (cdr.started_at if began else cdr.ended_at).astimezone(ZoneInfo(zone))
    return format_datetime(at, "y-MM-dd HH:mm", locale=language)
