"""What is written to a driver of whom a corrected charge asks more, in English, Swedish and German."""

from __future__ import annotations

from laddnav.parties.model import Party
from laddnav.payments.receipts import money
from laddnav.payments.shortfall import ZERO, Shortfall
from laddnav.payments.ticket import Ticket

WORDS = {
    "en": (
        "Your charge at {evse} was corrected: {open} is left to pay",
        "Hello,\n\nthe charge {code} at {evse} was measured or priced anew. It costs {due}, of which {paid} is paid; "
        "{open} is left. Nothing was taken from you for that.\n\nWhy, and how to pay:\n{url}\n\n"
        "If you think that this is wrong, answer this mail.\n\n{seller}\n",
    ),
    "sv": (
        "Din laddning vid {evse} har rättats: {open} återstår att betala",
        "Hej,\n\nladdningen {code} vid {evse} har mätts eller prissatts om. Den kostar {due}, varav {paid} är betalt; "
        "{open} återstår. Inget har dragits från dig för det.\n\nVarför, och hur du betalar:\n{url}\n\n"
        "Tycker du att det är fel, svara på det här mejlet.\n\n{seller}\n",
    ),
    "de": (
        "Ihr Ladevorgang an {evse} wurde berichtigt: {open} sind noch zu zahlen",
        "Guten Tag,\n\nder Ladevorgang {code} an {evse} wurde neu gemessen oder berechnet. Er kostet {due}, davon sind "
        "{paid} bezahlt; {open} sind noch offen. Dafür wurde nichts von Ihnen abgebucht.\n\nWarum, und wie Sie "
        "zahlen:\n{url}\n\nWenn Sie das für falsch halten, antworten Sie auf diese Mail.\n\n{seller}\n",
    ),
}


def written(ticket: Ticket, short: Shortfall, seller: Party, url: str) -> tuple[str, str]:
    """Subject and text."""
    language = ticket.language if ticket.language in WORDS else "en"
    subject, text = WORDS[language]
    said = {
        "evse": ticket.evse_id,
        "code": ticket.code,
        "due": money(ticket.due or ZERO, ticket.currency, language),
        "paid": money((ticket.due or ZERO) - short.asked, ticket.currency, language),
        "open": money(short.open, ticket.currency, language),
        "url": url,
        "seller": seller.name,
    }
    return subject.format(**said)[:200], text.format(**said)
