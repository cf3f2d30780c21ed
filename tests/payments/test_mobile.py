"""Swish and Vipps MobilePay, at servers of ours written from the descriptions of their APIs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal

import pytest

from laddnav.db.unit import Database
from laddnav.payments.payment import ProviderKind, Secrets, State, Step
from laddnav.payments.providers.port import NotFromThem
from laddnav.payments.rules import UnfitAccount, UnfitPayment
from tests.clock import SetClock
from tests.payments.conftest import an_account
from tests.payments.counterparts import HOOK, KEY, SERIAL, SUBSCRIPTION, SwishServer, VippsServer, served
from tests.payments.till import Till, line


@pytest.fixture
async def swish(database: Database) -> AsyncIterator[tuple[SwishServer, Till]]:
    server = SwishServer()
    async with served(server.routes) as url, line() as there:
        account = await an_account(
            database, provider=ProviderKind.SWISH, url=url, secrets=Secrets(hook=HOOK), merchant=SERIAL
        )
        yield server, Till(database, account, there)


@pytest.fixture
async def vipps(database: Database) -> AsyncIterator[tuple[VippsServer, Till]]:
    server = VippsServer()
    secrets = Secrets(key=KEY, hook=HOOK, client_id="a-client", subscription=SUBSCRIPTION)
    async with served(server.routes) as url, line() as there:
        account = await an_account(database, provider=ProviderKind.VIPPS, url=url, secrets=secrets, merchant=SERIAL)
        yield server, Till(database, account, there)


def _number(ref: str) -> str:
    return ref.replace("-", "").upper()


async def test_who_pays_ahead_by_swish_gets_the_rest_back(swish: tuple[SwishServer, Till], clock: SetClock) -> None:
    server, till = swish
    payment = await till.asks("300")
    assert (payment.state, payment.action) == (State.WAITING, "swish://paymentrequest?token=a-token")
    server.pays(_number(payment.ref))
    word = server.requests[_number(payment.ref)]["callbackIdentifier"]
    body = f'{{"id": "{_number(payment.ref)}", "status": "PAID"}}'.encode()
    with pytest.raises(NotFromThem):
        await till.hears({}, body)
    assert await till.hears({"callbackIdentifier": word}, body) == payment.ref
    payment = await till.goes_on(payment)
    assert (payment.state, payment.captured, await till.owed()) == (
        State.CAPTURED,
        Decimal(300),
        (Decimal(300), Decimal(300)),
    )
    payment = await till.keeps(payment, "180")
    assert payment.refunded == 0, "a refund that is on its way has not arrived"
    clock.advance(timedelta(minutes=1))
    payment = await till.goes_on(payment)
    assert (payment.net, await till.owed()) == (Decimal(180), (Decimal(180), Decimal(180)))
    assert len(server.refunds) == 1
    assert [step for step, _, _ in await till.calls(payment)] == [Step.AUTHORISE, Step.REFUND]


@pytest.mark.parametrize("lost", ["PUT /v2/paymentrequests", "PUT /v2/refunds"])
async def test_swish_is_asked_again_by_the_same_number(
    swish: tuple[SwishServer, Till], clock: SetClock, lost: str
) -> None:
    server, till = swish
    till.line.loses = {lost}
    payment = await till.asks("300", charge=True)
    clock.advance(timedelta(minutes=1))
    payment = await till.goes_on(payment)
    server.pays(_number(payment.ref))
    payment = await till.goes_on(payment)
    await till.refunds(payment, "100")
    for _ in range(3):
        clock.advance(timedelta(minutes=3))
        payment = await till.goes_on(payment)
    assert (payment.net, payment.trouble) == (Decimal(200), None)
    assert (len(server.requests), len(server.refunds)) == (1, 1)


async def test_who_pays_by_swish_after_it_was_given_up_gets_it_back(
    swish: tuple[SwishServer, Till], clock: SetClock
) -> None:
    server, till = swish
    payment = await till.asks("300", charge=True)
    clock.advance(timedelta(minutes=20))
    server.pays(_number(payment.ref))
    for _ in range(4):
        payment = await till.goes_on(payment)
        clock.advance(timedelta(minutes=3))
    assert (payment.captured, payment.net, await till.owed()) == (Decimal(300), Decimal(0), (Decimal(0), Decimal(0)))


async def test_swish_takes_swedish_crowns_alone(swish: tuple[SwishServer, Till]) -> None:
    with pytest.raises(UnfitPayment):
        await swish[1].asks("300", currency="NOK")


async def test_vipps_holds_captures_and_releases_the_rest(vipps: tuple[VippsServer, Till], clock: SetClock) -> None:
    server, till = vipps
    payment = await till.asks("300", currency="NOK", return_url="https://lad.example/back")
    assert (payment.state, payment.action) == (State.WAITING, "https://landing.vipps.example/1")
    server.agrees(payment.ref)
    path, host = f"/hooks/payments/{till.account.ref}", "lad.example"
    headers, body = server.tells(payment.ref, path, host, clock.now())
    with pytest.raises(NotFromThem):
        await till.hears(headers, body, "/hooks/payments/another")
    with pytest.raises(NotFromThem):
        await till.hears(headers, body + b" ", path)
    assert await till.hears(headers, body, path) == payment.ref
    payment = await till.goes_on(payment)
    assert (payment.state, payment.held, await till.owed("NOK")) == (State.HELD, Decimal(300), (Decimal(0), Decimal(0)))
    payment = await till.keeps(payment, "170.50")
    assert (payment.state, payment.held, str(payment.net)) == (State.CAPTURED, Decimal(0), "170.50")
    assert [step for step, _, _ in await till.calls(payment)] == [Step.AUTHORISE, Step.CAPTURE, Step.RELEASE]
    payment = await till.refunds(payment, "70.50")
    assert (payment.net, (await till.owed("NOK"))[0]) == (Decimal(100), Decimal(100))


async def test_vipps_that_charged_and_did_not_answer_is_not_asked_twice(
    vipps: tuple[VippsServer, Till], clock: SetClock
) -> None:
    server, till = vipps
    payment = await till.asks("300", currency="NOK")
    server.agrees(payment.ref)
    payment = await till.goes_on(payment)
    till.line.loses = {"POST /capture"}
    await till.keeps(payment, "100")
    clock.advance(timedelta(minutes=1))
    payment = await till.goes_on(payment)
    assert (payment.captured, payment.held) == (Decimal(100), Decimal(0))
    assert server.payments[payment.ref]["aggregate"]["capturedAmount"]["value"] == 10_000


async def test_an_account_is_called_where_its_provider_answers_and_nowhere_else(database: Database) -> None:
    with pytest.raises(UnfitAccount, match=r"api\.stripe\.com"):
        await an_account(database, url="https://api.stripe.com.evil.example")
    with pytest.raises(UnfitAccount, match="key"):
        await an_account(database, secrets=Secrets())
