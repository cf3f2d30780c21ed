"""Providers for tests, as servers on real sockets, written from the public descriptions of their APIs.

What localstripe cannot do of Stripe (keys of calls, higher holds, disputes, search), Swish (which nobody imitates), and
the ePayment API of Vipps MobilePay. Payers are played by the test, on the objects that stand here.
"""

from __future__ import annotations

import hmac
import json
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from email.utils import format_datetime
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.serving import Server, listening

KEY, HOOK = "sk_test_of_the_house", "whsec_of_the_house"
SUBSCRIPTION, SERIAL = "a-subscription", "123456"


@asynccontextmanager
async def served(routes: list[Route]) -> AsyncIterator[str]:
    """Its URL."""
    socket = listening()
    server = Server(Starlette(routes=routes))
    await server.up(socket)
    yield f"http://127.0.0.1:{socket.getsockname()[1]}"
    await server.down()


# ---- Stripe


class StripeServer:
    """What is asked again by a key is answered as it was."""

    def __init__(self) -> None:
        self.intents: dict[str, dict[str, Any]] = {}
        self.answers: dict[str, tuple[int, Any]] = {}
        self.disputes: list[dict[str, Any]] = []
        self.posts = 0
        self.routes = [
            Route("/v1/payment_intents", self.create, methods=["POST"]),
            Route("/v1/payment_intents/search", self.search),
            Route("/v1/payment_intents/{id}", self.one),
            Route("/v1/payment_intents/{id}/{verb}", self.change, methods=["POST"]),
            Route("/v1/refunds", self.refund, methods=["POST"]),
            Route("/v1/disputes", self.list_disputes),
        ]

    async def create(self, request: Request) -> Response:
        return await self._once(request, self._create)

    async def change(self, request: Request) -> Response:
        return await self._once(request, self._change)

    async def refund(self, request: Request) -> Response:
        return await self._once(request, self._refund)

    async def one(self, request: Request) -> Response:
        intent = self.intents.get(request.path_params["id"])
        return JSONResponse(intent) if intent else _no(404, "No such payment_intent")

    async def search(self, request: Request) -> Response:
        ref = request.query_params["query"].split("'")[3]
        return JSONResponse({"data": [one for one in self.intents.values() if one["metadata"]["payment"] == ref]})

    async def list_disputes(self, request: Request) -> Response:
        return JSONResponse({"data": self.disputes})

    async def _once(self, request: Request, does: Any) -> Response:
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return _no(401, "Invalid API Key provided")
        key = request.headers["idempotency-key"]
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        if key not in self.answers:
            self.posts += 1
            self.answers[key] = does(request.path_params, form)
        status, body = self.answers[key]
        return JSONResponse(body, status)

    def _create(self, path: dict[str, str], form: dict[str, str]) -> tuple[int, Any]:
        assert form["capture_method"] == "manual"
        id = f"pi_{len(self.intents)}"
        intent = {
            "id": id,
            "object": "payment_intent",
            "status": "requires_payment_method",
            "amount": int(form["amount"]),
            "amount_capturable": 0,
            "client_secret": f"{id}_secret",
            "latest_charge": None,
            "metadata": {"payment": form["metadata[payment]"]},
            "away": form.get("off_session") == "true",
        }
        self.intents[id] = intent
        if form.get("payment_method") == "pm_card_chargeDeclined":
            error = {"code": "card_declined", "message": "Your card was declined."}
            intent["last_payment_error"] = error
            return 402, {"error": error | {"payment_intent": dict(intent)}}
        if form.get("confirm") == "true":
            if form["payment_method"] == "pm_card_authenticationRequired":
                if form.get("off_session") == "true":
                    error = {"code": "authentication_required", "message": "This transaction requires authentication."}
                    intent["last_payment_error"] = error
                    return 402, {"error": error | {"payment_intent": dict(intent)}}
                _to_the_bank(intent)
            else:
                self.confirm(id)
        return 200, dict(intent)

    def confirm(self, id: str) -> None:
        """The driver has shown who they are."""
        intent = self.intents[id]
        intent |= {"status": "requires_capture", "amount_capturable": intent["amount"], "next_action": None}
        intent["latest_charge"] = {
            "id": f"ch_{id}",
            "amount": intent["amount"],
            "amount_captured": 0,
            "captured": False,
            "disputed": False,
            "refunds": {"data": []},
        }

    def _change(self, path: dict[str, str], form: dict[str, str]) -> tuple[int, Any]:
        intent = self.intents[path["id"]]
        match path["verb"]:
            case "confirm":
                assert (form["payment_method"], form["off_session"]) == ("pm_card_authenticationRequired", "false")
                _to_the_bank(intent)
            case "increment_authorization":
                if intent["status"] != "requires_capture":
                    return _said(400, "It is not held")
                intent["amount"] = intent["amount_capturable"] = int(form["amount"])
                intent["latest_charge"]["amount"] = intent["amount"]
            case "capture":
                amount = int(form["amount_to_capture"])
                if intent["status"] != "requires_capture" or amount > intent["amount_capturable"]:
                    return _said(400, "It cannot be captured")
                intent |= {"status": "succeeded", "amount_capturable": 0}
                charge = intent["latest_charge"]
                charge |= {"captured": True, "amount_captured": amount}
                charge["balance_transaction"] = {"id": "txn_1", "fee": 150, "currency": "sek"}
                if amount < charge["amount"]:
                    rest = {"amount": charge["amount"] - amount, "status": "succeeded", "balance_transaction": None}
                    charge["refunds"]["data"].append(rest)
            case "cancel":
                if intent["status"] == "succeeded":
                    return _said(400, "It is paid")
                intent |= {"status": "canceled", "amount_capturable": 0}
        return 200, dict(intent)

    def _refund(self, path: dict[str, str], form: dict[str, str]) -> tuple[int, Any]:
        charge = self.intents[form["payment_intent"]]["latest_charge"]
        gone = sum(one["amount"] for one in charge["refunds"]["data"] if one["balance_transaction"])
        amount = int(form["amount"])
        if amount > charge["amount_captured"] - gone:
            return _said(400, "Refund amount is greater than unrefunded amount on charge")
        charge["refunds"]["data"].append({"amount": amount, "status": "succeeded", "balance_transaction": "txn_2"})
        return 200, {"id": "re_1", "amount": amount}

    def tells(self, id: str, what: str, at: datetime, *, event: str = "evt_1", secret: str = HOOK) -> tuple[Any, bytes]:
        """(headers, body) as Stripe signs them."""
        return signed({"id": event, "type": what, "data": {"object": self.intents[id]}}, at, secret=secret)


def signed(event: object, at: datetime, *, secret: str = HOOK) -> tuple[Any, bytes]:
    """(headers, body) as Stripe signs them."""
    body = json.dumps(event).encode()
    seconds = str(int(at.timestamp()))
    signature = hmac.new(secret.encode(), f"{seconds}.".encode() + body, sha256).hexdigest()
    return {"Stripe-Signature": f"t={seconds},v1={signature}"}, body


def _to_the_bank(intent: dict[str, Any]) -> None:
    leads = {"type": "redirect_to_url", "redirect_to_url": {"url": "https://bank.example/3ds"}}
    intent |= {"status": "requires_action", "next_action": leads, "last_payment_error": None}


def _said(status: int, words: str) -> tuple[int, Any]:
    return status, {"error": {"type": "invalid_request_error", "message": words}}


def _no(status: int, words: str) -> Response:
    return JSONResponse(_said(status, words)[1], status)


# ---- Swish


class SwishServer:
    """A refund takes a moment: it is DEBITED first, and PAID when somebody asks again."""

    def __init__(self) -> None:
        self.requests: dict[str, dict[str, Any]] = {}
        self.refunds: dict[str, dict[str, Any]] = {}
        v1, v2 = "/swish-cpcapi/api/v1", "/swish-cpcapi/api/v2"
        self.routes = [
            Route(v2 + "/paymentrequests/{id}", self.create, methods=["PUT"]),
            Route(v1 + "/paymentrequests/{id}", self.one, methods=["GET"]),
            Route(v1 + "/paymentrequests/{id}", self.cancel, methods=["PATCH"]),
            Route(v2 + "/refunds/{id}", self.refund, methods=["PUT"]),
            Route(v1 + "/refunds/{id}", self.one_refund),
        ]

    async def create(self, request: Request) -> Response:
        id, said = request.path_params["id"], json.loads(await request.body())
        if id in self.requests:
            return JSONResponse([{"errorCode": "RP06", "errorMessage": "There is a request of this id"}], 422)
        if said["payeeAlias"] != SERIAL:
            return JSONResponse([{"errorCode": "PA02", "errorMessage": "Amount value is missing or wrong"}], 422)
        self.requests[id] = {"id": id, "status": "CREATED", **said}
        return Response(status_code=201, headers={"PaymentRequestToken": "a-token"})

    def pays(self, id: str) -> None:
        assert self.requests[id]["status"] == "CREATED"
        self.requests[id] |= {"status": "PAID", "paymentReference": f"P{id[:8]}"}

    async def one(self, request: Request) -> Response:
        found = self.requests.get(request.path_params["id"])
        return JSONResponse(found) if found else JSONResponse([{"errorCode": "RP04"}], 404)

    async def cancel(self, request: Request) -> Response:
        found = self.requests[request.path_params["id"]]
        if found["status"] != "CREATED":
            return JSONResponse([{"errorCode": "RP07", "errorMessage": "It is paid"}], 422)
        found["status"] = "CANCELLED"
        return JSONResponse(found)

    async def refund(self, request: Request) -> Response:
        id, said = request.path_params["id"], json.loads(await request.body())
        if id in self.refunds:
            return JSONResponse([{"errorCode": "RP06", "errorMessage": "There is a refund of this id"}], 422)
        self.refunds[id] = {"id": id, "status": "DEBITED", **said}
        return Response(status_code=201)

    async def one_refund(self, request: Request) -> Response:
        found = self.refunds.get(request.path_params["id"])
        if found is None:
            return JSONResponse([{"errorCode": "RP04"}], 404)
        shown = dict(found)
        found["status"] = "PAID"
        return JSONResponse(shown)


# ---- Vipps MobilePay


class VippsServer:
    """Its tokens last for so many requests; what is asked again by a key changes nothing."""

    def __init__(self) -> None:
        self.payments: dict[str, dict[str, Any]] = {}
        self.keys: set[str] = set()
        self.token, self.lasts = 0, 3
        self.routes = [
            Route("/accesstoken/get", self.get_token, methods=["POST"]),
            Route("/epayment/v1/payments", self.create, methods=["POST"]),
            Route("/epayment/v1/payments/{ref}", self.one),
            Route("/epayment/v1/payments/{ref}/{verb}", self.change, methods=["POST"]),
        ]

    async def get_token(self, request: Request) -> Response:
        if request.headers.get("client_secret") != KEY:
            return JSONResponse({"error": "invalid_client"}, 401)
        self.token, self.lasts = self.token + 1, 3
        return JSONResponse({"access_token": f"token-{self.token}", "expires_in": "3599"})

    def _closed(self, request: Request) -> bool:
        self.lasts -= 1
        return self.lasts < 0 or request.headers["authorization"] != f"Bearer token-{self.token}"

    async def create(self, request: Request) -> Response:
        if self._closed(request):
            return JSONResponse({"title": "Unauthorized"}, 401)
        said = json.loads(await request.body())
        ref = said["reference"]
        zero = {"currency": said["amount"]["currency"], "value": 0}
        names = ("authorizedAmount", "cancelledAmount", "capturedAmount", "refundedAmount")
        made = {
            "reference": ref,
            "state": "CREATED",
            "asked": said["amount"],
            "aggregate": dict.fromkeys(names, zero),
        }
        self.payments.setdefault(ref, made)
        return JSONResponse({"reference": ref, "redirectUrl": "https://landing.vipps.example/1"}, 201)

    def agrees(self, ref: str) -> None:
        one = self.payments[ref]
        one["state"] = "AUTHORIZED"
        one["aggregate"] = {**one["aggregate"], "authorizedAmount": one["asked"]}

    async def one(self, request: Request) -> Response:
        if self._closed(request):
            return JSONResponse({"title": "Unauthorized"}, 401)
        found = self.payments.get(request.path_params["ref"])
        return JSONResponse(found) if found else JSONResponse({"title": "Not found"}, 404)

    async def change(self, request: Request) -> Response:
        if self._closed(request):
            return JSONResponse({"title": "Unauthorized"}, 401)
        one, verb, key = (
            self.payments[request.path_params["ref"]],
            request.path_params["verb"],
            request.headers["idempotency-key"],
        )
        if key not in self.keys:
            self.keys.add(key)
            said, sums = json.loads(await request.body()), one["aggregate"]
            held = (
                sums["authorizedAmount"]["value"] - sums["capturedAmount"]["value"] - sums["cancelledAmount"]["value"]
            )
            if verb == "cancel":
                one["state"] = "TERMINATED" if one["state"] == "CREATED" else one["state"]
                sums["cancelledAmount"] = {**sums["cancelledAmount"], "value": held}
            else:
                name = "capturedAmount" if verb == "capture" else "refundedAmount"
                if verb == "capture" and said["modificationAmount"]["value"] > held:
                    return JSONResponse({"title": "Bad request", "detail": "More than is held"}, 400)
                sums[name] = {**sums[name], "value": sums[name]["value"] + said["modificationAmount"]["value"]}
        return JSONResponse(one)

    def tells(self, ref: str, path: str, host: str, at: datetime, *, secret: str = HOOK) -> tuple[Any, bytes]:
        """(headers, body) as Vipps MobilePay signs them."""
        body = json.dumps({"reference": ref, "name": "AUTHORIZED", "pspReference": "psp-1"}).encode()
        date, content = format_datetime(at, usegmt=True), b64encode(sha256(body).digest()).decode()
        words = f"POST\n{path}\n{date};{host};{content}"
        signature = b64encode(hmac.new(secret.encode(), words.encode(), sha256).digest()).decode()
        return {
            "x-ms-date": date,
            "x-ms-content-sha256": content,
            "host": host,
            "authorization": f"HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature={signature}",
        }, body
