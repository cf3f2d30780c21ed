"""How Stripe is asked: forms with a key, which make the same call one call, and what its answers say of failure.

Without their SDK: it is a handful of forms, and every one of them has to go through our own guard and clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from msgspec import Struct

from laddnav.kit import json
from laddnav.kit.json import T
from laddnav.kit.outside import Answer, Exchange
from laddnav.payments.payment import Account, Secrets
from laddnav.payments.providers.port import Declined, Unsure, read

VERSION = "2024-06-20"  # of their API; an account's own default may be another


class WireError(Struct, frozen=True):
    type: str = ""
    code: str | None = None
    message: str | None = None
    payment_intent: Any = None


class WireFailure(Struct, frozen=True):
    error: WireError


class Unknown(Declined):
    """Stripe knows nothing of this id."""


class Line:
    """To one account there."""

    def __init__(self, account: Account, secrets: Secrets, exchange: Exchange) -> None:
        self._url = account.url.rstrip("/")
        self._key = secrets.key
        self._exchange = exchange

    async def send(
        self, method: str, path: str, form: Mapping[str, str | int] | None = None, key: str | None = None
    ) -> Answer:
        headers = {"Authorization": f"Bearer {self._key}", "Stripe-Version": VERSION}
        body = None
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            body = urlencode(form).encode()
        if key is not None:
            headers["Idempotency-Key"] = key
        return await self._exchange(method, self._url + path, headers, body)

    async def made(self, path: str, form: Mapping[str, str | int], key: str, kind: type[T]) -> T:
        """What a call has made. Raises Declined, Unsure."""
        return read(self.whole(await self.send("POST", path, form, key)), kind)

    async def found(self, path: str, kind: type[T]) -> T:
        """What there is. Raises Unknown, Unsure."""
        answer = await self.send("GET", path)
        if answer.status == 404:
            raise Unknown("Stripe does not know it")
        return self.read(answer, kind)

    def whole(self, answer: Answer) -> Answer:
        """Raises Declined, Unsure: 409 is said of a key whose first call is still being carried out."""
        if answer.status in (200, 201):
            return answer
        error = failure(answer)
        words = f"Stripe: {error.message or error.code or answer.status}"
        if answer.status in (409, 429) or answer.status >= 500 or answer.status < 400:
            raise Unsure(words)
        raise Declined(words)

    def read(self, answer: Answer, kind: type[T]) -> T:
        """What is looked up: a no says nothing of what was done. Raises Unsure."""
        try:
            return read(self.whole(answer), kind)
        except Declined as error:
            raise Unsure(str(error)) from error


def failure(answer: Answer) -> WireError:
    """What it says went wrong; empty where nothing did."""
    try:
        return json.decode(answer.body, WireFailure).error
    except json.Unreadable:
        return WireError()
