"""What happens, told to open pages at once: server-sent events that name the parts of a page which are out of date."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import suppress

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from laddnav.db import stream
from laddnav.db.stream import Announced
from laddnav.db.unit import Unit
from laddnav.kit import json
from laddnav.people import actions as people
from laddnav.people.model import Role, Visitor
from laddnav.web.asked import Console, cookie_of

# What each event makes stale. A name in it is heard by elements/live-updates.js as live-NAME.
STALE = {
    "LocationChanged": "locations",
    "EvseStatusChanged": "locations",
    "StationChanged": "stations",
    "SessionStarted": "sessions",
    "SessionChanged": "sessions",
    "SessionEnded": "sessions",
    "SessionFailed": "sessions",
    "SessionAmended": "sessions",
    "StartRequested": "sessions",
    "StartAnswered": "sessions",
    "StopRequested": "sessions",
    "StopAnswered": "sessions",
    "DoubtRaised": "doubts",
    "ProofReleased": "doubts",
    "CdrClosed": "cdrs",
    "CdrReceived": "cdrs",
    "CdrAccepted": "cdrs",
    "CdrDisputed": "cdrs",
    "CdrRefused": "cdrs",
    "InvoiceGrew": "invoices",
    "InvoiceIssued": "invoices",
    "RecordChanged": "invoices",
    "SettlementChanged": "settlements",
    "FileWentOn": "settlements",
    "HostOwed": "hosts",
    "BookingChanged": "bookings",
    "BookingLocationChanged": "bookings",
    "CustomerChanged": "customers",
    "PaymentChanged": "payments",
    "TicketChanged": "payments",
    "MailChanged": "mail",
    "TerminalChanged": "terminals",
    "TerminalAssigned": "terminals",
    "TerminalDescribed": "terminals",
    "TerminalDeactivated": "terminals",
    "ConfirmationChanged": "terminals",
    "ConnectionChanged": "partners",
    "HandshakeWentOn": "partners",
    "ExaminationWentOn": "partners",
    "TariffChanged": "tariffs",
    "TokenChanged": "tokens",
    "SiteChanged": "sites",
    "PlanMade": "sites",
    "SiteLimited": "sites",
    "StationTakenOut": "sites",
    "StationBroughtBack": "sites",
    "PricesPublished": "prices",
    "PricesLate": "prices",
    "GridTariffChanged": "prices",
    "TaskWentOn": "tasks",
    "CureWentOn": "cures",
    "HomeChanged": "homes",
    "GridChanged": "grid",
    "FleetChanged": "fleets",
    "DepartureAtRisk": "fleets",
    "DepartureSaved": "fleets",
    "DepartureMissed": "fleets",
}

GATHER = 0.15  # seconds: what happens within it is told together
LOOK_ANYWAY = 2.0  # seconds: a wake-up may be missed, and what was still being committed is there by then

Endpoint = Callable[[Request], Awaitable[Response]]


def live(console: Console) -> Endpoint:
    async def opened(request: Request) -> Response:
        async with console.database.unit() as unit:
            visitor = await people.who(unit, cookie=request.cookies.get(cookie_of(request)))
            begin = await _begin(unit, request.query_params.get("after") or request.headers.get("last-event-id"))
        told = _over() if visitor is None else _told(console, visitor, begin)
        return StreamingResponse(told, media_type="text/event-stream", headers={"Cache-Control": "no-store"})

    return opened


async def _begin(unit: Unit, cursor: str | None) -> str:
    """Where the reader left off, or now."""
    try:
        if cursor:
            await stream.after(unit, cursor, limit=1)
            return cursor
    except stream.NotACursor:
        return await stream.newest(unit)
    return await stream.newest(unit)


async def _over() -> AsyncIterator[str]:
    yield "event: over\ndata:\n\n"


async def _told(console: Console, visitor: Visitor, cursor: str) -> AsyncIterator[str]:
    """From the cursor on, until the visit ends or the reader leaves."""
    sleeper = console.database.sleeper()
    try:
        yield f"retry: 1000\nid: {cursor}\ndata: []\n\n"
        while True:
            sleeper.clear()
            async with console.database.unit() as unit:
                happened = await stream.after(unit, cursor, visitor.holder)
                still_here = await _is_open(unit, visitor)
            if not still_here:
                yield "event: over\ndata:\n\n"
                return
            if happened:
                cursor = happened[-1].cursor
                yield f"id: {cursor}\ndata: {json.encode(names(_told_to(visitor, happened))).decode()}\n\n"
            else:
                yield ":\n\n"
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_ANYWAY):
                    await sleeper.wait()
                await asyncio.sleep(GATHER)
    finally:
        console.database.forget(sleeper)


def _told_to(visitor: Visitor, happened: Sequence[Announced]) -> Sequence[Announced]:
    """Who is of one fleet hears of that alone, a driver of nothing; of the rest only that time goes on."""
    if visitor.role is Role.DRIVER:
        return ()
    if visitor.role is not Role.FLEET:
        return happened
    return [one for one in happened if _is_of(one, visitor.fleet)]


def _is_of(one: Announced, fleet: str | None) -> bool:
    return STALE.get(one.kind) == "fleets" and one.about.partition("/")[0] == fleet


async def _is_open(unit: Unit, visitor: Visitor) -> bool:
    """Asked without counting as being seen: a page that stands open must not keep a visit alive for ever."""
    return any(visitor.visit and visit.id == visitor.visit.id for visit in await people.visits(unit, visitor.id))


def names(happened: Iterable[Announced]) -> list[str]:
    """Each once: the kind of thing, and the very thing."""
    stale: dict[str, None] = {}
    for event in happened:
        if (kind := STALE.get(event.kind)) is not None:
            stale[kind] = None
            stale[f"{kind.removesuffix('s')}-{slug(event.about)}"] = None
    return list(stale)


def slug(about: str) -> str:
    """What a thing is called in the name of a browser's event."""
    return re.sub(r"[^A-Za-z0-9]+", "-", about)
