"""The operator API about exports of other central systems."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.locations import actions as locations
from laddnav.parties import actions as parties
from laddnav.people.api import Limit, Page, Route, yours
from laddnav.people.model import Role, Visitor
from laddnav.takeover import actions
from laddnav.takeover.model import PastCharge, Source, TakenOver


class Export(Struct, frozen=True, kw_only=True):
    """`files`: the text of each by its name, which is that of its table; `preview` only says what would be done."""

    files: dict[Annotated[str, Meta(min_length=1, max_length=200)], str]
    preview: bool = True
    holder: str | None = None


async def take_over(unit: Unit, by: Visitor, source: Source, body: Export) -> TakenOver:
    """Take over stations, cards and past charges of another central system; what is here already stays as it is."""
    party = await parties.meant(unit, PartyId.parse(body.holder) if body.holder else by.holder)
    return await actions.take_over(unit, yours(by, party.holder), source, body.files, by=by.name, preview=body.preview)


async def list_past_charges(
    unit: Unit, by: Visitor, station_id: str, *, limit: Limit = 50, cursor: Annotated[int, Meta(ge=0)] = 0
) -> Page[PastCharge]:
    """What a station charged at the central system before, the newest first: told, never priced and never billed."""
    holder = yours(by, (await locations.station(unit, station_id)).holder)
    found = await actions.past_charges(unit, holder, station_id, skip=cursor, limit=limit + 1)
    return Page(items=tuple(found[:limit]), next=str(cursor + limit) if len(found) > limit else None)


FILES_MOST = 16_000_000  # bytes of a body: some hundred thousand charges

ROUTES = (
    Route(method="POST", path="/imports/{source}", does=take_over, needs=Role.OPERATOR, most=FILES_MOST),
    Route(method="GET", path="/stations/{station_id}/past-charges", does=list_past_charges, looks_itself=True),
)
