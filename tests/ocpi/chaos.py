"""What stands between two partners when everything goes wrong that can: thrown by seeded dice, request by request."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from random import Random  # noqa: TID251 - seeded dice

from msgspec import Struct
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HELD = 0.03  # seconds that a request waits for one that may overtake it
HTML = b"<html><body>We are upgrading our platform.</body></html>"
# The handshake has tests of its own for what breaks there.
LEFT_ALONE = re.compile(r"/ocpi/(versions|[\d.]+(/credentials)?)/?$")


class Done(Struct):
    """An answer as it was meant."""

    status: int = 500
    headers: list[tuple[bytes, bytes]] = []
    body: bytes = b""


class Asked(Struct, frozen=True):
    """One request that came to a partner in chaos, and the ways to answer it."""

    app: ASGIApp
    scope: Scope
    said: bytes
    receive: Receive
    send: Send
    dice: Random
    another: asyncio.Event

    async def do(self) -> Done:
        """What was asked."""
        done = Done()

        async def receive() -> Message:
            return {"type": "http.request", "body": self.said, "more_body": False}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                done.status, done.headers = message["status"], list(message["headers"])
            done.body += message.get("body", b"")

        await self.app(dict(self.scope), receive, send)
        return done

    async def answer(self, done: Done, *, length: int | None = None) -> None:
        """`length` is said in place of how long it is."""
        headers = [(name, value) for name, value in done.headers if name != b"content-length"]
        headers.append((b"content-length", str(len(done.body) if length is None else length).encode()))
        await self.send({"type": "http.response.start", "status": done.status, "headers": headers})
        await self.send({"type": "http.response.body", "body": done.body})

    async def gone(self) -> None:
        """Until whoever asked waits no longer."""
        while (await self.receive())["type"] != "http.disconnect":
            pass


# Each mishap ----------------------------------------------------------------------------------------------------------


async def nothing(asked: Asked) -> None:
    await asked.answer(await asked.do())


async def too_many_requests(asked: Asked) -> None:
    wait = str(asked.dice.randrange(1, 120)).encode()
    await asked.answer(Done(429, [(b"retry-after", wait)], b""))


async def trouble_before_it_is_done(asked: Asked) -> None:
    await asked.answer(Done(asked.dice.choice([500, 502, 503]), [], b""))


async def trouble_after_it_was_done(asked: Asked) -> None:
    await asked.do()
    await asked.answer(Done(500, [(b"content-type", b"text/html")], HTML))


async def a_page_for_people(asked: Asked) -> None:
    await asked.answer(Done(200, [(b"content-type", b"text/html")], HTML))


async def half_an_answer(asked: Asked) -> None:
    done = await asked.do()
    done.body = done.body[: len(done.body) // 2]
    await asked.answer(done)


async def a_line_that_breaks(asked: Asked) -> None:
    done = await asked.do()
    length, done.body = len(done.body), done.body[:10]
    await asked.answer(done, length=length + 10)


async def done_twice(asked: Asked) -> None:
    await asked.do()
    await asked.answer(await asked.do())


async def overtaken(asked: Asked) -> None:
    asked.another.clear()
    try:
        async with asyncio.timeout(HELD):
            await asked.another.wait()
    except TimeoutError:
        pass
    await asked.answer(await asked.do())


async def nothing_in_time(asked: Asked) -> None:
    """It is done, and nobody waits for the answer any more."""
    await asked.do()
    await asked.gone()


async def links_that_lead_elsewhere(asked: Asked) -> None:
    done = await asked.do()
    links = [(name, value) for name, value in done.headers if name == b"link"]
    others = [(name, value) for name, value in done.headers if name != b"link"]
    inner = [(name, re.sub(rb"<http://[^/]+", b"<http://10.0.0.7:8080", value)) for name, value in links]
    here = asked.scope["path"].encode() + b"?" + asked.scope["query_string"]
    circle = [(name, b"<http://x" + here + b'>; rel="next"') for name, _ in links]
    done.headers = others + asked.dice.choice([[], inner, circle])
    await asked.answer(done)


async def a_clock_that_is_wrong(asked: Asked) -> None:
    done = await asked.do()
    done.body = re.sub(rb'("timestamp":")\d{4}-\d\d', rb"\g<1>2019-04", done.body)
    await asked.answer(done)


# How often each happens, to a hundred requests or so.
MISHAPS: Mapping[Callable[[Asked], Awaitable[None]], int] = {
    nothing: 40,
    too_many_requests: 8,
    trouble_before_it_is_done: 8,
    trouble_after_it_was_done: 8,
    a_page_for_people: 5,
    half_an_answer: 8,
    a_line_that_breaks: 8,
    done_twice: 8,
    overtaken: 8,
    nothing_in_time: 2,
    links_that_lead_elsewhere: 8,
    a_clock_that_is_wrong: 5,
}


class Chaos:
    """Around an installation; `quiet` lets everything through as it is. `thrown` counts what was done."""

    def __init__(self, dice: Random) -> None:
        self.quiet = False
        self.thrown: Counter[str] = Counter()
        self._dice = dice
        self._another = asyncio.Event()

    def around(self, app: ASGIApp) -> ASGIApp:
        async def chaotic(scope: Scope, receive: Receive, send: Send) -> None:
            self._another.set()
            if self.quiet or LEFT_ALONE.search(scope["path"]):
                await app(scope, receive, send)
                return
            mishap = self._next(scope)
            self.thrown[mishap.__name__] += 1
            said = await _whole(receive)
            await mishap(Asked(app, _in_small_pages(scope), said, receive, send, self._dice, self._another))

        return chaotic

    def _next(self, scope: Scope) -> Callable[[Asked], Awaitable[None]]:
        """By the dice, but every second time one that was not thrown yet; links go wrong where there are pages."""
        pages = scope["method"] == "GET" and b"limit=" in scope["query_string"]
        fits = [one for one in MISHAPS if pages or one is not links_that_lead_elsewhere]
        new = [one for one in fits if one.__name__ not in self.thrown]
        if new and self._dice.random() < 0.5:
            return self._dice.choice(new)
        return self._dice.choices(fits, [MISHAPS[one] for one in fits])[0]


async def _whole(receive: Receive) -> bytes:
    pieces: list[bytes] = []
    more = True
    while more:
        message = await receive()
        pieces.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(pieces)


def _in_small_pages(scope: Scope) -> Scope:
    """A partner may give less at a time than it is asked for; so there are links to go wrong."""
    return dict(scope) | {"query_string": re.sub(rb"limit=\d+", b"limit=3", scope["query_string"])}
