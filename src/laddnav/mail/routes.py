"""The operator API about mail."""

from __future__ import annotations

from laddnav.db.unit import Unit
from laddnav.mail import actions
from laddnav.mail.model import Mail, MailState
from laddnav.people.api import Limit, Page, Route, page, yours
from laddnav.people.model import Role, Visitor


async def list_mail(
    unit: Unit, by: Visitor, *, limit: Limit = 50, cursor: str | None = None, state: MailState | None = None
) -> Page[Mail]:
    """Mail that was sent, waits to be, or failed; newest first, without what is attached."""
    found = await actions.page(unit, by.holder, state=state, before=cursor, limit=limit + 1)
    return page(found, limit, lambda one: one.ref)


async def fetch_mail(unit: Unit, ref: str) -> Mail:
    """One mail, without what is attached."""
    return await actions.by_ref(unit, ref)


async def send_mail_again(unit: Unit, ref: str, by: Visitor) -> Mail:
    """Try one again that failed; one that a server has taken is not sent twice."""
    yours(by, (await actions.by_ref(unit, ref)).holder)
    return await actions.try_again(unit, ref, by=by.name)


ROUTES = (
    Route(method="GET", path="/mail", does=list_mail, needs=Role.OPERATOR),
    Route(method="GET", path="/mail/{ref}", does=fetch_mail, needs=Role.OPERATOR),
    Route(method="POST", path="/mail/{ref}/retry", does=send_mail_again, needs=Role.OPERATOR),
)
