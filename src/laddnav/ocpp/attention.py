"""Whom to look after first: what ails our Evses and Stations, by what these told or did."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.ocpp import ills, store
from laddnav.ocpp.ills import Attention
from laddnav.sites import actions as sites

_WEEK = timedelta(days=7)


async def wanted(unit: Unit, holder: PartyId | None) -> Sequence[Attention]:
    """Where most drivers and most money of the last week are missed first."""
    since = unit.now - _WEEK
    seen, noticed = await store.attention.seen(unit, holder, since), await store.attention.noticed(unit, holder, since)
    alerts = await store.attention.alerts(unit, holder, since)
    outs = await store.attention.outs(unit, await sites.taken_out(unit, holder), since)
    return ills.ranked(seen, noticed, alerts, outs, unit.now)
