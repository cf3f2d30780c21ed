"""Verbs about whether a Station follows: what it says to its fallback, when it is taken out, and when it comes back."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from msgspec.structs import replace

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.people import actions as people
from laddnav.sites import store
from laddnav.sites.actions.setting_up import fetch, wanted
from laddnav.sites.events import StationBroughtBack
from laddnav.sites.model.now import TakenOut
from laddnav.sites.model.standing import Standing
from laddnav.sites.pace import pace_of
from laddnav.sites.rules import UnknownMember


async def fallback_answered(
    unit: Unit, holder: PartyId, station_id: str, evse_no: int, amps: Decimal | None, *, accepted: bool
) -> None:
    """The Station keeps to so much by itself from now on, or will not; who is no member any more is passed over."""
    found = await store.members.find(unit, holder, station_id, evse_no, lock=True)
    if found is not None and accepted:
        store.members.put(unit, holder, found[0], [replace(found[1], fallback=amps)])


async def is_out(unit: Unit, holder: PartyId, station_id: str, evse_no: int) -> bool:
    """Whether its site has taken it out."""
    found = await store.members.find(unit, holder, station_id, evse_no)
    return found is not None and found[1].ban is not None


async def taken_out(unit: Unit, holder: PartyId | None) -> Sequence[TakenOut]:
    """All that are out now."""
    pace = pace_of(unit.clock)
    return [
        TakenOut(
            holder=whose,
            site_ref=site_ref,
            station_id=one.station_id,
            evse_no=one.evse_no,
            since_at=pace.ours(one.ban.since_at),
            why=one.ban_why,
        )
        for whose, site_ref, one in await store.members.taken_out(unit, holder)
        if one.ban is not None
    ]


async def bring_back(unit: Unit, holder: PartyId, site_id: str, station_id: str, evse_no: int, *, by: str) -> Standing:
    """It is trusted again: told its fallback anew, counted with all it can draw until then.

    Raises UnknownSite, UnknownMember.
    """
    site = await fetch(unit, holder, site_id)
    member = next((one for one in site.members if (one.station_id, one.evse_no) == (station_id, evse_no)), None)
    found = await store.members.find(unit, holder, station_id, evse_no, lock=True)
    if member is None or found is None:
        raise UnknownMember(station_id, evse_no)
    fresh = Standing(station_id=station_id, evse_no=evse_no, number=found[1].number)
    if found[1].ban is None:
        return found[1]
    store.members.put(unit, holder, found[0], [fresh])
    people.note(unit, by, "bring back", f"station {station_id}/{evse_no}", str(found[1].ban_why))
    unit.announce(StationBroughtBack(holder=holder, site_id=site.id, station_id=station_id, evse_no=evse_no))
    unit.announce(wanted(site, member))
    return fresh
