"""Mail: what was sent, what waits and what nobody took, each with why; one that failed is tried again."""

from __future__ import annotations

from starlette.responses import Response

from laddnav.mail import actions as mail
from laddnav.mail.model import MailState
from laddnav.people.api import yours
from laddnav.people.model import Role
from laddnav.web.asked import Asked, Door, do, see

PAGE = 50


async def list_all(asked: Asked) -> Response:
    cursor, said = asked.query("cursor"), asked.query("show")
    state = MailState(said) if said in set(MailState) else None
    async with asked.unit() as unit:
        found = await mail.page(unit, asked.visitor.holder, state=state, before=cursor, limit=PAGE + 1)
    return asked.page(
        "mail.html",
        rows=found[:PAGE],
        show=state,
        sends=asked.console.sends_mail,
        next=found[PAGE - 1].ref if len(found) > PAGE else None,
        begun=cursor is not None,
    )


async def again(asked: Asked) -> Response:
    async with asked.unit() as unit:
        known = await mail.by_ref(unit, asked.part("ref"))
        yours(asked.visitor, known.holder)
        await mail.try_again(unit, known.ref, by=asked.visitor.name)
    return asked.done("/mail", asked.say("It is sent as soon as the server takes it."))


DOORS: tuple[Door, ...] = (
    see("/mail", list_all, Role.SUPPORT),
    do("/mail/{ref}/retry", again, Role.SUPPORT),
)
