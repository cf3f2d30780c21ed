"""The operator API about what does not add up and waits for somebody to look."""

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.people.api import Limit, Page, Route, page, yours
from laddnav.people.model import Role, Visitor
from laddnav.readings import actions
from laddnav.readings.model import KeptDoubt


async def list_doubts(unit: Unit, by: Visitor, *, limit: Limit = 50, cursor: str | None = None) -> Page[KeptDoubt]:
    """Doubts that nobody has settled, newest first."""
    found = await actions.open_doubts(unit, by.holder, before=cursor, limit=limit + 1)
    return page(found, limit, lambda one: one.id)


async def settle_doubt(unit: Unit, by: Visitor, holder: str, doubt_id: str) -> None:
    """Say that somebody looked at a doubt."""
    await actions.settle_doubt(unit, yours(by, PartyId.parse(holder)), doubt_id)


ROUTES = (
    Route(method="GET", path="/doubts", does=list_doubts),
    Route(
        method="POST",
        path="/doubts/{holder}/{doubt_id}/settle",
        does=settle_doubt,
        needs=Role.OPERATOR,
        status=204,
        looks_itself=True,
    ),
)
