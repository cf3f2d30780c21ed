"""Verbs about what a site is."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from msgspec.structs import replace

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId, fold
from laddnav.locations import actions as locations
from laddnav.locations.rules import UnknownStation
from laddnav.people import actions as people
from laddnav.sites import rules, store
from laddnav.sites.events import FallbackWanted, SiteChanged
from laddnav.sites.model.site import Member, Site
from laddnav.sites.model.standing import Standing
from laddnav.sites.rules import MemberElsewhere, UnknownSite


async def save(unit: Unit, site: Site, *, by: str) -> Site:
    """Set up a site, or set up the one of this id differently; its ref stays what it was.

    Raises UnsoundSite, TooMuch, UnknownStation, UnknownLocation, MemberElsewhere.
    """
    rules.accepted(site)
    for location_id in site.location_ids:
        await locations.fetch(unit, site.holder, site.holder, location_id)
    await _ours(unit, site.holder, {one.station_id for one in site.members})
    before = await store.sites.find(unit, site.holder, site.id, lock=True)
    if before is not None:
        site = replace(site, id=before.id, ref=before.ref)
    site = replace(site, last_updated=unit.now)
    store.sites.put(unit, site)
    await _seat(unit, site, () if before is None else before.members)
    people.note(unit, by, "set up site" if before is None else "change site", f"site {site.name}")
    unit.announce(SiteChanged(holder=site.holder, site_id=site.id))
    return site


async def _ours(unit: Unit, holder: PartyId, station_ids: Collection[str]) -> None:
    known = await locations.stations_named(unit, station_ids)
    for id in sorted(station_ids):
        if id not in known or known[id].holder != holder:
            raise UnknownStation(id)


async def _seat(unit: Unit, site: Site, before: Sequence[Member]) -> None:
    """What each member was told stays known; who is new, or is to fall back to something else, is asked to."""
    fallbacks = {(one.station_id, one.evse_no): one.fallback_amps for one in before}
    for one in site.members:
        found = await store.members.find(unit, site.holder, one.station_id, one.evse_no, lock=True)
        if found is not None and found[0] != fold(site.id):
            raise MemberElsewhere(one, found[0])
        if found is None:
            new = Standing(station_id=one.station_id, evse_no=one.evse_no)
            store.members.put(unit, site.holder, fold(site.id), [new])
        if fallbacks.pop((one.station_id, one.evse_no), None) != one.fallback_amps:
            unit.announce(wanted(site, one))
    for one in before:
        if (one.station_id, one.evse_no) in fallbacks:
            _unseat(unit, site, one)


def _unseat(unit: Unit, site: Site, one: Member) -> None:
    store.members.drop(unit, site.holder, one)
    unit.announce(
        FallbackWanted(holder=site.holder, site_id=site.id, station_id=one.station_id, evse_no=one.evse_no, amps=None)
    )


def wanted(site: Site, one: Member) -> FallbackWanted:
    return FallbackWanted(
        holder=site.holder,
        site_id=site.id,
        station_id=one.station_id,
        evse_no=one.evse_no,
        amps=str(one.fallback_amps),
    )


async def remove(unit: Unit, holder: PartyId, id: str, *, by: str) -> None:
    """Nothing there is planned any more, and its Stations keep to nothing. Raises UnknownSite."""
    site = await fetch(unit, holder, id)
    for one in site.members:
        _unseat(unit, site, one)
    store.sites.remove(unit, site)
    people.note(unit, by, "remove site", f"site {site.name}")
    unit.announce(SiteChanged(holder=holder, site_id=site.id))


async def fetch(unit: Unit, holder: PartyId, id: str, *, lock: bool = False) -> Site:
    """Raises UnknownSite."""
    site = await store.sites.find(unit, holder, id, lock=lock)
    if site is None:
        raise UnknownSite(id)
    return site


async def by_ref(unit: Unit, ref: str) -> Site:
    """Raises UnknownSite."""
    site = await store.sites.by_ref(unit, ref)
    if site is None:
        raise UnknownSite(ref)
    return site


async def page(unit: Unit, holder: PartyId | None, *, after: str | None = None, limit: int = 50) -> Sequence[Site]:
    """In the order in which they were set up; the last ref is the next `after`."""
    return await store.sites.page(unit, holder, after, limit)


async def feeding(unit: Unit, holder: PartyId, station_ids: Sequence[str]) -> Sequence[Site]:
    """The sites that feed any of these Stations."""
    return await store.sites.behind(unit, holder, station_ids)


async def site_of(unit: Unit, holder: PartyId, station_id: str, evse_no: int) -> Site | None:
    """The site that feeds this Evse."""
    found = await store.members.find(unit, holder, station_id, evse_no)
    return None if found is None else await store.sites.find(unit, holder, found[0])
