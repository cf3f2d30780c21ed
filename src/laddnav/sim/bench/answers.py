"""How a bare ASGI application takes a request and answers in OCPI, with nothing around it."""

from __future__ import annotations

from starlette.types import Receive, Send

ENDING = b'"status_code":1000,"status_message":"Success","timestamp":"2026-11-21T09:47:00.000Z"}'
DONE = b"{" + ENDING


def enveloped(data: bytes) -> bytes:
    return b'{"data":%b,%b' % (data, ENDING)


async def body(receive: Receive) -> bytes:
    pieces = []
    while True:
        message = await receive()
        pieces.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(pieces)


async def answer(send: Send, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
