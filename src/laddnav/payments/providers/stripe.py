"""Stripe: PaymentIntents that are captured by hand, cards that were stored, and webhooks with their signature."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any
from urllib.parse import quote, urlencode

from msgspec import Struct, field
from msgspec.structs import replace

from laddnav.kit import json
from laddnav.kit.json import T
from laddnav.kit.outside import Exchange
from laddnav.payments.payment import Account, Heard, Payment, Secrets, Seen, State
from laddnav.payments.providers.port import STALE, NotFromThem, Unsure, in_coins, of_coins, read
from laddnav.payments.providers.stripe_line import Line, WireError, failure

EXPANDED = ("latest_charge.balance_transaction", "latest_charge.refunds")

STATES = {
    "requires_payment_method": State.WAITING,
    "requires_confirmation": State.WAITING,
    "requires_action": State.WAITING,
    "processing": State.WAITING,
    "requires_capture": State.HELD,
    "succeeded": State.CAPTURED,
    "canceled": State.RELEASED,
}


class WireBalance(Struct, frozen=True):
    fee: int = 0
    currency: str = ""


class WireRefund(Struct, frozen=True):
    """`balance_transaction` None: it moved nothing, but is what a partial capture left."""

    amount: int
    status: str | None = None
    balance_transaction: Any = None


class WireRefunds(Struct, frozen=True):
    data: tuple[WireRefund, ...] = ()


class WireCharge(Struct, frozen=True):
    amount: int
    captured: bool = False
    amount_captured: int | None = None
    disputed: bool = False
    balance_transaction: Any = None
    refunds: Any = None
    payment_method_details: Any = None


class WireCard(Struct, frozen=True):
    brand: str = ""
    last4: str = ""


class WireDetails(Struct, frozen=True):
    card: WireCard | None = None


class WireAction(Struct, frozen=True):
    type: str
    redirect_to_url: Mapping[str, Any] | None = None


class WireIntent(Struct, frozen=True):
    id: str
    status: str
    amount: int
    amount_capturable: int | None = None
    client_secret: str | None = None
    latest_charge: Any = None
    next_action: WireAction | None = None
    last_payment_error: WireError | None = None


class WirePage(Struct, frozen=True):
    """Stripe's own page (a Checkout Session); it has an intent once it is complete."""

    id: str
    status: str | None = None
    url: str | None = None
    payment_intent: Any = None


class WireFound(Struct, frozen=True):
    data: tuple[WireIntent, ...]


class WireDispute(Struct, frozen=True):
    amount: int
    status: str = ""


class WireDisputes(Struct, frozen=True):
    data: tuple[WireDispute, ...] = ()


class WireAbout(Struct, frozen=True):
    """Whatever an event is about: an intent itself, or something that names one."""

    id: str = ""
    object: str = ""
    payment_intent: Any = None
    metadata: Mapping[str, Any] = field(default_factory=dict)


class WireData(Struct, frozen=True):
    object: WireAbout


class WireEvent(Struct, frozen=True):
    id: str
    type: str
    data: WireData


class Stripe:
    """One account there. Satisfies Provider."""

    def __init__(self, account: Account, secrets: Secrets, exchange: Exchange, hook_url: str) -> None:
        """Stripe is told at its own console where to tell us."""
        self._hook = secrets.hook
        self._line = Line(account, secrets, exchange)

    async def authorise(self, payment: Payment, key: str) -> Seen:
        """With a stored card it is confirmed at once, and the bank may want to see the driver (SCA).

        It is told where the driver is away, so that it need not (docs/api/payment_intents/create, `off_session`).
        Without one, whoever can be sent back is sent to Stripe's own page, so that no card number is ever with us.
        """
        if payment.method is None and payment.return_url is not None:
            return await self._page(payment, payment.return_url, key)
        form: dict[str, str | int] = {
            "amount": in_coins(payment.hold, payment.currency),
            "currency": payment.currency.lower(),
            "capture_method": "manual",
            "payment_method_types[0]": "card",
            "payment_method_options[card][request_incremental_authorization]": "if_available",
            "metadata[payment]": payment.ref,
        }
        if payment.method is not None:
            form |= {"payment_method": payment.method, "confirm": "true"}
        if payment.customer is not None:
            form["customer"] = payment.customer
        if payment.method is not None and payment.return_url is not None:
            form["return_url"] = payment.return_url
        if not _is_away(payment):
            return await self._ask(payment, "POST", "/v1/payment_intents", form, key)
        answer = await self._line.send("POST", "/v1/payment_intents", form | {"off_session": "true"}, key)
        error = failure(answer)
        intent = _known(error.payment_intent, WireIntent)
        if intent is not None and _wants_to_see_them(error):
            return await self._to_the_bank(payment, intent.id)
        return await self._now(payment, read(self._line.whole(answer), WireIntent).id)

    async def _to_the_bank(self, payment: Payment, intent: str) -> Seen:
        """Who is away cannot be seen, and Stripe ends it; asked as if they were there, it says where they go."""
        form: dict[str, str | int] = {"payment_method": payment.method or "", "off_session": "false"}
        if payment.return_url is not None:
            form["return_url"] = payment.return_url
        path = f"/v1/payment_intents/{quote(intent, safe='')}/confirm"
        return await self._ask(payment, "POST", path, form, f"{payment.ref}-seen")

    async def raise_hold(self, payment: Payment, total: Decimal, key: str) -> Seen:
        form = {"amount": in_coins(total, payment.currency)}
        return await self._ask(payment, "POST", f"{_path(payment)}/increment_authorization", form, key)

    async def capture(self, payment: Payment, amount: Decimal, key: str) -> Seen:
        """What is left of the hold is released with it."""
        form = {"amount_to_capture": in_coins(amount, payment.currency)}
        return await self._ask(payment, "POST", f"{_path(payment)}/capture", form, key)

    async def release(self, payment: Payment, key: str) -> Seen:
        """A page is closed; who was quicker has paid, and that is released."""
        if _is_page(payment.provider_id or ""):
            seen = await self._now(payment, payment.provider_id or "")
            if _is_page(seen.provider_id):
                return await self._closed(payment, seen, key)
            payment = replace(payment, provider_id=seen.provider_id)
        return await self._ask(payment, "POST", f"{_path(payment)}/cancel", {}, key)

    async def refund(self, payment: Payment, amount: Decimal, key: str) -> Seen:
        intent = payment.provider_id or ""
        form: dict[str, str | int] = {"payment_intent": intent, "amount": in_coins(amount, payment.currency)}
        self._line.whole(await self._line.send("POST", "/v1/refunds", form, key))
        return await self._now(payment, intent)

    async def look_up(self, payment: Payment) -> Seen | None:
        if payment.provider_id is None:
            return await self._search(payment)
        return await self._now(payment, payment.provider_id)

    async def _search(self, payment: Payment) -> Seen | None:
        """By our word for it, which is in its metadata; what is new is found there only after a minute."""
        query = urlencode({"query": f"metadata['payment']:'{payment.ref}'"})
        found = self._line.read(await self._line.send("GET", f"/v1/payment_intents/search?{query}"), WireFound)
        if not found.data:
            return None
        intent = found.data[0]
        if _is_away(payment) and _wants_to_see_them(intent.last_payment_error):  # nobody heard the answer
            return await self._to_the_bank(payment, intent.id)
        return await self._seen(payment, intent)

    def read_hook(self, method_and_path: str, headers: Mapping[str, str], body: bytes, now: datetime) -> Heard:
        """Raises NotFromThem, Unreadable."""
        signed(headers.get("stripe-signature", ""), body, self._hook, now)
        event = json.decode(body, WireEvent)
        about = event.data.object
        intent = about.id if about.object == "payment_intent" else about.payment_intent
        named, card = about.metadata.get("payment"), about.metadata.get("card")
        return Heard(
            id=event.id,
            what=event.type,
            payment=named if isinstance(named, str) else None,
            provider_id=intent if isinstance(intent, str) else None,
            card=card if isinstance(card, str) else None,
            method=about.id if about.object == "payment_method" else None,
        )

    # Its own page

    async def _page(self, payment: Payment, return_url: str, key: str) -> Seen:
        form: dict[str, str | int] = {
            "mode": "payment",
            "client_reference_id": payment.ref,
            "payment_method_types[0]": "card",
            "payment_method_options[card][request_incremental_authorization]": "if_available",
            "line_items[0][quantity]": 1,
            "line_items[0][price_data][currency]": payment.currency.lower(),
            "line_items[0][price_data][unit_amount]": in_coins(payment.hold, payment.currency),
            "line_items[0][price_data][product_data][name]": payment.about,
            "payment_intent_data[capture_method]": "manual",
            "payment_intent_data[metadata][payment]": payment.ref,
            "metadata[payment]": payment.ref,
            "success_url": return_url,
            "cancel_url": return_url,
        }
        if payment.customer is not None:
            form["customer"] = payment.customer
        page = read(self._line.whole(await self._line.send("POST", "/v1/checkout/sessions", form, key)), WirePage)
        return await self._now(payment, page.id)

    async def _at_page(self, payment: Payment, id: str) -> Seen:
        """Raises Unsure."""
        page = self._line.read(await self._line.send("GET", _page_path(id)), WirePage)
        if isinstance(page.payment_intent, str) and page.status == "complete":
            return await self._now(payment, page.payment_intent)
        if page.status == "expired":
            return Seen(state=State.REFUSED, provider_id=id, why="Nobody paid on Stripe's page")
        return Seen(state=State.WAITING, provider_id=id, action=page.url)

    async def _closed(self, payment: Payment, seen: Seen, key: str) -> Seen:
        """Raises Unsure, also where somebody pays in this moment: the next look tells."""
        if seen.state is not State.WAITING:
            return seen
        answer = await self._line.send("POST", f"{_page_path(seen.provider_id)}/expire", {}, f"{key}-page")
        self._line.read(answer, WirePage)
        return await self._now(payment, seen.provider_id)

    # How it is asked

    async def _ask(self, payment: Payment, method: str, path: str, form: Mapping[str, str | int], key: str) -> Seen:
        """The answer of a call that is said again may be of back then, so it is looked up after it."""
        intent = read(self._line.whole(await self._line.send(method, path, form, key)), WireIntent)
        return await self._now(payment, intent.id)

    async def _now(self, payment: Payment, intent: str) -> Seen:
        """Raises Unsure: that it is not shown says nothing of what was done."""
        if _is_page(intent):
            return await self._at_page(payment, intent)
        answer = await self._line.send("GET", f"/v1/payment_intents/{quote(intent, safe='')}?{_expanded()}")
        return await self._seen(payment, self._line.read(answer, WireIntent))

    async def _seen(self, payment: Payment, intent: WireIntent) -> Seen:
        """Raises Unsure where it says a state that we do not know."""
        state = STATES.get(intent.status)
        if state is None:
            raise Unsure(f"Stripe says of it {intent.status!r}, which is not known here")
        if _declined(payment, intent):
            state = State.REFUSED
        currency = payment.currency
        charge = _known(intent.latest_charge, WireCharge)
        captured = refunded = fees = back = 0
        if charge is not None and charge.captured:
            captured = charge.amount if charge.amount_captured is None else charge.amount_captured
            refunds = _known(charge.refunds, WireRefunds) or WireRefunds()
            counts = [
                one for one in refunds.data if one.balance_transaction and one.status not in ("failed", "canceled")
            ]
            refunded = sum(one.amount for one in counts)
            balance = _known(charge.balance_transaction, WireBalance)
            fees = balance.fee if balance is not None and balance.currency.upper() == currency else 0
        if charge is not None and charge.disputed:
            back = await self._charged_back(intent.id)
        held = intent.amount_capturable
        if held is None:
            held = intent.amount if state is State.HELD else 0
        error = intent.last_payment_error
        return Seen(
            state=state,
            provider_id=intent.id,
            held=of_coins(held, currency),
            captured=of_coins(captured, currency),
            refunded=of_coins(refunded, currency),
            charged_back=of_coins(back, currency),
            fees=of_coins(fees, currency),
            paid_with=None if charge is None else _card(charge),
            action=_action(intent) if state is State.WAITING else None,
            why=error.message if error is not None else None,
        )

    async def _charged_back(self, intent: str) -> int:
        """What the bank has taken back; one that was won is paid again, and a mere inquiry takes nothing."""
        query = urlencode({"payment_intent": intent})
        disputes = self._line.read(await self._line.send("GET", f"/v1/disputes?{query}"), WireDisputes)
        lost = ("needs_response", "under_review", "lost")
        return sum(one.amount for one in disputes.data if one.status in lost)


def signed(header: str, body: bytes, secret: str, now: datetime) -> None:
    """Raises NotFromThem."""
    parts: Sequence[tuple[str, str]] = [
        (name.strip(), value) for name, _, value in (part.partition("=") for part in header.split(","))
    ]
    at = next((value for name, value in parts if name == "t"), "")
    if not secret or not at.isascii() or not at.isdigit() or len(at) > 12:
        raise NotFromThem("It carries no signature, or none can be checked")
    if abs(now - datetime.fromtimestamp(int(at), UTC)) > STALE:
        raise NotFromThem("It was signed too long ago")
    ours = hmac.new(secret.encode(), at.encode() + b"." + body, sha256).hexdigest().encode()
    theirs = [value.encode() for name, value in parts if name == "v1"]
    if not any(hmac.compare_digest(ours, one) for one in theirs):
        raise NotFromThem("Its signature is another")


def _declined(payment: Payment, intent: WireIntent) -> bool:
    """Stripe goes on to wait for another card; where the stored one was to pay, nobody types any."""
    error = intent.last_payment_error
    return payment.method is not None and intent.status == "requires_payment_method" and error is not None


def _is_away(payment: Payment) -> bool:
    return payment.away and payment.method is not None


def _wants_to_see_them(error: WireError | None) -> bool:
    """The bank, who is away."""
    return error is not None and error.code == "authentication_required"


def _path(payment: Payment) -> str:
    return f"/v1/payment_intents/{quote(payment.provider_id or '', safe='')}"


def _is_page(id: str) -> bool:
    return id.startswith("cs_")


def _page_path(id: str) -> str:
    return f"/v1/checkout/sessions/{quote(id, safe='')}"


def _card(charge: WireCharge) -> str | None:
    """Its brand and last four digits, as Stripe tells them: Visa •••• 4242."""
    details = _known(charge.payment_method_details, WireDetails)
    card = None if details is None else details.card
    return None if card is None or not card.last4 else f"{card.brand.capitalize()} •••• {card.last4}"


def _expanded() -> str:
    return urlencode([("expand[]", name) for name in EXPANDED])


def _action(intent: WireIntent) -> str | None:
    """Where the driver goes on: a page of the bank, or what their own element in a page is opened with."""
    leads = intent.next_action.redirect_to_url if intent.next_action is not None else None
    if leads is not None and isinstance(leads.get("url"), str):
        return str(leads["url"])
    return intent.client_secret


def _known(said: Any, kind: type[T]) -> T | None:
    """What was expanded; None: it is its id alone, or nothing."""
    return json.decode(json.encode(said), kind) if isinstance(said, dict) else None
