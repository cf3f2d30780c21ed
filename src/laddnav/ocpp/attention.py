"""Whom to look after first: what ails our Evses, by what their Stations told."""

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
    return ills.ranked(await store.attention.seen(unit, holder, unit.now - _WEEK), unit.now)
