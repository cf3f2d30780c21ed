"""The operator API about what is promised."""

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.people.api import Held, Limit, Page, Route, held, page
from laddnav.people.model import Visitor
from laddnav.tariffs import actions
from laddnav.tariffs.model import Tariff


async def list_tariffs(
    unit: Unit, by: Visitor, *, limit: Limit = 50, cursor: str | None = None, owner: PartyId | None = None
) -> Page[Held[Tariff]]:
    """Tariffs in use, ours and those of partners, in the order in which they became known; `owner` is the CPO."""
    found = await actions.page(unit, by.holder, owner, after=cursor, limit=limit + 1)
    return page([held(one) for one in found], limit, lambda one: one.ref)


async def fetch_tariff(unit: Unit, ref: str) -> Held[Tariff]:
    """One Tariff, also one that is withdrawn."""
    holder, tariff = await actions.by_ref(unit, ref)
    return Held(ref=ref, holder=holder, thing=tariff)


ROUTES = (
    Route(method="GET", path="/tariffs", does=list_tariffs),
    Route(method="GET", path="/tariffs/{ref}", does=fetch_tariff),
)
