"""Cards that Stripe keeps for us: typed on its own page (a Checkout Session in setup mode), where the bank sees the
driver (SCA), so that later payments may be made without them; shown by brand and last digits, and detached again.
"""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import quote

from msgspec import Struct

from laddnav.kit.outside import Exchange
from laddnav.payments.card import Seen, StoredCard
from laddnav.payments.payment import Account, Secrets
from laddnav.payments.providers.port import Declined, Page, Unsure
from laddnav.payments.providers.stripe_line import Line, Unknown


class WireMade(Struct, frozen=True):
    id: str


class WirePage(Struct, frozen=True):
    id: str
    status: str | None = None
    url: str | None = None
    setup_intent: Any = None


class WireIntent(Struct, frozen=True):
    id: str
    status: str
    payment_method: Any = None


class WireCard(Struct, frozen=True):
    brand: str = ""
    last4: str = ""
    exp_month: int = 12
    exp_year: int = 2099
    fingerprint: str | None = None


class WireMethod(Struct, frozen=True):
    id: str
    customer: Any = None
    card: WireCard | None = None


class StripeCards:
    """Satisfies CardKeeper."""

    def __init__(self, account: Account, secrets: Secrets, exchange: Exchange) -> None:
        self._line = Line(account, secrets, exchange)

    async def payer(self, card: StoredCard) -> str:
        """One customer there for one of ours: they are told nothing of them but our word for them."""
        form: dict[str, str | int] = {"metadata[customer]": card.customer}
        return (await self._line.made("/v1/customers", form, f"{card.ref}-customer", WireMade)).id

    async def ask(self, card: StoredCard) -> Page:
        form: dict[str, str | int] = {
            "mode": "setup",
            "customer": card.payer or "",
            "client_reference_id": card.ref,
            "payment_method_types[0]": "card",
            "metadata[card]": card.ref,
            "setup_intent_data[metadata][card]": card.ref,
            "success_url": card.return_url,
            "cancel_url": card.return_url,
        }
        page = await self._line.made("/v1/checkout/sessions", form, f"{card.ref}-page", WirePage)
        return Page(id=page.id, url=page.url)

    async def asked(self, card: StoredCard) -> Page | Seen | None:
        page = await self._line.found(f"/v1/checkout/sessions/{_part(card.page)}", WirePage)
        if page.status == "expired":
            return None
        if page.status != "complete" or not isinstance(page.setup_intent, str):
            return Page(id=page.id, url=page.url)
        intent = await self._line.found(f"/v1/setup_intents/{_part(page.setup_intent)}", WireIntent)
        if intent.status == "canceled":
            return None
        if intent.status != "succeeded" or not isinstance(intent.payment_method, str):
            return Page(id=page.id, url=page.url)
        return await self._method(intent.payment_method)

    async def shown(self, card: StoredCard) -> Seen | None:
        try:
            return await self._method(card.method or "")
        except Unknown:
            return None

    async def forget(self, card: StoredCard) -> None:
        """One that is nobody's there any more, by whomever, is forgotten already."""
        path = f"/v1/payment_methods/{_part(card.method)}/detach"
        try:
            await self._line.made(path, {}, f"{card.ref}-detach", WireMade)
        except Declined:
            seen = await self.shown(card)
            if seen is not None and seen.payer is not None:
                raise

    async def _method(self, id: str) -> Seen:
        """Raises Unknown, Unsure."""
        found = await self._line.found(f"/v1/payment_methods/{_part(id)}", WireMethod)
        if found.card is None:
            raise Unsure("Stripe shows something that is no card")
        year, month = found.card.exp_year, found.card.exp_month
        return Seen(
            method=found.id,
            payer=found.customer if isinstance(found.customer, str) else None,
            brand=found.card.brand.capitalize(),
            last_digits=found.card.last4,
            expires_on=date(year + month // 12, month % 12 + 1, 1),
            same_as=found.card.fingerprint or "",
        )


def _part(id: str | None) -> str:
    return quote(id or "", safe="")
