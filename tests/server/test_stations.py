"""The operator API with a station on the line: asked in its own words, a charge started and stopped from afar."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import websockets

from laddnav.server.http import Serving
from tests.server.conftest import Client

ANSWERS = {
    "Reset": lambda id: [3, id, {"status": "Accepted"}],
    "UnlockConnector": lambda id: [4, id, "NotImplemented", "no such lock", {}],
    "GetDiagnostics": lambda id: [3, id, {"fileName": "log\0.zip"}],
    "RemoteStartTransaction": lambda id: [3, id, {"status": "Accepted"}],
    "RemoteStopTransaction": lambda id: [3, id, {"status": "Accepted"}],
}


class Station:
    """Says what it is told to, and answers what it is asked by the table above."""

    def __init__(self, socket: websockets.ClientConnection) -> None:
        self._socket = socket
        self._answers: asyncio.Queue[Any] = asyncio.Queue()
        self.asked: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()
        self._listener = asyncio.create_task(self._listen())

    async def say(self, action: str, **payload: object) -> Any:
        await self._socket.send(json.dumps([2, action, action, payload]))
        return (await asyncio.wait_for(self._answers.get(), 10))[2]

    async def _listen(self) -> None:
        async for text in self._socket:
            kind, id, *rest = json.loads(text)
            if kind == 2:
                self.asked.put_nowait((rest[0], rest[1]))
                await self._socket.send(json.dumps(ANSWERS[rest[0]](id)))
            else:
                self._answers.put_nowait([kind, id, *rest])

    async def was_asked(self, action: str) -> Any:
        while (asked := await asyncio.wait_for(self.asked.get(), 10))[0] != action:
            continue
        return asked[1]

    async def leave(self) -> None:
        self._listener.cancel()
        await asyncio.gather(self._listener, return_exceptions=True)


@asynccontextmanager
async def on_the_line(served: Serving, lad: Client) -> AsyncIterator[Station]:
    await lad.ask("PATCH", "/stations/ST-1", {"security_profile": 0, "on_connect": "none"})
    url = served.url.replace("http", "ws") + "/ocpp/ST-1"
    async with websockets.connect(url, subprotocols=[websockets.Subprotocol("ocpp1.6")]) as socket:
        station = Station(socket)
        await station.say("BootNotification", chargePointVendor="Test", chargePointModel="T1")
        yield station
        await station.leave()


@pytest.mark.parametrize(
    ("action", "payload", "answer"),
    [
        ("Reset", {"type": "Soft"}, {"result": {"status": "Accepted"}}),
        ("UnlockConnector", {"connectorId": 1}, {"error": {"code": "NotImplemented", "description": "no such lock"}}),
        (
            "GetDiagnostics",
            {"location": "ftp://127.0.0.1/logs"},
            {"error": {"code": "FormationViolation", "description": "the character NUL has no place in a frame"}},
        ),
    ],
)
async def test_a_station_is_asked_in_its_own_words_and_its_own_answer_comes_back(
    served: Serving, lad: Client, action: str, payload: object, answer: object
) -> None:
    async with on_the_line(served, lad) as station:
        assert await lad.ask("POST", f"/stations/ST-1/ocpp/{action}", payload) == (200, answer)
        assert await station.was_asked(action) == payload
        messages = (await lad.get("/stations/ST-1/messages"))["items"]
    assert [(one["direction"], one["kind"], one["action"]) for one in messages][-4:-1] == [
        ("in", "call", "BootNotification"),
        ("out", "result", "BootNotification"),
        ("out", "call", action),
    ]
    newest = await lad.get(f"/stations/ST-1/messages?cursor={messages[-2]['id']}")
    assert newest == {"items": messages[-1:], "next": None}


async def test_what_no_station_would_understand_is_not_sent(served: Serving, lad: Client) -> None:
    async with on_the_line(served, lad) as station:
        for action, payload in (("Dance", {}), ("Reset", {"type": "Loud"})):
            status, problem = await lad.ask("POST", f"/stations/ST-1/ocpp/{action}", payload)
            assert status == 422, problem
        assert station.asked.empty()


async def test_a_charge_is_started_and_stopped_from_afar_and_becomes_a_cdr(served: Serving, lad: Client) -> None:
    (first, *_) = (await lad.get("/locations"))["items"]
    (token,) = (await lad.get("/tokens"))["items"]
    async with on_the_line(served, lad) as station:
        status, asked = await lad.ask(
            "POST", "/sessions", {"evse": first["evses"][0]["evse_id"], "token": token["ref"]}
        )
        assert (status, asked["status"]) == (202, "PENDING")
        assert (await station.was_asked("RemoteStartTransaction"))["idTag"] == token["uid"]
        started = await station.say(
            "StartTransaction",
            connectorId=1,
            idTag=token["uid"],
            meterStart=1000,
            timestamp=asked["started_at"],
        )
        session = await lad.get(f"/sessions/{asked['ref']}")
        assert (session["status"], session["energy_wh"]) == ("ACTIVE", 0)
        status, _ = await lad.ask("POST", f"/sessions/{asked['ref']}/stop")
        assert status == 202
        stop = await station.was_asked("RemoteStopTransaction")
        assert stop == {"transactionId": started["transactionId"]}
        await station.say(
            "StopTransaction", transactionId=stop["transactionId"], meterStop=3500, timestamp=session["started_at"]
        )
        assert (await lad.get(f"/sessions/{asked['ref']}"))["status"] == "COMPLETED"
        assert (await lad.ask("POST", f"/sessions/{asked['ref']}/stop"))[0] == 409
    cdr = await _only(lad, "cdrs")
    assert (cdr["session_id"], cdr["energy_wh"]) == (session["id"], 2500)
    assert cdr["lines"][0]["reason"]["text"].endswith(".")
    heading = await _only(lad, "invoices")
    invoice = await lad.get(f"/invoices/{heading['ref']}")
    assert [one["cdr_ref"] for one in invoice["charges"]] == [cdr["ref"]]
    assert invoice["total_incl"] == pytest.approx(invoice["total_excl"] + invoice["total_tax"])


async def _only(lad: Client, kind: str) -> Any:
    """What listeners make of it, as soon as it is there."""
    async with asyncio.timeout(20):
        while not (found := (await lad.get(f"/{kind}"))["items"]):
            continue
    (one,) = found
    return await lad.get(f"/{kind}/{one['ref']}")
