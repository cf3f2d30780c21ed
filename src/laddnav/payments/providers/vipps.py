"""Vipps MobilePay: held when the payer agrees in the app, captured at the end, the rest released (its ePayment API)."""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from hashlib import sha256
from urllib.parse import quote

from msgspec import Struct

from laddnav.kit import json
from laddnav.kit.outside import Answer, Exchange
from laddnav.payments.payment import Account, Heard, Payment, Secrets, Seen, State
from laddnav.payments.providers.port import STALE, CannotDo, Declined, NotFromThem, Unsure, in_coins, of_coins, read

PAYMENTS = "/epayment/v1/payments"
ENDED = {"ABORTED": State.REFUSED, "EXPIRED": State.REFUSED, "TERMINATED": State.RELEASED}
SIGNED = "x-ms-date;host;x-ms-content-sha256"


class WireToken(Struct, frozen=True):
    access_token: str

    def __repr__(self) -> str:
        """Without the token."""
        return "WireToken()"


class WireAmount(Struct, frozen=True):
    value: int = 0


class WireAggregate(Struct, frozen=True, rename="camel"):
    authorized_amount: WireAmount = WireAmount()
    cancelled_amount: WireAmount = WireAmount()
    captured_amount: WireAmount = WireAmount()
    refunded_amount: WireAmount = WireAmount()


class WirePayment(Struct, frozen=True, rename="camel"):
    reference: str
    state: str
    aggregate: WireAggregate = WireAggregate()
    redirect_url: str | None = None


class WireRedirect(Struct, frozen=True, rename="camel"):
    redirect_url: str | None = None


class WireProblem(Struct, frozen=True):
    title: str = ""
    detail: str | None = None


class WireEvent(Struct, frozen=True, rename="camel"):
    reference: str
    name: str
    psp_reference: str = ""
    idempotency_key: str | None = None
    timestamp: str = ""


class Vipps:
    """One sales unit there. Satisfies Provider."""

    def __init__(self, account: Account, secrets: Secrets, exchange: Exchange, hook_url: str) -> None:
        self._account = account
        self._secrets = secrets
        self._exchange = exchange
        self._hook_url = hook_url
        self._token: str | None = None

    async def authorise(self, payment: Payment, key: str) -> Seen:
        said = {
            "amount": _amount(payment.hold, payment.currency),
            "paymentMethod": {"type": "WALLET"},
            "reference": payment.ref,
            "returnUrl": payment.return_url or self._hook_url,
            "userFlow": "WEB_REDIRECT",
            "paymentDescription": payment.about[:100],
        }
        made = self._whole(await self._send("POST", PAYMENTS, said, key))
        seen = await self._now(payment)
        leads = read(made, WireRedirect).redirect_url
        return Seen(state=seen.state, provider_id=payment.ref, held=seen.held, action=seen.action or leads)

    async def raise_hold(self, payment: Payment, total: Decimal, key: str) -> Seen:
        raise CannotDo("Vipps MobilePay raises no hold")

    async def capture(self, payment: Payment, amount: Decimal, key: str) -> Seen:
        return await self._modified(payment, "capture", {"modificationAmount": _amount(amount, payment.currency)}, key)

    async def release(self, payment: Payment, key: str) -> Seen:
        return await self._modified(payment, "cancel", {}, key)

    async def refund(self, payment: Payment, amount: Decimal, key: str) -> Seen:
        return await self._modified(payment, "refund", {"modificationAmount": _amount(amount, payment.currency)}, key)

    async def look_up(self, payment: Payment) -> Seen | None:
        answer = await self._send("GET", _path(payment))
        if answer.status == 404:
            return None
        try:
            return _seen(payment, read(self._whole(answer), WirePayment))
        except Declined as error:
            raise Unsure(str(error)) from error

    def read_hook(self, method_and_path: str, headers: Mapping[str, str], body: bytes, now: datetime) -> Heard:
        """Raises NotFromThem, Unreadable."""
        signed(method_and_path, headers, body, self._secrets.hook, now)
        event = json.decode(body, WireEvent)
        id = f"{event.name} {event.psp_reference} {event.idempotency_key or event.timestamp}"
        return Heard(id=id, what=event.name, payment=event.reference)

    # How it is asked

    async def _modified(self, payment: Payment, verb: str, said: object, key: str) -> Seen:
        self._whole(await self._send("POST", f"{_path(payment)}/{verb}", said, key))
        return await self._now(payment)

    async def _now(self, payment: Payment) -> Seen:
        """Raises Unsure."""
        seen = await self.look_up(payment)
        if seen is None:
            raise Unsure("Vipps MobilePay does not show the payment")
        return seen

    async def _send(self, method: str, path: str, said: object = None, key: str | None = None) -> Answer:
        """Once more with a new token, where the old one holds no longer. Raises Unsure."""
        body = None if said is None else json.encode(said)
        for again in (True, False):
            headers = {**self._who(), "Authorization": f"Bearer {await self._bearer()}"}
            if key is not None:
                headers["Idempotency-Key"] = key
            if body is not None:
                headers["Content-Type"] = "application/json"
            answer = await self._exchange(method, self._account.url.rstrip("/") + path, headers, body)
            if answer.status != 401 or not again:
                return answer
            self._token = None
        raise AssertionError("the second time is the last")

    async def _bearer(self) -> str:
        """Raises Unsure."""
        if self._token is None:
            headers = {**self._who(), "client_id": self._secrets.client_id, "client_secret": self._secrets.key}
            answer = await self._exchange("POST", f"{self._account.url.rstrip('/')}/accesstoken/get", headers, b"")
            if answer.status != 200:
                raise Unsure(f"Vipps MobilePay gives no token: it answered {answer.status}")
            self._token = read(answer, WireToken).access_token
        return self._token

    def _who(self) -> dict[str, str]:
        return {
            "Ocp-Apim-Subscription-Key": self._secrets.subscription,
            "Merchant-Serial-Number": self._account.merchant,
        }

    def _whole(self, answer: Answer) -> Answer:
        """Raises Declined, Unsure."""
        if answer.status in (200, 201):
            return answer
        if answer.status == 429 or answer.status >= 500 or answer.status < 400:
            raise Unsure(f"Vipps MobilePay answered {answer.status}")
        try:
            problem = json.decode(answer.body, WireProblem)
        except json.Unreadable:
            problem = WireProblem()
        raise Declined(f"Vipps MobilePay: {problem.detail or problem.title or answer.status}")


def signed(method_and_path: str, headers: Mapping[str, str], body: bytes, secret: str, now: datetime) -> None:
    """Raises NotFromThem."""
    date, host = headers.get("x-ms-date", ""), headers.get("host", "")
    content = b64encode(sha256(body).digest()).decode()
    try:
        at = parsedate_to_datetime(date)
    except (ValueError, TypeError) as error:
        raise NotFromThem("It does not say when it was signed") from error
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
    if not secret or abs(now - at) > STALE:
        raise NotFromThem("It was signed too long ago, or there is nothing to check it by")
    words = f"POST\n{method_and_path}\n{date};{host};{content}"
    ours = b64encode(hmac.new(secret.encode(), words.encode(), sha256).digest()).decode()
    expected = f"HMAC-SHA256 SignedHeaders={SIGNED}&Signature={ours}"
    theirs = headers.get("authorization", "")
    same = hmac.compare_digest(expected.encode(), theirs.encode())
    if not same or not hmac.compare_digest(headers.get("x-ms-content-sha256", "").encode(), content.encode()):
        raise NotFromThem("Its signature is another")


def _seen(payment: Payment, said: WirePayment) -> Seen:
    """Raises Unsure where it says a state that we do not know."""
    currency, sums = payment.currency, said.aggregate
    captured, refunded = sums.captured_amount.value, sums.refunded_amount.value
    held = sums.authorized_amount.value - captured - sums.cancelled_amount.value
    if captured:
        state = State.CAPTURED
    elif said.state in ENDED:
        state, held = ENDED[said.state], 0
    elif said.state == "CREATED":
        state = State.WAITING
    elif said.state == "AUTHORIZED":
        state = State.HELD if held else State.RELEASED
    else:
        raise Unsure(f"Vipps MobilePay says of it {said.state!r}, which is not known here")
    return Seen(
        state=state,
        provider_id=payment.ref,
        held=of_coins(held, currency),
        captured=of_coins(captured, currency),
        refunded=of_coins(refunded, currency),
        action=(said.redirect_url or payment.action) if state is State.WAITING else None,
    )


def _amount(amount: Decimal, currency: str) -> dict[str, object]:
    return {"currency": currency, "value": in_coins(amount, currency)}


def _path(payment: Payment) -> str:
    return f"{PAYMENTS}/{quote(payment.ref, safe='')}"
