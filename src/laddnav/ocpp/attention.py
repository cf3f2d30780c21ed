"""Whom to look after first: what ails our Evses and Stations, by what these told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.ocpp import ills, store
from laddnav.ocpp.ills import Attention

_WEEK = timedelta(days=7)


async def wanted(unit: Unit, holder: PartyId | None) -> Sequence[Attention]:
    """Where most drivers and most money of the last week are missed first."""
    since = unit.now - _WEEK
    seen, noticed = await store.attention.seen(unit, holder, since), await store.attention.noticed(unit, holder, since)
    alerts = await store.attention.alerts(unit, holder, since)
    return ills.ranked(seen, noticed, alerts, unit.now)
