"""Cards by Stripe: at localstripe, which is by somebody else, and at a server of ours for what that cannot do."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlencode

import aiohttp
import pytest
from starlette.routing import Route

from laddnav.db.unit import Database
from laddnav.payments.payment import Outcome, Payment, State, Step
from laddnav.payments.providers.port import NotFromThem
from laddnav.server.hooks import Hooks
from tests.clock import SetClock
from tests.payments.checkout import Checkout
from tests.payments.conftest import an_account
from tests.payments.counterparts import StripeServer, served
from tests.payments.started import localstripe as started
from tests.payments.till import Till, line

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".cache" / "counterparts" / "stripe" / "bin" / "python"
CARD = "pm_card_visa"


@pytest.fixture
async def stripe() -> AsyncIterator[tuple[StripeServer, str]]:
    server = StripeServer()
    async with served(server.routes) as url:
        yield server, url


@pytest.fixture
async def till(stripe: tuple[StripeServer, str], database: Database) -> AsyncIterator[Till]:
    async with line() as there:
        yield Till(database, await an_account(database, url=stripe[1]), there)


async def test_a_hold_is_raised_captured_in_part_and_only_what_was_taken_is_in_the_ledger(till: Till) -> None:
    payment = await till.asks("300", method=CARD)
    assert (payment.state, payment.held, await till.owed()) == (State.HELD, Decimal(300), (Decimal(0), Decimal(0)))
    payment = await till.holds(payment, "500")
    assert (payment.held, await till.owed()) == (Decimal(500), (Decimal(0), Decimal(0)))
    payment = await till.keeps(payment, "412.50")
    assert (payment.state, payment.captured, payment.held) == (State.CAPTURED, Decimal("412.50"), Decimal(0))
    assert payment.refunded == 0, "what was released was never paid"
    assert await till.owed() == (Decimal("412.50"), Decimal("411.00")), "the fee is the provider's"
    payment = await till.refunds(payment, "12.50")
    assert (payment.net, await till.owed()) == (Decimal(400), (Decimal(400), Decimal("398.50")))
    assert [step for step, _, _ in await till.calls(payment)] == [Step.AUTHORISE, Step.RAISE, Step.CAPTURE, Step.REFUND]


@pytest.mark.parametrize(
    "lost", ["POST /v1/payment_intents", "POST /capture", "POST /v1/refunds", "GET /v1/payment_intents"]
)
async def test_what_was_done_and_not_answered_is_found_and_not_done_again(
    till: Till, stripe: tuple[StripeServer, str], clock: SetClock, lost: str
) -> None:
    till.line.loses = {lost}
    payment = await till.asks("300", method=CARD)
    clock.advance(timedelta(minutes=3))
    payment = await till.goes_on(payment)
    payment = await till.keeps(payment, "200")
    clock.advance(timedelta(minutes=3))
    payment = await till.goes_on(payment)
    payment = await till.refunds(payment, "50")
    clock.advance(timedelta(minutes=3))
    payment = await till.goes_on(payment)
    assert not till.line.loses
    assert (payment.state, payment.net) == (State.CAPTURED, Decimal(150))
    assert await till.owed() == (Decimal(150), Decimal("148.50"))
    assert stripe[0].posts == 3, "each thing was done once"
    assert all(outcome is Outcome.DONE for _, _, outcome in await till.calls(payment))


async def test_a_card_that_is_declined_costs_nobody_anything_and_is_waited_for_by_nobody(
    till: Till, clock: SetClock
) -> None:
    payment = await till.asks("300", method="pm_card_chargeDeclined")
    assert (payment.state, payment.why) == (State.REFUSED, "Stripe: Your card was declined.")
    for minutes in (2, 20):  # its intent is found, which waits for another card
        clock.advance(timedelta(minutes=minutes))
        payment = await till.goes_on(payment)
        assert (payment.state, payment.action, payment.why) == (State.REFUSED, None, "Your card was declined.")
    assert await till.owed() == (Decimal(0), Decimal(0))


@pytest.mark.parametrize(("away", "lost"), [(False, False), (True, False), (True, True)])
async def test_a_bank_that_wants_to_see_the_driver_is_waited_for_and_heard(
    till: Till, stripe: tuple[StripeServer, str], clock: SetClock, away: bool, lost: bool
) -> None:
    server = stripe[0]
    if lost:
        till.line.loses.add("POST payment_intents")
    back = "https://lad.example/back"
    payment = await till.asks("300", method="pm_card_authenticationRequired", return_url=back, away=away)
    if lost:
        clock.advance(timedelta(minutes=1))
        payment = await till.goes_on(payment)
    assert server.intents[payment.provider_id or ""]["away"] is away, "the bank is told whether anybody is there"
    assert (payment.state, payment.action) == (State.WAITING, "https://bank.example/3ds")
    server.confirm(payment.provider_id or "")
    headers, body = server.tells(payment.provider_id or "", "payment_intent.amount_capturable_updated", clock.now())
    assert await till.hears(headers, body) == payment.ref
    assert (await till.goes_on(payment)).state is State.HELD
    assert await till.hears(headers, body) is None, "told again it is nothing"


async def test_a_hook_that_is_not_theirs_old_or_changed_is_refused(
    till: Till, stripe: tuple[StripeServer, str], clock: SetClock
) -> None:
    payment = await till.asks("300", method=CARD)
    id = payment.provider_id or ""
    for headers, body in (
        stripe[0].tells(id, "charge.refunded", clock.now(), secret="whsec_of_another"),
        stripe[0].tells(id, "charge.refunded", clock.now() - timedelta(minutes=6)),
        ({"Stripe-Signature": ""}, b"{}"),
        ({"Stripe-Signature": "t=1e9,v1="}, b"{}"),
    ):
        with pytest.raises(NotFromThem):
            await till.hears(headers, body)
    headers, body = stripe[0].tells(id, "charge.refunded", clock.now())
    with pytest.raises(NotFromThem):
        await till.hears(headers, body.replace(b"requires_capture", b"succeeded_______"))


async def test_a_hook_is_answered_when_it_is_kept_and_what_is_not_theirs_is_not(
    till: Till, stripe: tuple[StripeServer, str], clock: SetClock
) -> None:
    payment = await till.asks("300", method="pm_card_authenticationRequired")
    stripe[0].confirm(payment.provider_id or "")
    hooks = Hooks(till.database, till.collector)
    async with (
        served([Route("/hooks/payments/{account}", hooks.heard, methods=["POST"])]) as url,
        aiohttp.ClientSession() as web,
    ):
        there = f"{url}/hooks/payments/{till.account.ref}"
        headers, body = stripe[0].tells(payment.provider_id or "", "payment_intent.created", clock.now())
        for said, shown, status in ((body, headers, 200), (body, headers, 200), (body, {}, 400), (b"{}", headers, 400)):
            async with web.post(there, data=said, headers=shown) as answer:
                assert answer.status == status
        async with web.post(f"{url}/hooks/payments/unknown", data=body, headers=headers) as answer:
            assert answer.status == 400
    async with asyncio.timeout(10):
        while (await till.sees(payment)).state is not State.HELD:
            await asyncio.sleep(0.01)


async def test_a_hook_that_comes_before_the_answer_is_ours_all_the_same(
    till: Till, stripe: tuple[StripeServer, str], clock: SetClock
) -> None:
    till.line.loses = {"POST /v1/payment_intents"}
    payment = await till.asks("300", method=CARD)
    assert payment.provider_id is None
    headers, body = stripe[0].tells("pi_0", "payment_intent.created", clock.now())
    assert await till.hears(headers, body) == payment.ref
    payment = await till.goes_on(payment)
    assert (payment.state, payment.provider_id, stripe[0].posts) == (State.HELD, "pi_0", 1)


async def test_what_somebody_did_at_the_providers_own_console_is_found_and_posted(
    till: Till, stripe: tuple[StripeServer, str], clock: SetClock
) -> None:
    payment = await till.keeps(await till.asks("300", method=CARD), "300")
    charge = stripe[0].intents[payment.provider_id or ""]["latest_charge"]
    charge["refunds"]["data"].append({"amount": 10000, "status": "succeeded", "balance_transaction": "txn_9"})
    clock.advance(timedelta(minutes=2))
    await till.collector.go_on_due()
    payment = await till.sees(payment)
    assert (payment.net, payment.trouble) == (
        Decimal(200),
        "100.00 SEK were given back, and nobody here asked for that",
    )
    assert (await till.owed())[0] == 200


async def test_a_bank_that_takes_it_back_is_posted_and_one_that_lost_gives_it_again(
    till: Till, stripe: tuple[StripeServer, str], clock: SetClock
) -> None:
    payment = await till.keeps(await till.asks("300", method=CARD), "300")
    stripe[0].intents[payment.provider_id or ""]["latest_charge"]["disputed"] = True
    stripe[0].disputes = [{"amount": 30000, "status": "needs_response"}]
    payment = await till.goes_on(payment)
    assert (payment.charged_back, (await till.owed())[0], payment.trouble is None) == (Decimal(300), Decimal(0), False)
    stripe[0].disputes = [{"amount": 30000, "status": "won"}]
    payment = await till.goes_on(payment)
    assert (payment.charged_back, (await till.owed())[0], payment.trouble) == (Decimal(0), Decimal(300), None)


async def test_what_is_left_at_the_bank_by_a_persons_word_stays_with_us_where_we_win_it(
    till: Till, stripe: tuple[StripeServer, str]
) -> None:
    payment = await till.keeps(await till.asks("300", method=CARD), "300")
    stripe[0].intents[payment.provider_id or ""]["latest_charge"]["disputed"] = True
    for _ in range(2):
        stripe[0].disputes = [{"amount": 30000, "status": "needs_response"}]
        payment = await till.goes_on(payment)
        assert payment.trouble == "300.00 SEK were taken back by the payer’s bank", "of each dispute a person is told"
        payment = await till.accepts(payment)
        assert payment.trouble is None
        assert (payment.back, (await till.owed())[0]) == (Decimal(0), Decimal(0)), "the driver owes it again"
        stripe[0].disputes = [{"amount": 30000, "status": "won"}]
        payment = await till.goes_on(payment)
        assert (payment.net, (await till.owed())[0]) == (Decimal(300), Decimal(300)), "they have paid after all"
    payment = await till.refunds(payment, "100")
    assert (payment.net, (await till.owed())[0]) == (Decimal(200), Decimal(200)), (
        "a person may give it back all the same"
    )


async def test_who_does_not_finish_in_time_is_released(till: Till, clock: SetClock) -> None:
    payment = await till.asks("300", method="pm_card_authenticationRequired")
    clock.advance(timedelta(minutes=16))
    await till.collector.go_on_due()
    assert (await till.sees(payment)).state is State.RELEASED


async def test_a_call_that_never_arrived_is_made_anew_when_its_key_may_be_forgotten(
    till: Till, stripe: tuple[StripeServer, str], clock: SetClock
) -> None:
    payment = await till.keeps(await till.asks("300", method=CARD), "300")
    till.line.loses = {"POST /v1/refunds"}
    await till.refunds(payment, "100")
    # As though it had been undone there: a day later the key says nothing any more.
    charge = stripe[0].intents[payment.provider_id or ""]["latest_charge"]
    charge["refunds"]["data"].clear()
    stripe[0].answers.clear()
    clock.advance(timedelta(hours=21))
    payment = await till.goes_on(payment)
    refunds = [(tries, outcome) for step, tries, outcome in await till.calls(payment) if step is Step.REFUND]
    assert refunds == [(2, Outcome.REFUSED), (1, Outcome.DONE)]
    assert payment.refunded == 100


# ---- localstripe


@pytest.fixture(scope="module")
def localstripe() -> Iterator[str]:
    with started() as url:
        yield url


def _a_card(url: str, number: str) -> tuple[str, str]:
    """(customer, card), as a page of Stripe's would have stored it."""
    said = {"type": "card", "card[number]": number, "card[exp_month]": 12, "card[exp_year]": 2030, "card[cvc]": 123}
    card = _posted(f"{url}/v1/payment_methods", said)["id"]
    customer = _posted(f"{url}/v1/customers", {"email": "anna@example.com"})["id"]
    _posted(f"{url}/v1/payment_methods/{card}/attach", {"customer": customer})
    return customer, card


def _posted(url: str, said: dict[str, object]) -> dict[str, str]:
    request = urllib.request.Request(url, urlencode(said).encode(), {"Authorization": "Bearer sk_test_12345"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        found: dict[str, str] = json.load(answer)
        return found


async def test_a_stored_card_is_held_captured_and_refunded_at_a_stripe_by_somebody_else(
    localstripe: str, database: Database
) -> None:
    async with line() as there:
        till = Till(database, await an_account(database, url=localstripe), there)
        customer, card = _a_card(localstripe, "4242424242424242")
        payment = await till.asks("300", method=card, customer=customer, away=True)
        assert (payment.state, payment.held) == (State.HELD, Decimal(300))
        payment = await till.keeps(payment, "120")
        assert (payment.state, payment.net) == (State.CAPTURED, Decimal(120))
        payment = await till.refunds(payment, "20")
        assert (payment.net, (await till.owed())[0]) == (Decimal(100), Decimal(100))
        released = await till.keeps(await till.asks("80", method=card, customer=customer), "0")
        assert (released.state, released.net) == (State.RELEASED, Decimal(0))


async def test_its_banks_decline_and_want_to_see_the_driver(localstripe: str, database: Database) -> None:
    async with line() as there:
        till = Till(database, await an_account(database, url=localstripe), there)
        customer, card = _a_card(localstripe, "4000000000000341")
        assert (await till.asks("300", method=card, customer=customer)).state is State.REFUSED
        customer, card = _a_card(localstripe, "4000002500003155")
        payment = await till.asks("300", method=card, customer=customer)
        assert payment.state is State.WAITING
        said = {"client_secret": payment.action or "", "success": "true", "key": "pk_test_12345"}
        _posted(f"{localstripe}/v1/payment_intents/{payment.provider_id}/_authenticate", {**said})
        assert (await till.goes_on(payment)).state is State.HELD


async def test_a_card_is_typed_at_stripes_own_page_and_never_with_us(localstripe: str, database: Database) -> None:
    checkout = Checkout(localstripe)
    async with line() as there, served(checkout.routes) as checkout.url:
        till = Till(database, await an_account(database, url=checkout.url), there)
        back = "https://lad.example/charge/ticket/x"
        payment = await till.asks("300", return_url=back)
        assert (payment.state, payment.action) == (State.WAITING, f"{checkout.url}/pay/cs_test_0")
        assert (await till.goes_on(payment)).action == payment.action, "asked again, it is the same page"
        await checkout.pay("cs_test_0")
        payment = await till.goes_on(payment)
        assert (payment.state, payment.held, payment.action) == (State.HELD, Decimal(300), None)
        assert payment.paid_with == "Visa •••• 4242"
        payment = await till.keeps(payment, "120")
        assert (payment.state, payment.net, payment.held) == (State.CAPTURED, Decimal(120), Decimal(0))
        # Nobody pays; and somebody pays in the moment in which it is given up.
        closed = await till.keeps(await till.asks("80", return_url=back), "0")
        assert (closed.state, closed.net) == (State.REFUSED, Decimal(0))
        late = await till.asks("80", return_url=back)
        await checkout.pay("cs_test_2")
        late = await till.keeps(late, "0")
        assert (late.state, late.net, late.held) == (State.RELEASED, Decimal(0), Decimal(0))


def test_a_payment_shows_no_secret() -> None:
    assert "Secrets()" == repr(__import__("laddnav.payments.payment", fromlist=["Secrets"]).Secrets(key="sk_live_1"))
    assert Payment.__struct_fields__.count("secrets") == 0
