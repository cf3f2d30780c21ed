"""Readings of the mains of places, as they are kept; of two at one instant the later word counts."""

from __future__ import annotations

from collections.abc import Iterable

from laddnav.db.unit import Unit
from laddnav.kit.ids import fold
from laddnav.readings.model import MainsReading

KEEP = """
insert into mains_reading (holder, location_key, meter, at, register_wh) values ($1, $2, $3, $4, $5)
on conflict (holder, location_key, meter, at) do update set register_wh = excluded.register_wh
"""


def keep(unit: Unit, readings: Iterable[MainsReading]) -> None:
    for one in readings:
        unit.write(KEEP, str(one.holder), fold(one.location_id), one.meter, one.at, one.register.wh)
