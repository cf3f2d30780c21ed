"""The operator API about partners: who they are, how the line to them is, and what waits for them."""

from laddnav.db.unit import Unit
from laddnav.ocpi import partners
from laddnav.ocpi.model import Connection
from laddnav.people.api import Limit, Page, Route, page
from laddnav.people.model import Visitor


async def list_partners(unit: Unit, by: Visitor, *, limit: Limit = 50, cursor: str | None = None) -> Page[Connection]:
    """Connections that were not removed, the oldest first."""
    known = await partners.connections(unit, by.holder)
    return page([one for one in known if cursor is None or one.ref > cursor], limit, lambda one: one.ref)


async def fetch_partner(unit: Unit, ref: str) -> Connection:
    """One connection."""
    return await partners.fetch(unit, ref)


ROUTES = (
    Route(method="GET", path="/partners", does=list_partners),
    Route(method="GET", path="/partners/{ref}", does=fetch_partner),
)
