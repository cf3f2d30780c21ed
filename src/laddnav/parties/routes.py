"""The operator API about our own parties."""

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.parties import actions
from laddnav.parties.model import Party
from laddnav.people.api import Limit, Page, Route, page
from laddnav.people.model import Visitor


async def list_parties(unit: Unit, by: Visitor, *, limit: Limit = 50, cursor: str | None = None) -> Page[Party]:
    """Our own parties, in the order of their ids."""
    ours = [party for party in await actions.list_all(unit) if by.holder in (None, party.holder)]
    rest = [party for party in ours if cursor is None or str(party.holder) > cursor]
    return page(rest, limit, lambda party: str(party.holder))


async def fetch_party(unit: Unit, holder: str) -> Party:
    """One of our own parties, by its id such as SE*LAD."""
    return await actions.fetch(unit, PartyId.parse(holder))


ROUTES = (
    Route(method="GET", path="/parties", does=list_parties),
    Route(method="GET", path="/parties/{holder}", does=fetch_party),
)
