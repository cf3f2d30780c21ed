"""The operator API about whom to look after first."""

from __future__ import annotations

from laddnav.db.unit import Unit
from laddnav.ocpp import attention
from laddnav.ocpp.ills import Attention
from laddnav.people.api import Page, Route
from laddnav.people.model import Visitor


async def list_attention(unit: Unit, by: Visitor) -> Page[Attention]:
    """What ails our EVSEs and stations, with what may cure it: who is missed most, of a week, comes first."""
    return Page(items=tuple(await attention.wanted(unit, by.holder)), next=None)


ROUTES = (Route(method="GET", path="/attention", does=list_attention),)
