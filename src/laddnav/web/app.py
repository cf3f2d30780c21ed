"""All doors of the console, and what happens at each before it opens: who comes, may they, and is the form theirs."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from laddnav.kit.refusal import Refusal, Trouble
from laddnav.parties import actions as parties
from laddnav.people import actions as people
from laddnav.people.api import TooLarge
from laddnav.people.model import Role
from laddnav.people.rules import ForgedRequest, NotAllowed, check_csrf, require
from laddnav.web.asked import Asked, Console, Door, cookie_of
from laddnav.web.live import live
from laddnav.web.pages import (
    account,
    attention,
    booked,
    bookings,
    cdrs,
    charge,
    conformance,
    cures,
    customer_money,
    customers,
    deviations,
    doubts,
    energy,
    exchanges,
    find,
    fleets,
    guard,
    handshakes,
    home_charging,
    homes,
    hosts,
    hubs,
    imports,
    invoices,
    ledger,
    log,
    mail,
    mains,
    maintenance,
    meters,
    moves,
    my,
    network,
    offer,
    open_items,
    partners,
    payments,
    person,
    plans,
    prices,
    reconciliations,
    requests,
    sessions,
    settlements,
    signed,
    sites,
    stations,
    stored_cards,
    tariff_desk,
    tariffs,
    tasks,
    templates,
    terminals,
    tickets,
    today,
)
from laddnav.web.pages import people as people_pages
from laddnav.web.refusals import NOT_FOUND, sentence
from laddnav.web.render import STATIC, STATIC_PATH

DOORS: tuple[Door, ...] = (
    *network.DOORS,
    *templates.DOORS,
    *imports.DOORS,
    *moves.DOORS,
    *stations.DOORS,
    *requests.DOORS,
    *log.DOORS,
    *tasks.DOORS,
    *attention.DOORS,
    *cures.DOORS,
    *maintenance.DOORS,
    *sessions.DOORS,
    *bookings.DOORS,
    *booked.DOORS,
    *payments.DOORS,
    *today.DOORS,
    *mail.DOORS,
    *terminals.DOORS,
    *cdrs.DOORS,
    *customers.DOORS,
    *customer_money.DOORS,
    *home_charging.DOORS,
    *plans.DOORS,
    *person.DOORS,
    *find.DOORS,
    *invoices.DOORS,
    *open_items.DOORS,
    *ledger.DOORS,
    *reconciliations.DOORS,
    *settlements.DOORS,
    *hosts.DOORS,
    *offer.DOORS,
    *tariff_desk.DOORS,
    *tariffs.DOORS,
    *partners.DOORS,
    *deviations.DOORS,
    *guard.DOORS,
    *handshakes.DOORS,
    *homes.DOORS,
    *hubs.DOORS,
    *fleets.DOORS,
    *conformance.DOORS,
    *exchanges.DOORS,
    *doubts.DOORS,
    *energy.DOORS,
    *mains.DOORS,
    *prices.DOORS,
    *sites.DOORS,
    *meters.DOORS,
    *people_pages.DOORS,
    *account.DOORS,
    *signed.DOORS,
    *charge.DOORS,
    *stored_cards.DOORS,
    *tickets.DOORS,
    *my.DOORS,
)

HOMES = {Role.FLEET: "/fleets", Role.DRIVER: "/my"}  # where a customer begins; who is of the house has all pages


def routes(console: Console) -> list[BaseRoute]:
    return [
        *(Route(door.path, _behind(door, console), methods=[door.method]) for door in DOORS),
        Route("/live", live(console), methods=["GET"]),
        Mount(STATIC_PATH, _Kept(directory=STATIC)),
    ]


def _behind(door: Door, console: Console) -> Callable[[Request], Coroutine[Any, Any, Response]]:
    async def opened(request: Request) -> Response:
        asked = await _received(request, console)
        try:
            response = await _let_in(door, asked)
        except (Refusal, Trouble) as error:
            response = _refused(door, asked, error)
        response.headers.update(asked.headers())
        return response

    return opened


async def _received(request: Request, console: Console) -> Asked:
    async with console.database.unit() as unit:
        ours = await parties.list_all(unit)
        visitor = await people.who(unit, cookie=request.cookies.get(cookie_of(request)))
    return Asked(request, console, visitor, ours)


async def _let_in(door: Door, asked: Asked) -> Response:
    if door.role is not None and not asked.signed_in:
        return _to_sign_in(door, asked)
    if door.path == "/" and asked.visitor.role in HOMES:
        return RedirectResponse(HOMES[asked.visitor.role], status_code=303)
    if door.role is not None:
        require(asked.visitor, door.role, *door.also)
    if door.method == "POST":
        # Browsers say from which site a form comes; for doors without a visit that is all there is to go by.
        if asked.request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            raise ForgedRequest
        await asked.read_form(door.form_max)
        if door.role is not None:
            check_csrf(asked.visitor, asked.said("csrf"))
    return await door.handler(asked)


def _to_sign_in(door: Door, asked: Asked) -> Response:
    # A part that fetches itself must not swallow the sign-in page; 401 makes the whole page go there.
    if door.method != "GET" or "hx-request" in asked.request.headers:
        return PlainTextResponse(asked.say("Sign in first."), status_code=401)
    if door.role is Role.DRIVER:
        return RedirectResponse("/my/sign-in", status_code=303)
    return RedirectResponse(f"/sign-in?next={quote(asked.address, safe='/')}", status_code=303)


def _refused(door: Door, asked: Asked, error: Refusal | Trouble) -> Response:
    text = sentence(error, asked.language)
    if isinstance(error, (NotAllowed, ForgedRequest)):
        return asked.page("refused.html", status=403, title=asked.say("That was not done"), text=text)
    if isinstance(error, TooLarge):
        return asked.page("refused.html", status=413, title=asked.say("That was not done"), text=text)
    if isinstance(error, Trouble):
        return asked.page("refused.html", status=503, title=asked.say("That does not work right now"), text=text)
    if isinstance(error, NOT_FOUND) and door.method == "GET":
        return asked.page("refused.html", status=404, title=asked.say("There is nothing here"), text=text)
    if door.method == "POST":
        return asked.done(asked.came_from("/"), text, "bad")
    return asked.page("refused.html", status=422, title=asked.say("That was not done"), text=text)


class _Kept(StaticFiles):
    """Files whose path changes with their content, so that browsers may keep them for ever."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response
