"""Coming in, going out, one's own visits and password, and how the pages look to oneself."""

from __future__ import annotations

from datetime import timedelta

from starlette.responses import RedirectResponse, Response

from laddnav.kit.refusal import Refusal
from laddnav.people import actions as people
from laddnav.people.model import Role
from laddnav.people.rules import (
    LASTS,
    PasswordTooLong,
    PasswordTooShort,
    TooManyAttempts,
    UnknownVisit,
    WrongNameOrPassword,
)
from laddnav.web.asked import THEMES, YEAR, Asked, Door, cookie_of, do, inside, see
from laddnav.web.refusals import sentence
from laddnav.web.words import LANGUAGES

HOUR, DAY = timedelta(hours=1), timedelta(days=1)

# What a browser calls itself holds one of these; the first that is in it names the device to its owner.
BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
SYSTEMS = (("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Mac OS", "macOS"), ("Windows", "Windows"))


async def door(asked: Asked) -> Response:
    if asked.signed_in:
        return RedirectResponse("/", status_code=303)
    return asked.page("sign_in.html", next=inside(asked.query("next") or "/"), name="", refused=None)


async def sign_in(asked: Asked) -> Response:
    request = asked.request
    name, next_page = asked.said("name"), inside(asked.said("next"))
    try:
        signed_in = await people.sign_in(
            asked.console.database,
            name=name,
            password=asked.secret("password"),
            address=asked.origin,
            device=device(request.headers.get("user-agent", "")),
        )
    except (WrongNameOrPassword, TooManyAttempts) as error:
        status = 429 if isinstance(error, TooManyAttempts) else 401
        text = sentence(error, asked.language)
        return asked.page("sign_in.html", status=status, path="/sign-in", next=next_page, name=name, refused=text)
    response = RedirectResponse(next_page, status_code=303)
    # Without an age: it goes with the browser, and the visit ends by itself where nobody comes.
    response.set_cookie(cookie_of(request), signed_in.secret, httponly=True, samesite="lax", secure=asked.secure)
    return response


async def sign_out(asked: Asked) -> Response:
    async with asked.unit() as unit:
        await people.sign_out(unit, asked.visitor)
    door = "/my/sign-in" if asked.visitor.role is Role.DRIVER else "/sign-in"
    response = RedirectResponse(door, status_code=303)
    response.delete_cookie(cookie_of(asked.request))
    return response


async def show(asked: Asked) -> Response:
    return await _show(asked)


async def _show(asked: Asked, wrong: str | None = None) -> Response:
    async with asked.unit() as unit:
        visits = await people.visits(unit, asked.visitor.id)
    status = 422 if wrong else 200
    return asked.page("account.html", status=status, path="/account", visits=visits, ends=ends(asked), wrong=wrong)


def ends(asked: Asked) -> str:
    """When a visit of theirs ends by itself."""
    lasts = LASTS[asked.visitor.role]
    if lasts.unseen >= lasts.altogether:
        return asked.say("Each ends by itself after %(hours)s hours", hours=lasts.altogether // HOUR)
    if lasts.unseen < DAY:
        unseen = {"days": lasts.altogether // DAY, "hours": lasts.unseen // HOUR}
        return asked.say("Each ends by itself after %(days)s days, or %(hours)s hours after it was last seen", **unseen)
    within = {"days": lasts.altogether // DAY, "unseen": lasts.unseen // DAY}
    return asked.say("Each ends by itself after %(days)s days, or %(unseen)s days after it was last seen", **within)


async def end_visit(asked: Asked) -> Response:
    async with asked.unit() as unit:
        try:
            await people.end_visit(unit, asked.visitor.id, asked.part("id"), by=asked.visitor.name)
        except UnknownVisit:
            # It ended by itself meanwhile, which is what was wanted.
            pass
    return asked.done(_home(asked), asked.say("That visit is over."))


async def end_others(asked: Asked) -> Response:
    here = asked.visitor.visit
    async with asked.unit() as unit:
        await people.end_all_visits(unit, asked.visitor.id, but=here.id if here else None, by=asked.visitor.name)
    return asked.done(_home(asked), asked.say("You are signed out everywhere else."))


def _home(asked: Asked) -> str:
    """Where one's own visits stand."""
    return "/my/you" if asked.visitor.role is Role.DRIVER else "/account"


async def change_password(asked: Asked) -> Response:
    visitor = asked.visitor
    try:
        await people.change_password(
            asked.console.database,
            visitor.id,
            asked.secret("new_password"),
            by=visitor.name,
            current=asked.secret("password"),
            keep=visitor.visit.id if visitor.visit else None,
        )
    except (PasswordTooShort, PasswordTooLong, WrongNameOrPassword) as error:
        return await _show(asked, _wrong(asked, error))
    text = asked.say("The password is changed. Wherever else you were signed in, you are not any more.")
    return asked.done("/account", text)


async def look(asked: Asked) -> Response:
    """Light or dark, and the language: kept by the browser, so that they hold before anybody signs in."""
    response = asked.done(asked.said("back"))
    for name, choices in (("theme", THEMES), ("language", tuple(LANGUAGES))):
        if asked.said(name) in choices:
            response.set_cookie(name, asked.said(name), max_age=YEAR, samesite="lax", secure=asked.secure)
    return response


def device(agent: str) -> str:
    """`Firefox, Windows`: what its owner knows a browser by."""
    browser = next((name for mark, name in BROWSERS if mark in agent), "")
    system = next((name for mark, name in SYSTEMS if mark in agent), "Linux" if "Linux" in agent else "")
    return ", ".join(part for part in (browser, system) if part) or agent[:60] or "?"


def _wrong(asked: Asked, error: Refusal) -> str:
    if isinstance(error, WrongNameOrPassword):
        return asked.say("The password until now is another one.")
    return sentence(error, asked.language)


DOORS: tuple[Door, ...] = (
    see("/sign-in", door, None),
    do("/sign-in", sign_in, None),
    do("/look", look, None),
    do("/sign-out", sign_out, Role.FLEET, also=(Role.DRIVER,)),
    see("/account", show, Role.FLEET),
    do("/account/visits/end-others", end_others, Role.FLEET),
    do("/account/visits/{id}/end", end_visit, Role.FLEET),
    do("/my/visits/end-others", end_others, Role.DRIVER),
    do("/my/visits/{id}/end", end_visit, Role.DRIVER),
    do("/account/password", change_password, Role.FLEET),
)
