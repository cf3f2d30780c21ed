"""Stripe's own page, which localstripe does not have: it stands before localstripe, and all else goes there.

Whoever pays on it, or stores a card, types a card's number, which makes an intent at localstripe as Stripe's page does;
so nothing that holds, captures, refunds or keeps a card is ours.
"""

from __future__ import annotations

import json
from html import escape
from typing import Any
from urllib.parse import parse_qs, urlencode

import aiohttp
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

KEY = {"Authorization": "Bearer sk_test_of_the_house"}


class Checkout:
    def __init__(self, localstripe: str) -> None:
        self._stripe = localstripe
        self.url = ""
        self.pages: dict[str, dict[str, Any]] = {}
        self._by_key: dict[str, str] = {}
        self.routes = [
            Route("/v1/checkout/sessions", self.create, methods=["POST"]),
            Route("/v1/checkout/sessions/{id}", self.one),
            Route("/v1/checkout/sessions/{id}/expire", self.expire, methods=["POST"]),
            Route("/pay/{id}", self.page, methods=["GET"]),
            Route("/pay/{id}", self.paid, methods=["POST"]),
            Route("/{path:path}", self.passed_on, methods=["GET", "POST"]),
        ]

    async def create(self, request: Request) -> Response:
        form = await _form(request)
        key = request.headers["idempotency-key"]
        if key not in self._by_key:
            id = self._by_key[key] = f"cs_test_{len(self.pages)}"
            page = {"id": id, "object": "checkout.session", "status": "open", "url": f"{self.url}/pay/{id}"}
            self.pages[id] = page | {"payment_intent": None, "setup_intent": None, "form": form}
        return JSONResponse(self.pages[self._by_key[key]])

    async def one(self, request: Request) -> Response:
        return JSONResponse(self.pages[request.path_params["id"]])

    async def expire(self, request: Request) -> Response:
        page = self.pages[request.path_params["id"]]
        if page["status"] != "open":
            return JSONResponse({"error": {"message": "Only open sessions can be expired"}}, 400)
        page |= {"status": "expired", "url": None}
        return JSONResponse(page)

    async def page(self, request: Request) -> Response:
        form = self.pages[request.path_params["id"]]["form"]
        if form["mode"] == "setup":
            return HTMLResponse(
                "<!doctype html><title>Checkout</title><h1>Store a card</h1>"
                "<form method=post><label>Card number <input name=number autocomplete=cc-number></label>"
                "<button>Save</button></form>"
            )
        name = escape(form["line_items[0][price_data][product_data][name]"])
        amount = int(form["line_items[0][price_data][unit_amount]"]) / 100
        return HTMLResponse(
            f"<!doctype html><title>Checkout</title><h1>{name}</h1><p>{amount:.2f}</p>"
            "<form method=post><label>Card number <input name=number autocomplete=cc-number></label>"
            "<button>Pay</button></form>"
        )

    async def paid(self, request: Request) -> Response:
        form = self.pages[request.path_params["id"]]["form"]
        done = self.keep if form["mode"] == "setup" else self.pay
        await done(request.path_params["id"], (await _form(request))["number"])
        return RedirectResponse(form["success_url"], 303)

    async def pay(self, id: str, number: str = "4242424242424242") -> None:
        """As the page does when somebody presses the button."""
        page = self.pages[id]
        form = page["form"]
        said = {"type": "card", "card[number]": number, "card[exp_month]": 12, "card[exp_year]": 2030, "card[cvc]": 123}
        async with aiohttp.ClientSession(self._stripe, headers=KEY) as stripe:
            card = await _posted(stripe, "/v1/payment_methods", said)
            customer = await _posted(stripe, "/v1/customers", {"email": "anna@example.com"})
            await _posted(stripe, f"/v1/payment_methods/{card['id']}/attach", {"customer": customer["id"]})
            intent = await _posted(
                stripe,
                "/v1/payment_intents",
                {
                    "amount": form["line_items[0][price_data][unit_amount]"],
                    "currency": form["line_items[0][price_data][currency]"],
                    "capture_method": form["payment_intent_data[capture_method]"],
                    "metadata[payment]": form["payment_intent_data[metadata][payment]"],
                    "payment_method": card["id"],
                    "customer": customer["id"],
                    "confirm": "true",
                },
            )
        page |= {"status": "complete", "url": None, "payment_intent": intent["id"]}

    async def keep(
        self, id: str, number: str = "4242424242424242", *, expires: tuple[int, int] = (2030, 12), payer: str = ""
    ) -> None:
        """As the page does when somebody stores a card; `payer` is for whoever would have it be a stranger's."""
        page = self.pages[id]
        form = page["form"]
        year, month = expires
        said = {"type": "card", "card[number]": number, "card[exp_month]": month, "card[exp_year]": year}
        async with aiohttp.ClientSession(self._stripe, headers=KEY) as stripe:
            card = await _posted(stripe, "/v1/payment_methods", said | {"card[cvc]": 123})
            owner = {"customer": payer or form["customer"]}
            await _posted(stripe, f"/v1/payment_methods/{card['id']}/attach", owner)
            metadata = {"metadata[card]": form["setup_intent_data[metadata][card]"], "usage": "off_session"}
            intent = await _posted(stripe, "/v1/setup_intents", owner | metadata)
            await _posted(stripe, f"/v1/setup_intents/{intent['id']}/confirm", {"payment_method": card["id"]})
        page |= {"status": "complete", "url": None, "setup_intent": intent["id"]}

    async def passed_on(self, request: Request) -> Response:
        body = await request.body()
        headers = {name: request.headers[name] for name in ("authorization", "content-type") if name in request.headers}
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        async with (
            aiohttp.ClientSession(self._stripe, headers=headers) as stripe,
            stripe.request(request.method, target, data=body or None) as answer,
        ):
            return Response(_with_card(await answer.read()), answer.status, media_type=answer.content_type)


def _with_card(body: bytes) -> bytes:
    """With the card that a charge was paid with, which localstripe leaves out."""
    said = json.loads(body) if body.startswith(b"{") else {}
    if not isinstance(said.get("latest_charge"), dict):
        return body
    said["latest_charge"]["payment_method_details"] = {"type": "card", "card": {"brand": "visa", "last4": "4242"}}
    return json.dumps(said).encode()


async def _form(request: Request) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}


async def _posted(stripe: aiohttp.ClientSession, path: str, said: dict[str, Any]) -> dict[str, Any]:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    async with stripe.post(path, data=urlencode(said), headers=kind) as answer:
        found: dict[str, Any] = await answer.json()
        assert answer.status == 200, found
        return found
