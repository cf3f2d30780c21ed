"""Whom to look after first: what ails our Evses and Stations, by what these told or did, and what money waits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.ocpp import ills, shared_ills, store
from laddnav.ocpp.ills import Attention, Held
from laddnav.ocpp.shared_ills import Row
from laddnav.sites import actions as sites

_WEEK = timedelta(days=7)


async def wanted(unit: Unit, holder: PartyId | None) -> Sequence[Attention]:
    """Each by itself: where most drivers and most money of the last week are missed, or wait, first."""
    return await _ranked(unit, holder, await store.attention.held(unit, holder))


async def of_stations(unit: Unit, holder: PartyId | None) -> Sequence[Attention]:
    """The same without what no Station is asked about."""
    return await _ranked(unit, holder, ())


async def _ranked(unit: Unit, holder: PartyId | None, held: Sequence[Held]) -> Sequence[Attention]:
    since = unit.now - _WEEK
    seen, noticed = await store.attention.seen(unit, holder, since), await store.attention.noticed(unit, holder, since)
    alerts = await store.attention.alerts(unit, holder, since)
    outs = await store.attention.outs(unit, await sites.taken_out(unit, holder), since)
    return ills.ranked(seen, noticed, alerts, outs, held, unit.now)


async def rows(unit: Unit, found: Sequence[Attention]) -> Sequence[Row]:
    """The same, and what many of a place have had since about the same time is one."""
    crowds = shared_ills.crowds(found)
    drivers = await store.attention.drivers(unit, crowds, unit.now - _WEEK)
    return shared_ills.rows(found, zip(crowds, drivers, strict=True))
