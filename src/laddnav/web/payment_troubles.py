"""What a person has to look at of a payment, in the reader's language; a provider's words stay as it said them."""

from __future__ import annotations

from markupsafe import Markup, escape

from laddnav.payments.payment import Payment
from laddnav.payments.trouble import SENTENCES
from laddnav.web.format import Format
from laddnav.web.states import state
from laddnav.web.words import translations


def worded(payment: Payment, language: str) -> str | Markup:
    """As it was kept, where it is from before troubles had kinds."""
    trouble = payment.trouble_is
    if trouble is None:
        return payment.trouble or ""
    say = translations(language).gettext
    amount = "" if trouble.amount is None else Format(language).amount(trouble.amount, trouble.currency)
    was, shown = (say(state("payment", one).word) if one else "" for one in (trouble.was, trouble.shown))
    sentence = Markup(escape(say(SENTENCES[trouble.kind])))  # what stands in it is escaped
    return sentence % {"amount": amount, "said": trouble.said, "was": was, "shown": shown}
