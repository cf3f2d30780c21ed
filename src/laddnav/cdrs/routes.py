"""The operator API about charges that are over."""

from laddnav.cdrs import actions
from laddnav.cdrs.model import Cdr
from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.people.api import Limit, Page, Route, page
from laddnav.people.model import Visitor


async def list_cdrs(
    unit: Unit, by: Visitor, *, limit: Limit = 50, cursor: str | None = None, owner: PartyId | None = None
) -> Page[Cdr]:
    """CDRs of ours and those of partners, newest first; `owner` is the CPO."""
    found = await actions.page(unit, by.holder, owner, before=cursor, limit=limit + 1)
    return page(found, limit, lambda one: one.ref)


async def fetch_cdr(unit: Unit, ref: str) -> Cdr:
    """One CDR with its explained lines."""
    return await actions.by_ref(unit, ref)


ROUTES = (
    Route(method="GET", path="/cdrs", does=list_cdrs),
    Route(method="GET", path="/cdrs/{ref}", does=fetch_cdr),
)
