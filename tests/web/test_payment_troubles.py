"""What is wrong with a payment is said in the language of its reader, and what a provider said as it said it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from markupsafe import Markup
from msgspec.structs import replace

from laddnav.kit import json
from laddnav.kit.ids import PartyId
from laddnav.payments import steps
from laddnav.payments.payment import Call, Payment, ProviderKind, Purpose, State, Step
from laddnav.payments.trouble import Trouble, TroubleKind
from laddnav.web.payment_troubles import worded
from tests.clock import SetClock

NOW = SetClock().now()
TAKEN = Payment(
    holder=PartyId("SE", "LAD"),
    ref="P1",
    account="A1",
    provider=ProviderKind.STRIPE,
    purpose=Purpose.SESSION,
    about="SE*LAD*E1",
    credits="receivable:driver:1",
    currency="SEK",
    hold=Decimal(1500),
    keep=Decimal(1500),
    state=State.CAPTURED,
    captured=Decimal(1500),
    made_at=NOW,
    made_by="driver",
    expires_at=NOW + timedelta(hours=1),
    changed_at=NOW,
)


def refused(step: Step, said: str) -> Payment:
    call = Call(
        holder=TAKEN.holder,
        payment="P1",
        number=1,
        step=step,
        key="k",
        amount=Decimal(1),
        until=Decimal(1),
        asked_at=NOW,
    )
    return steps.refused(TAKEN, call, said, NOW)


CASES = {
    "nothing to look at": (TAKEN, "", ""),
    "the hold was lower": (
        replace(TAKEN, captured=Decimal(1000)),
        "500.00 SEK could not be taken",
        "500,00 SEK kunde inte dras",
    ),
    "the bank took it back": (
        replace(TAKEN, charged_back=Decimal(1200)),
        "1,200.00 SEK were taken back by the payer’s bank",
        "1 200,00 SEK togs tillbaka av betalarens bank",
    ),
    "somebody gave it back there": (
        replace(TAKEN, refunded=Decimal(100)),
        "100.00 SEK were given back, and nobody here asked for that",
        "100,00 SEK betalades tillbaka utan att någon här bad om det",
    ),
    "refused": (
        refused(Step.REFUND, "insufficient <funds> 100%"),
        "It was refused to give it back: “insufficient <funds> 100%”",
        "Det nekades att betala tillbaka: ”insufficient <funds> 100%”",
    ),
    "of before": (
        replace(TAKEN, trouble="18.75 SEK could not be taken"),
        "18.75 SEK could not be taken",
        "18.75 SEK could not be taken",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_reader_is_told_what_is_wrong_in_their_language(case: str) -> None:
    payment, english, swedish = CASES[case]
    if payment.trouble is None:
        payment = steps.looked_over(payment)
    kept = json.decode(json.encode(payment), Payment)
    assert kept == payment
    assert [shown(kept, language) for language in ("en", "sv")] == [english, swedish]
    assert (kept.trouble or "").replace("1200", "1,200") == english, "and whoever asks over the API, in English"


def shown(payment: Payment, language: str) -> str:
    """As a browser shows it."""
    found = worded(payment, language)
    text = found.striptags() if isinstance(found, Markup) else found
    return text.replace("\N{NO-BREAK SPACE}", " ")


def test_states_that_do_not_go_together_are_named_as_pages_name_them() -> None:
    with pytest.raises(steps.Contradicted) as error:
        steps.moved(State.CAPTURED, State.HELD)
    found = Trouble(kind=TroubleKind.CONTRADICTED, was=error.value.was, shown=error.value.shown)
    assert shown(steps.troubled(TAKEN, found), "sv") == (
        "Betaltjänsten visar ”Hålls kvar”, som inte kan ha kommit av ”Betalt”"
    )
