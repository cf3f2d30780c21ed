"""Swish: paid at once in Sweden, after the charge or before it with the rest given back; it holds nothing.

It sees who calls it by a certificate. Its callbacks carry no signature: they are looked up like all others, and where a
secret for them is kept, each carries a word made of it.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from urllib.parse import quote
from uuid import UUID

from msgspec import Struct

from laddnav.kit import json
from laddnav.kit.outside import Answer, Exchange, Shown
from laddnav.payments.payment import Account, Heard, Payment, Secrets, Seen, State
from laddnav.payments.providers.port import CannotDo, Declined, NotFromThem, Unsure, read

API = "/swish-cpcapi/api"
STATES = {
    "CREATED": State.WAITING,
    "PAID": State.CAPTURED,
    "DECLINED": State.REFUSED,
    "ERROR": State.REFUSED,
    "CANCELLED": State.RELEASED,
}
ON_ITS_WAY = ("CREATED", "VALIDATED", "DEBITED", "INITIATED")


class WireRequest(Struct, frozen=True, rename="camel"):
    id: str
    status: str
    amount: Decimal = Decimal(0)
    payment_reference: str | None = None
    error_code: str | None = None
    error_message: str | None = None


class WireRefund(Struct, frozen=True, rename="camel"):
    id: str
    status: str
    amount: Decimal = Decimal(0)
    error_message: str | None = None


class WireCallback(Struct, frozen=True, rename="camel"):
    """Of a payment, or of a refund: then the number of the payment is what we said with it."""

    id: str
    status: str
    original_payment_reference: str | None = None
    payer_payment_reference: str | None = None


class WireError(Struct, frozen=True, rename="camel"):
    error_code: str = ""
    error_message: str | None = None


class Swish:
    """One number that is paid to. Satisfies Provider."""

    def __init__(self, account: Account, secrets: Secrets, exchange: Exchange, hook_url: str) -> None:
        self._account = account
        self._secrets = secrets
        self._exchange = exchange
        self._hook_url = hook_url

    async def authorise(self, payment: Payment, key: str) -> Seen:
        """With the number of a phone that phone is asked; without, the app opens by `action`."""
        said = {
            "payeePaymentReference": _number(payment.ref),
            "callbackUrl": self._hook_url,
            "payeeAlias": self._account.merchant,
            "currency": payment.currency,
            "amount": f"{payment.hold:.2f}",
            "message": payment.about[:50],
        }
        if payment.customer is not None:
            said["payerAlias"] = payment.customer
        answer = await self._send("PUT", f"/v2/paymentrequests/{_number(payment.ref)}", self._signed(said, payment.ref))
        self._whole(answer)
        token = answer.headers.get("paymentrequesttoken")
        action = None
        if token is not None:
            back = f"&callbackurl={quote(payment.return_url, safe='')}" if payment.return_url else ""
            action = f"swish://paymentrequest?token={quote(token, safe='')}{back}"
        return Seen(state=State.WAITING, provider_id=_number(payment.ref), action=action)

    async def raise_hold(self, payment: Payment, total: Decimal, key: str) -> Seen:
        raise CannotDo("Swish holds nothing")

    async def capture(self, payment: Payment, amount: Decimal, key: str) -> Seen:
        raise CannotDo("Swish holds nothing")

    async def release(self, payment: Payment, key: str) -> Seen:
        """Nobody can pay it any more. Who was quicker has paid, and gets it back."""
        patch = [{"op": "replace", "path": "/status", "value": "cancelled"}]
        path = f"/v1/paymentrequests/{_number(payment.ref)}"
        self._whole(await self._send("PATCH", path, patch, kind="application/json-patch+json"))
        return await self._now(payment)

    async def refund(self, payment: Payment, amount: Decimal, key: str) -> Seen:
        """It takes a moment, and until it is through nobody says that it is."""
        paid = read(self._whole(await self._send("GET", f"/v1/paymentrequests/{_number(payment.ref)}")), WireRequest)
        said = {
            "originalPaymentReference": paid.payment_reference or "",
            "payerPaymentReference": _number(payment.ref),
            "callbackUrl": self._hook_url,
            "payerAlias": self._account.merchant,
            "currency": payment.currency,
            "amount": f"{amount:.2f}",
        }
        self._whole(await self._send("PUT", f"/v2/refunds/{_number(key)}", self._signed(said, payment.ref)))
        seen = await self._now(payment)
        if seen.refunded < payment.refunded + amount:
            raise Unsure("The refund is on its way")
        return seen

    async def look_up(self, payment: Payment) -> Seen | None:
        answer = await self._send("GET", f"/v1/paymentrequests/{_number(payment.ref)}")
        if answer.status == 404:
            return None
        return await self._seen(payment, read(self._found(answer), WireRequest))

    def read_hook(self, method_and_path: str, headers: Mapping[str, str], body: bytes, now: datetime) -> Heard:
        """Raises NotFromThem, Unreadable."""
        said = json.decode(body, WireCallback)
        number = said.payer_payment_reference if said.original_payment_reference is not None else said.id
        try:
            ref = str(UUID(number or ""))
        except ValueError as error:
            raise NotFromThem("It names no payment of ours") from error
        word = headers.get("callbackidentifier", "")
        if self._secrets.hook and not hmac.compare_digest(word.encode(), self._word(ref).encode()):
            raise NotFromThem("It does not carry the word that was given with the payment")
        return Heard(id=f"{said.id} {said.status}", what=said.status, payment=ref, provider_id=None)

    # How it is asked

    def _signed(self, said: dict[str, str], ref: str) -> dict[str, str]:
        return {**said, "callbackIdentifier": self._word(ref)} if self._secrets.hook else said

    def _word(self, ref: str) -> str:
        return hmac.new(self._secrets.hook.encode(), ref.encode(), sha256).hexdigest()[:32].upper()

    async def _send(self, method: str, path: str, said: object = None, *, kind: str = "application/json") -> Answer:
        shown = None
        if self._secrets.certificate:
            shown = Shown(certificate=self._secrets.certificate, private_key=self._secrets.private_key)
        headers = {"Accept": "application/json"} if said is None else {"Content-Type": kind}
        body = None if said is None else json.encode(said)
        return await self._exchange(method, self._account.url.rstrip("/") + API + path, headers, body, shown=shown)

    def _whole(self, answer: Answer) -> Answer:
        """Raises Declined, Unsure."""
        if answer.status in (200, 201):
            return answer
        if answer.status == 429 or answer.status >= 500 or answer.status < 400:
            raise Unsure(f"Swish answered {answer.status}")
        try:
            errors = json.decode(answer.body, tuple[WireError, ...])
        except json.Unreadable:
            errors = ()
        words = "; ".join(f"{one.error_code} {one.error_message or ''}".strip() for one in errors)
        raise Declined(f"Swish: {words or answer.status}")

    def _found(self, answer: Answer) -> Answer:
        """Raises Unsure."""
        try:
            return self._whole(answer)
        except Declined as error:
            raise Unsure(str(error)) from error

    async def _now(self, payment: Payment) -> Seen:
        """Raises Unsure."""
        seen = await self.look_up(payment)
        if seen is None:
            raise Unsure("Swish does not show the payment")
        return seen

    async def _seen(self, payment: Payment, request: WireRequest) -> Seen:
        state = STATES.get(request.status)
        if state is None:
            raise Unsure(f"Swish says of it {request.status!r}, which is not known here")
        paid = state is State.CAPTURED
        return Seen(
            state=state,
            provider_id=_number(payment.ref),
            captured=request.amount if paid else Decimal(0),
            refunded=await self._refunded(payment) if paid else Decimal(0),
            action=payment.action if state is State.WAITING else None,
            why=request.error_message or request.error_code,
        )

    async def _refunded(self, payment: Payment) -> Decimal:
        """Swish tells of no refunds but of those that it is asked about. Raises Unsure."""
        back = Decimal(0)
        for key in payment.refund_keys:
            answer = await self._send("GET", f"/v1/refunds/{_number(key)}")
            if answer.status == 404:
                continue
            one = read(self._found(answer), WireRefund)
            if one.status == "PAID":
                back += one.amount
            elif one.status in ON_ITS_WAY:
                raise Unsure("A refund is on its way")
        return back


def _number(ref: str) -> str:
    """As Swish writes a UUID."""
    return ref.replace("-", "").upper()
