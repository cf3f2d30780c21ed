"""The operator API about what a driver may be shown: for apps that are not ours, of places that are a partner's too."""

from __future__ import annotations

from datetime import datetime

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.kit.time import local
from laddnav.locations import actions as locations
from laddnav.locations.hours import is_open
from laddnav.locations.model import Location
from laddnav.locations.rules import may_be_shown
from laddnav.people.api import Held, Limit, Page, Route, held, page, yours
from laddnav.people.model import Visitor
from laddnav.tokens import actions as tokens

READ_AT_ONCE = 200


async def list_shown(
    unit: Unit,
    by: Visitor,
    ref: str,
    *,
    open_at: datetime | None = None,
    limit: Limit = 50,
    cursor: str | None = None,
) -> Page[Held[Location]]:
    """The Locations that the driver of this Token may be shown: what is published, and what names the Token.

    `open_at`: those of them that are open then; without a zone it is the Location's time. OCPI 2.2.1
    mod_locations_location_object: what is not published is for those of `publish_allowed_to` alone.
    """
    holder, token = await tokens.by_ref(unit, ref)
    yours(by, holder)
    shown = list[tuple[str, PartyId, Location]]()
    more = True
    while more and len(shown) <= limit:
        found = await locations.page(unit, holder, after=cursor, limit=READ_AT_ONCE)
        shown += [one for one in found if may_be_shown(one[2], token) and _is_open(one[2], open_at)]
        more = len(found) == READ_AT_ONCE
        cursor = found[-1][0] if found else cursor
    return page([held(one) for one in shown[: limit + 1]], limit, lambda one: one.ref)


def _is_open(location: Location, at: datetime | None) -> bool:
    return at is None or is_open(location, local(at, location.time_zone))


ROUTES = (Route(method="GET", path="/tokens/{ref}/locations", does=list_shown),)
